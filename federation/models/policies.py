"""The versions of the review policy, who is an expert of what, and what was drawn to be reviewed again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.people import User
from federation.models.resources import ResourceVersion


class ReviewPolicy(Base):
    """One version of the policy, as canonical JSON; without an author it is that of a file."""

    __tablename__ = "review_policies"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[User | None] = relationship()


class ReviewerDiscipline(Base):
    """A discipline in which a reviewer is an expert."""

    __tablename__ = "reviewer_disciplines"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    discipline: Mapped[str] = mapped_column(String(64), primary_key=True)


class Rereview(Base):
    """A published version that was drawn in a month (`2026-11`) to be reviewed again, and what came of it."""

    __tablename__ = "rereviews"
    __table_args__ = (UniqueConstraint("version_id", "month"), Index("ix_rereviews_outcome", "outcome"))

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"))
    month: Mapped[str] = mapped_column(String(7), index=True)
    drawn_at: Mapped[datetime] = mapped_column(default=now)
    outcome: Mapped[str] = mapped_column(String(20), default="")
    """Empty while it waits, then `sound` or `doubtful`."""
    note: Mapped[str] = mapped_column(Text, default="")
    reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]

    version: Mapped[ResourceVersion] = relationship()
    reviewer: Mapped[User | None] = relationship()


class Sampling(Base):
    """That a month's sample was drawn, of how many public resources, and how many were taken."""

    __tablename__ = "samplings"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    public: Mapped[int]
    drawn: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
