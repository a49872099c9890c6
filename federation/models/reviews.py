"""Decisions of reviewers, and who is at work on what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.people import User
from federation.models.resources import ResourceVersion


class Claim(Base):
    """Who says to be reviewing a version, since when, and until when that holds unless it is given up or renewed."""

    __tablename__ = "claims"

    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"), primary_key=True)
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    since: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]

    reviewer: Mapped[User] = relationship()


class Decision(Base):
    """One reviewer's judgement of one version: approve, request_changes or reject, with the checklist's answers."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("version_id", "reviewer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"))
    reviewer_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    verdict: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    checklist: Mapped[dict[str, Any]]
    policy_number: Mapped[int | None] = mapped_column(ForeignKey("review_policies.number"))
    """The version of the policy that it was made under; None before versions were kept."""
    publish_on: Mapped[date | None]
    """The day before which an approval does not want it public."""
    standing: Mapped[bool] = mapped_column(default=True, server_default=true())
    """False once the version has gone back into review: it is history then, and counts no more."""
    at: Mapped[datetime] = mapped_column(default=now)

    version: Mapped[ResourceVersion] = relationship()
    reviewer: Mapped[User] = relationship()
