"""What the public says of resources, and what the institutions answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.resources import ResourceVersion


class Feedback(Base):
    """One question of the public, or a mistake that it points out, by its random id.

    The public sees it with its answer, unless the institution answered the alliance alone (`private`) or the alliance
    has hidden it (`hidden_at`); of what it has erased as well (`erased_at`), no words are left. `sender` is a keyed
    hash of day and network address, by which one who sends a lot is known for a day; then it is erased. What somebody
    gave who was signed in here is `by_staff`: no report counts it.
    `answered_by` is the node that brought the answer, None while it is open.
    """

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_sender", "sender", "at"), Index("ix_feedback_at", "at"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"))
    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)
    sender: Mapped[str] = mapped_column(String(64), default="")
    by_staff: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(Text, default="")
    private: Mapped[bool] = mapped_column(default=False)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("nodes.id"))
    hidden_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    version: Mapped[ResourceVersion] = relationship()
