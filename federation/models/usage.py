"""What the public used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class UsageEvent(Base):
    """One view or download, by the rules of `federation.counting`.

    `day` is the day in China as one number (20260520). `visitor` is a hash that is blanked after two hours; `first`
    says that it is the visitor's first of this hour.
    """

    __tablename__ = "usage_events"
    __table_args__ = (
        # Reports read these two from end to end and nothing else: their groups come in the order of the index.
        Index("ix_usage_events_resource", "resource_id", "kind", "day", "first"),
        Index("ix_usage_events_day", "day", "kind", "first"),
        Index("ix_usage_events_visitor", "visitor", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(default=now)
    day: Mapped[int]
    visitor: Mapped[str] = mapped_column(String(32), default="")
    first: Mapped[bool] = mapped_column(default=True)


class UsageSalt(Base):
    """The random salt of one day (UTC), by which its visitors are hashed; backups do not hold it."""

    __tablename__ = "usage_salts"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
