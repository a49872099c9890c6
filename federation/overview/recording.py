"""The hub's own records: how far the audit log is signed and witnessed, and which letters do not go out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation.mail import GIVEN_UP
from federation.models.auditing import AuditCheckpoint, AuditCosignature, AuditLeaf, AuditWaiting
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.mail import OutgoingMail
from federation.settings import HubSettings

WITNESSED_WITHIN = timedelta(days=30)
GIVEN_UP_WITHIN = timedelta(days=30)
GRACE = timedelta(minutes=10)
"""How much later than the settings say a checkpoint may come before somebody must look."""


@dataclass(frozen=True)
class Log:
    """The audit log: its last checkpoint (`size` events, signed `at`), and what that does not cover."""

    size: int
    at: datetime | None
    uncovered_since: datetime | None
    """When the oldest event came that no checkpoint covers yet; None when all are covered."""
    refused: int
    """Events that the hub has not written itself: somebody has been at the database."""
    witnesses: int
    """Nodes that have lately vouched for a checkpoint."""
    witnessed_at: datetime | None
    late: bool
    """Whether the next checkpoint should long have been signed."""


@dataclass(frozen=True)
class Letters:
    """Letters that wait: how many in all, how many were tried in vain, and since when the oldest of these waits; and
    how many were given up lately."""

    waiting: int
    failing: int
    since: datetime | None
    given_up: int


def log(session: Session, settings: HubSettings) -> Log:
    """How the audit log is."""
    size, at = session.execute(select(func.max(AuditCheckpoint.size), func.max(AuditCheckpoint.at))).one()
    first = select(AuditEvent.at).join(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
    numbered = session.scalar(first.where(AuditLeaf.number == (size or 0)))
    unnumbered, refused = session.execute(
        select(
            func.min(AuditEvent.at).filter(AuditWaiting.refused.is_(False)),
            func.count().filter(AuditWaiting.refused),
        )
        .select_from(AuditWaiting)
        .join(AuditEvent, AuditEvent.id == AuditWaiting.event_id)
    ).one()
    witnesses, witnessed_at = session.execute(
        select(func.count(AuditCosignature.node_id.distinct()), func.max(AuditCosignature.at)).where(
            AuditCosignature.at > now() - WITNESSED_WITHIN
        )
    ).one()
    uncovered = min((one for one in (numbered, unnumbered) if one is not None), default=None)
    allowed = timedelta(seconds=settings.checkpoint_seconds + settings.sweep_seconds) + GRACE
    late = uncovered is not None and uncovered < now() - allowed
    return Log(size or 0, at, uncovered, refused, witnesses, witnessed_at, late)


def letters(session: Session) -> Letters:
    """How the letters are."""
    tried = OutgoingMail.attempts > 1
    row = session.execute(
        select(func.count(), func.count().filter(tried), func.min(OutgoingMail.created_at).filter(tried)).select_from(
            OutgoingMail
        )
    ).one()
    lost = select(func.count()).where(AuditEvent.action == GIVEN_UP, AuditEvent.at > now() - GIVEN_UP_WITHIN)
    return Letters(*row, given_up=session.scalar(lost) or 0)
