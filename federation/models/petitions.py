"""What institutions ask of the alliance: to look at a decision again, or to keep a resource public for longer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.people import User
from federation.models.resources import ResourceVersion


class Petition(Base):
    """One petition by its random id, which a node mints; `maker` is who made it, as the audit log names them.

    `about` is the state that the version was in. `outcome` is empty while it waits, then granted, dismissed or moot.
    """

    __tablename__ = "petitions"
    __table_args__ = (Index("ix_petitions_outcome", "outcome", "made_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    about: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    maker: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(default=now)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    decider_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]

    version: Mapped[ResourceVersion] = relationship()
    decider: Mapped[User | None] = relationship()
