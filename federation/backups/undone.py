"""What a restore silently undoes: decisions since the backup are gone, and somebody has to take them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation.models.base import now
from federation.models.institutions import Institution, Invitation, NodeKey
from federation.models.people import User

CHECKS = (
    "commons-hub key list",
    "commons-hub user list",
    "commons-hub invitation list",
    "commons-hub institution list",
)
"""The commands that show what has to be looked through."""


@dataclass(frozen=True)
class Undone:
    """What is good now, after a restore; `since` is the moment after which every decision is gone.

    `withdrawals_allowed` are the permissions that have not run out: the member's code, and until when.
    """

    since: str
    active_keys: int
    active_users: int
    open_invitations: int
    withdrawals_allowed: dict[str, str]

    @property
    def moment(self) -> str:
        """`since` as people read it."""
        return datetime.fromisoformat(self.since).strftime("%Y-%m-%d %H:%M:%S %Z")


def look(session: Session, *, since: str) -> Undone:
    """Count what is good in a database that was restored from a backup of the moment `since`."""

    def count(model: Any, *conditions: Any) -> int:
        return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0

    allowed = select(Institution.code, Institution.withdrawals_allowed_until).where(
        Institution.withdrawals_allowed_until > now()
    )
    found = session.execute(allowed.order_by(Institution.code))
    return Undone(
        since=since,
        active_keys=count(NodeKey, NodeKey.state == "active"),
        active_users=count(User, User.active),
        open_invitations=count(
            Invitation,
            Invitation.used_at.is_(None),
            Invitation.cancelled_at.is_(None),
            Invitation.expires_at > now(),
        ),
        withdrawals_allowed={code: until.isoformat(timespec="seconds") for code, until in found if until},
    )
