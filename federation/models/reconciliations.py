"""The last comparison of each node with the hub."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.institutions import Node


class Reconciliation(Base):
    """What one node and the hub held when they last compared, and when they were last proved equal.

    `findings` are the versions that differed, as the node named them (`shared.messages.FindingMessage`).
    """

    __tablename__ = "reconciliations"

    node_id: Mapped[str] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    hub_count: Mapped[int]
    node_count: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    differing: Mapped[int]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    equal_at: Mapped[datetime | None]

    node: Mapped[Node] = relationship()

    @property
    def equal(self) -> bool:
        """Whether the last comparison found no difference."""
        return self.differing == 0
