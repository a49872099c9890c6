"""What reviewers are reminded of, and what an admin must learn of at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from federation import claims
from federation.entitlement import WAITING, Entitlement
from federation.models.auditing import AuditWaiting
from federation.models.base import now
from federation.models.objects import StoredObject
from federation.models.petitions import Petition
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Claim
from federation.models.withdrawals import HeldWithdrawal
from federation.owing import LISTED

SOON = timedelta(days=2)
"""How long before it is due a review is reminded of."""


@dataclass(frozen=True)
class Reviewing:
    """How many of the waiting versions fall due within SOON or are overdue: those a reviewer may judge and nobody
    else is at (`due`, and of them `overdue`), those the reviewer has claimed, and those overdue that nobody has."""

    due: int
    overdue: int
    claimed: int
    unclaimed: int


@dataclass(frozen=True)
class Grave:
    """How much there is that an admin must not find out by chance: files damaged or infected, entries of the audit
    log that the hub has not written, withdrawals that were stopped, and petitions that nobody has answered."""

    damaged: int
    infected: int
    forged: int
    held: int
    petitions: int

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))


def reviewing(session: Session, mine: Entitlement, *, moment: datetime | None = None) -> Reviewing:
    """What falls due for a reviewer, in one query."""
    moment = moment or now()
    late, held = ResourceVersion.due_at < moment, claims.held_by(mine.person)
    judged = _open_to(mine)
    nobody = ~select(Claim.version_id).where(Claim.version_id == ResourceVersion.id, Claim.until > moment).exists()
    sought = (judged, and_(judged, late), held, and_(late, nobody))
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in sought]
    row = session.execute(select(*sums).select_from(ResourceVersion).join(Resource).where(*_due(moment))).one()
    return Reviewing(*(int(count) for count in row))


def something_due(session: Session, *, moment: datetime) -> bool:
    """Whether anything at all falls due."""
    return session.scalar(select(ResourceVersion.id).where(*_due(moment)).limit(1)) is not None


def due_for(session: Session, mine: Entitlement, *, moment: datetime) -> list[tuple[ResourceVersion, bool]]:
    """The first LISTED that fall due for a reviewer, each with whether they have claimed it: these in front."""
    held = claims.held_by(mine.person)
    query = (
        select(ResourceVersion, case((held, 1), else_=0))
        .join(Resource)
        .where(*_due(moment), _open_to(mine))
        .options(joinedload(ResourceVersion.resource).joinedload(Resource.institution))
        .order_by(case((held, 0), else_=1), ResourceVersion.due_at, ResourceVersion.id)
        .limit(LISTED)
    )
    return [(version, bool(own)) for version, own in session.execute(query)]


def grave(session: Session) -> Grave:
    """What an admin must know of at once, in one query."""
    return Grave(
        *session.execute(
            select(
                _count(StoredObject.sha256, StoredObject.damaged_at.is_not(None)),
                _count(StoredObject.sha256, StoredObject.scan == "infected"),
                _count(AuditWaiting.event_id, AuditWaiting.refused),
                _count(HeldWithdrawal.resource_id),
                _count(Petition.id, Petition.outcome == ""),
            )
        ).one()
    )


def _count(column: Any, *conditions: Any) -> Any:
    return select(func.count(column)).where(*conditions).scalar_subquery()


def _due(moment: datetime) -> list[ColumnElement[bool]]:
    return [ResourceVersion.state == WAITING, ResourceVersion.due_at < moment + SOON]


def _open_to(mine: Entitlement) -> ColumnElement[bool]:
    return and_(*mine.still_open(), claims.free_for(mine.person))
