"""Links of versions, and what was found when they were opened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base


class LinkCheck(Base):
    """One web address that versions name, once however many name it; `url_sha256` is the SHA-256 of its UTF-8.

    `outcome` is empty before the first check, else one of `federation.link_checker`, with the HTTP `status` (0 for
    none) and `cause`; `in_a_row` counts the last checks that came to the same outcome, none of
    them while the hub itself was cut off. A worker that opens it holds
    it until `claimed_until`. `host` is the server's name, which is not to be asked by everybody at once.
    """

    __tablename__ = "link_checks"
    __table_args__ = (Index("ix_link_checks_checked_at", "checked_at"), Index("ix_link_checks_host", "host"))

    url_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(String(253))
    outcome: Mapped[str] = mapped_column(String(10), default="")
    status: Mapped[int] = mapped_column(default=0)
    cause: Mapped[str] = mapped_column(String(20), default="")
    in_a_row: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]


class VersionLink(Base):
    """A link of a version, out of its signed record, so that the database knows which are to be opened."""

    __tablename__ = "version_links"
    __table_args__ = (Index("ix_version_links_url_sha256", "url_sha256"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"), primary_key=True)
    url_sha256: Mapped[str] = mapped_column(ForeignKey("link_checks.url_sha256"), primary_key=True)
