"""Letters that wait to be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class OutgoingMail(Base):
    """A letter to one address; `sealed` is its subject and body, for it may hold a one-time link.

    A letter that was sent, or given up, is deleted. `next_try_at` lies ahead while somebody is sending it.
    """

    __tablename__ = "outgoing_mails"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    sealed: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_try_at: Mapped[datetime] = mapped_column(default=now, index=True)
