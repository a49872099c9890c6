"""Members of the federation: institutions, their invitations, nodes and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Double, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now


class Institution(Base):
    """A member; `shoulder` is the beginning of the ARK names that its resources get.

    `storage_quota` is in bytes; None is whatever the hub's settings say, 0 is no limit.
    """

    __tablename__ = "institutions"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    shoulder: Mapped[str] = mapped_column(String(8), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    withdrawals_allowed_until: Mapped[datetime | None]
    storage_quota: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def names(self) -> dict[str, str]:
        """The names that are given, by language."""
        return {tag: name for tag, name in (("zh", self.name_zh), ("en", self.name_en)) if name}

    def name(self, language: str) -> str:
        """The name in `language`; the other one when this one is not given."""
        first, second = (self.name_zh, self.name_en) if language.startswith("zh") else (self.name_en, self.name_zh)
        return first or second


class Invitation(Base):
    """A one-time token (only its SHA-256 is kept) with which one node of an institution may enrol."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
    node_id: Mapped[str | None] = mapped_column(ForeignKey("nodes.id"))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(500), default="")

    institution: Mapped[Institution] = relationship()


class Node(Base):
    """An installation at an institution; `event_seq` numbers the status events that it pulls.

    `paid_until` (seconds since 1970) is the moment up to which its budget is used (`federation.metering`).
    """

    __tablename__ = "nodes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    name: Mapped[str] = mapped_column(String(100))
    enrolled_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime | None]
    event_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_until: Mapped[float] = mapped_column(Double, default=0.0)

    institution: Mapped[Institution] = relationship()


class NodeKey(Base):
    """A node's public key by its thumbprint; state is active, suspended, retired (another follows) or revoked.

    `endorsement` is the statement of the key before it, empty for a node's first.
    """

    __tablename__ = "node_keys"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    node_id: Mapped[str] = mapped_column(ForeignKey("nodes.id"))
    jwk: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20), default="active")
    state_reason: Mapped[str] = mapped_column(String(500), default="")
    endorsement: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)

    node: Mapped[Node] = relationship()


class ForbiddenKey(Base):
    """A key by its thumbprint that no node has here, and that nobody may bring (`federation.forbidden_keys`)."""

    __tablename__ = "forbidden_keys"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(default=now)


class SeenNonce(Base):
    """A nonce that came with a signed request; the unique row is what refuses a replay."""

    __tablename__ = "seen_nonces"
    __table_args__ = (UniqueConstraint("key_id", "nonce"), Index("ix_seen_nonces_seen_at", "seen_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[str] = mapped_column(String(100))
    seen_at: Mapped[datetime] = mapped_column(default=now)
