"""What is under way at the hub and how long ago it last moved: nothing is to look busy that has stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation.models.base import now
from federation.models.objects import Upload

SENDING, READING = "open", "verifying"


@dataclass(frozen=True)
class Work:
    """Uploads in one state: how many, how many bytes they are in all, and when the quietest of them last moved.

    A file that is being read says so every 20 seconds, one that is being sent each time its node asks for more.
    """

    state: str
    count: int
    size: int
    quietest: datetime

    @property
    def silent_seconds(self) -> int:
        """Whole seconds since the quietest moved."""
        return max(0, int((now() - self.quietest).total_seconds()))


def uploads(session: Session) -> Sequence[Work]:
    """The uploads that are being sent and those that are being read, if there are any."""
    rows = session.execute(
        select(Upload.state, func.count(), func.sum(Upload.size), func.min(Upload.changed_at))
        .where(Upload.state.in_((SENDING, READING)))
        .group_by(Upload.state)
        .order_by(Upload.state)
    )
    return [Work(state, count, int(size), quietest) for state, count, size, quietest in rows]
