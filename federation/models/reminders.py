"""Who was reminded when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class Reminder(Base):
    """That a person was reminded in a day (`2026-11-26`) or a week (`2026-W48`, ISO 8601).

    The row is inserted in the transaction in which the letter is written, so there is one letter for each of them.
    """

    __tablename__ = "reminders"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
