"""Questions of reviewers on a version, and the institution's answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.people import User
from federation.models.resources import ResourceVersion


class Question(Base):
    """One question by its random id; `answered_by` is the node that brought the answer, None while it is open."""

    __tablename__ = "questions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"), index=True)
    asker_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("nodes.id"))

    version: Mapped[ResourceVersion] = relationship()
    asker: Mapped[User] = relationship()
