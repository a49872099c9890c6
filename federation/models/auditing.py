"""What the audit log has beside its events: reasons, places in the Merkle tree, and what was signed of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class AuditReason(Base):
    """Why something was done, in somebody's words, which may name people: it can be erased, the entry stays whole.

    The entry has the SHA-256 of salt and reason, so that a reason that is there can be checked.
    """

    __tablename__ = "audit_reasons"

    event_id: Mapped[str] = mapped_column(ForeignKey("audit_events.id"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)


class AuditWaiting(Base):
    """An event without a place in the tree yet; `refused` when it was not written by the hub."""

    __tablename__ = "audit_waiting"

    event_id: Mapped[str] = mapped_column(ForeignKey("audit_events.id"), primary_key=True)
    refused: Mapped[bool] = mapped_column(default=False)


class AuditLeaf(Base):
    """The place of an event in the tree; the database refuses UPDATE and DELETE."""

    __tablename__ = "audit_leaves"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(ForeignKey("audit_events.id"), unique=True)


class AuditHash(Base):
    """A hash of the tree: of a leaf (level 0), or of 256 full ones below; the database refuses UPDATE and DELETE."""

    __tablename__ = "audit_hashes"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditCheckpoint(Base):
    """What the hub has signed of its log (C2SP tlog-checkpoint); the database refuses UPDATE and DELETE."""

    __tablename__ = "audit_checkpoints"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)


class AuditCosignature(Base):
    """A node's word that a checkpoint agrees with all it saw before (C2SP tlog-cosignature)."""

    __tablename__ = "audit_cosignatures"

    size: Mapped[int] = mapped_column(ForeignKey("audit_checkpoints.size"), primary_key=True)
    node_id: Mapped[str] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("node_keys.id"))
    line: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)
