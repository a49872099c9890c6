"""Withdrawals that were stopped until a person says yes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.institutions import Node


class HeldWithdrawal(Base):
    """A public resource whose withdrawal was stopped: which node asked for it, and since when.

    `resource_id` is no foreign key: to check it the database would lock the resource after the node, and whoever
    moves versions locks them the other way round.
    """

    __tablename__ = "held_withdrawals"

    resource_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    node_id: Mapped[str] = mapped_column(ForeignKey("nodes.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)

    node: Mapped[Node] = relationship()
