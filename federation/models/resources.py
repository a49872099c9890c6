"""Resources, their versions as signed by the institutions, and the files that each version names."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.institutions import Institution, Node
from shared.jws import unverified_payload


class Resource(Base):
    """A resource by its record id; `ark` is minted at first publication and never given again."""

    __tablename__ = "resources"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    node_id: Mapped[str] = mapped_column(ForeignKey("nodes.id"), index=True)
    ark: Mapped[str | None] = mapped_column(String(64), unique=True)
    latest_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)

    institution: Mapped[Institution] = relationship()
    node: Mapped[Node] = relationship()


class ResourceVersion(Base):
    """One version: the signed record as it came, and the state that `lifecycle.advance` gave it.

    `due_at` is when its review was or is to be done, given as it enters review; None before that. `publish_on` is
    the day in China on which what is approved becomes public; `expires_on` the one from which it no longer is, None
    for what stays. `opens_on` is the one from which the files of what is public may be had, None once they may.
    """

    __tablename__ = "resource_versions"
    __table_args__ = (
        UniqueConstraint("resource_id", "version"),
        Index("ix_resource_versions_due", "state", "due_at"),
        Index("ix_resource_versions_publish_on", "publish_on"),
        Index("ix_resource_versions_expires_on", "expires_on"),
        Index("ix_resource_versions_opens_on", "opens_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    sha256: Mapped[str] = mapped_column(String(64))
    jws: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(40))
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    received_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime | None]
    publish_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    opens_on: Mapped[date | None]

    resource: Mapped[Resource] = relationship()
    files: Mapped[list[VersionFile]] = relationship(order_by="VersionFile.position", back_populates="version")

    @property
    def record(self) -> dict[str, Any]:
        """The record that the institution signed (checked when it came in)."""
        payload = unverified_payload(self.jws)
        found: dict[str, Any] = json.loads(payload)
        return found

    def title(self, language: str) -> str:
        """The title in `language`; the other one when this one is not given."""
        first, second = (
            (self.title_zh, self.title_en) if language.startswith("zh") else (self.title_en, self.title_zh)
        )
        return first or second


class VersionTerm(Base):
    """A theme or discipline of a version, out of its signed record, so that the database can select by it."""

    __tablename__ = "version_terms"

    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"), primary_key=True)
    vocabulary: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)


class VersionFile(Base):
    """A file that a version names; its bytes are the stored object with that SHA-256."""

    __tablename__ = "version_files"

    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(40))
    media_type: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)

    version: Mapped[ResourceVersion] = relationship(back_populates="files")
