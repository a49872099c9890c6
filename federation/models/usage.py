"""What the public used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class UsageEvent(Base):
    """One view or download, without any trace of the person."""

    __tablename__ = "usage_events"
    __table_args__ = (Index("ix_usage_events_resource", "resource_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime] = mapped_column(default=now)
