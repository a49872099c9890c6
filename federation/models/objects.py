"""Objects in the store, and the uploads that bring them there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now

LIVE = text("state IN ('open', 'verifying')")
"""A node has at most one live upload of the same bytes."""


class StoredObject(Base):
    """Bytes that the hub has read and hashed itself and keeps under their SHA-256.

    `media_type` is what the content says. `checked_at` is when all of it was last read and compared; a worker that
    reads it holds it until `claimed_until`. `damage` says what was found wrong: missing, size, digest or unreadable.
    With `removing_at` set, the hub has promised itself to remove the bytes: they count as gone already. `scan` is
    empty without a scanner, else due, clean or infected; `malware` is then the name of what was found.
    """

    __tablename__ = "stored_objects"
    __table_args__ = (Index("ix_stored_objects_checked_at", "checked_at"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(255))
    verified_at: Mapped[datetime] = mapped_column(default=now)
    checked_at: Mapped[datetime] = mapped_column(default=now)
    claimed_until: Mapped[datetime | None]
    damaged_at: Mapped[datetime | None]
    damage: Mapped[str] = mapped_column(String(20), default="")
    removing_at: Mapped[datetime | None]
    scan: Mapped[str] = mapped_column(String(10), default="", index=True)
    malware: Mapped[str] = mapped_column(String(200), default="")

    @property
    def sound(self) -> bool:
        """Whether nothing is known to be wrong with the bytes."""
        return self.damaged_at is None

    @property
    def held(self) -> bool:
        """Whether the hub has the bytes and nobody needs to send them."""
        return self.sound and self.removing_at is None

    @property
    def usable(self) -> bool:
        """Whether a version may be reviewed with these bytes; in queries, USABLE."""
        return self.held and self.scan != "due"


USABLE = and_(StoredObject.damaged_at.is_(None), StoredObject.removing_at.is_(None), StoredObject.scan != "due")
"""Objects that a version may be reviewed with."""


class Upload(Base):
    """A grant to one node to send one file; state is open, verifying, verified, failed, expiring or expired.

    `store_upload_id` is the store's own name of a multipart upload; empty means one PUT. `changed_at` also moves when
    more of it has arrived, as `bytes_present` says. `taken_until` says how long the sweep that has taken up one that
    was left in `verifying` has it; that is no sign of life.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_live", "node_id", "sha256", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_uploads_state", "state", "changed_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    node_id: Mapped[str] = mapped_column(ForeignKey("nodes.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(20), default="open")
    store_upload_id: Mapped[str] = mapped_column(String(1024), default="")
    bytes_present: Mapped[int] = mapped_column(BigInteger, default=0)
    failure: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    taken_until: Mapped[datetime | None]
