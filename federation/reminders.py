"""What people are reminded of: reviewers of what falls due, institutions of what waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, joinedload

from federation import claims, days, lifecycle
from federation.entitlement import WAITING, Entitlement
from federation.models.base import now
from federation.models.petitions import Petition
from federation.models.questions import Question
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Claim
from shared.petitioning import RENEWAL

SOON = timedelta(days=2)
"""How long before it is due a review is reminded of."""
LATE = timedelta(days=7)
"""How long an institution has before it is reminded."""
EXPIRING = timedelta(days=30)
"""How long before the end of its term an institution is reminded of a resource."""
LISTED = 20
"""How many are named; the others are counted."""
RETURNED, PUBLIC = "changes_requested", "published"
OVER = tuple(state for state, moves in lifecycle.MOVES.items() if not moves)


@dataclass(frozen=True)
class Reviewing:
    """How many of the waiting versions fall due within SOON or are overdue: those a reviewer may judge and nobody
    else is at (`due`, and of them `overdue`), those the reviewer has claimed, and those overdue that nobody has."""

    due: int
    overdue: int
    claimed: int
    unclaimed: int


@dataclass(frozen=True)
class Owed:
    """A version that waits for its institution, and since when."""

    version: ResourceVersion
    since: datetime


@dataclass(frozen=True)
class Owing:
    """What an institution has not done for longer than LATE: returned versions, and unanswered questions by the
    version that they are on, the longest first; and what is public for at most EXPIRING more, unless a renewal was
    asked for. Up to LISTED of each, and how many there are in all."""

    returned: Sequence[Owed]
    returned_count: int
    unanswered: Sequence[Owed]
    unanswered_count: int
    expiring: Sequence[Owed]
    expiring_count: int

    def __bool__(self) -> bool:
        return bool(self.returned or self.unanswered or self.expiring)


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


def owing(session: Session, institution_id: int, *, moment: datetime | None = None) -> Owing:
    """What waits for an institution."""
    before = (moment or now()) - LATE
    own = (Resource.institution_id == institution_id, ResourceVersion.version == Resource.latest_version)
    returned = (
        select(ResourceVersion, ResourceVersion.changed_at, func.count().over())
        .join(Resource)
        .where(*own, ResourceVersion.state == RETURNED, ResourceVersion.changed_at < before)
        .order_by(ResourceVersion.changed_at, ResourceVersion.id)
    )
    asked = func.min(Question.at)
    unanswered = (
        select(ResourceVersion, asked, func.count().over())
        .join(Resource)
        .join(Question, Question.version_id == ResourceVersion.id)
        .where(*own, ResourceVersion.state.not_in(OVER), Question.answered_at.is_(None), Question.at < before)
        .group_by(ResourceVersion.id)
        .order_by(asked, ResourceVersion.id)
    )
    asked_for = select(Petition.id).where(
        Petition.version_id == ResourceVersion.id, Petition.kind == RENEWAL, Petition.outcome == ""
    )
    expiring = (
        select(ResourceVersion, ResourceVersion.changed_at, func.count().over())
        .join(Resource)
        .where(
            Resource.institution_id == institution_id,
            ResourceVersion.state == PUBLIC,
            ResourceVersion.expires_on <= days.today() + EXPIRING,
            ~asked_for.exists(),
        )
        .order_by(ResourceVersion.expires_on, ResourceVersion.id)
    )
    return Owing(*_listed(session, returned), *_listed(session, unanswered), *_listed(session, expiring))


def _due(moment: datetime) -> list[ColumnElement[bool]]:
    return [ResourceVersion.state == WAITING, ResourceVersion.due_at < moment + SOON]


def _open_to(mine: Entitlement) -> ColumnElement[bool]:
    return and_(*mine.still_open(), claims.free_for(mine.person))


def _listed(session: Session, query: Any) -> tuple[Sequence[Owed], int]:
    rows = session.execute(query.limit(LISTED)).all()
    return [Owed(row[0], row[1]) for row in rows], rows[0][2] if rows else 0
