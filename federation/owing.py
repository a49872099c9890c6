"""What waits for an institution: what its people are reminded of, on their page and by letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation import days, lifecycle
from federation.feedback import OPEN, STATES
from federation.link_checker import BROKEN
from federation.models.base import now
from federation.models.feedback import Feedback
from federation.models.links import LinkCheck, VersionLink
from federation.models.petitions import Petition
from federation.models.questions import Question
from federation.models.resources import Resource, ResourceVersion
from shared.petitioning import RENEWAL

LATE = timedelta(days=7)
"""How long an institution has before it is reminded."""
EXPIRING = timedelta(days=30)
"""How long before the end of its term an institution is reminded of a resource."""
LISTED = 20
"""How many are named; the others are counted."""
RETURNED, PUBLIC = "changes_requested", "published"
LONGEST_FIRST = (ResourceVersion.changed_at, ResourceVersion.id)
OVER = tuple(state for state, moves in lifecycle.MOVES.items() if not moves)


@dataclass(frozen=True)
class Owed:
    """A version that waits for its institution, and since when."""

    version: ResourceVersion
    since: datetime


@dataclass(frozen=True)
class Waiting:
    """What waits of one kind: up to LISTED of the versions, the longest first, and how many there are in all."""

    listed: Sequence[Owed] = ()
    count: int = 0


@dataclass(frozen=True)
class Owing:
    """What waits for an institution."""

    returned: Waiting
    """Versions that came back more than LATE ago."""
    unanswered: Waiting
    """Versions with a reviewer's question that nobody has answered for longer than LATE."""
    feedback: Waiting
    """Public versions of which readers have asked or pointed out something, unanswered for longer than LATE."""
    broken: Waiting
    """Public versions with links that do not open any more."""
    expiring: Waiting
    """What is public for at most EXPIRING more, unless a renewal was asked for."""

    def __bool__(self) -> bool:
        return any(getattr(self, part.name).count for part in fields(self))


def owing(session: Session, institution_id: int, *, moment: datetime | None = None) -> Owing:
    """What waits for an institution, in a query a kind."""
    before = (moment or now()) - LATE
    return Owing(
        returned=_listed(session, _returned(institution_id, before)),
        unanswered=_listed(session, _unanswered(institution_id, before)),
        feedback=_listed(session, _feedback(institution_id, before)),
        broken=_listed(session, _broken(institution_id)),
        expiring=_listed(session, _expiring(institution_id)),
    )


def _newest(institution_id: int, since: Any) -> Any:
    """The newest versions of an institution's resources, each with since when it waits, and how many there are."""
    own = (Resource.institution_id == institution_id, ResourceVersion.version == Resource.latest_version)
    return select(ResourceVersion, since, func.count().over()).select_from(ResourceVersion).join(Resource).where(*own)


def _public(institution_id: int, since: Any) -> Any:
    """The same of the public versions."""
    own = (Resource.institution_id == institution_id, ResourceVersion.state == PUBLIC)
    return select(ResourceVersion, since, func.count().over()).select_from(ResourceVersion).join(Resource).where(*own)


def _returned(institution_id: int, before: datetime) -> Any:
    back = (ResourceVersion.state == RETURNED, ResourceVersion.changed_at < before)
    return _newest(institution_id, ResourceVersion.changed_at).where(*back).order_by(*LONGEST_FIRST)


def _unanswered(institution_id: int, before: datetime) -> Any:
    asked = func.min(Question.at)
    return (
        _newest(institution_id, asked)
        .join(Question, Question.version_id == ResourceVersion.id)
        .where(ResourceVersion.state.not_in(OVER), Question.answered_at.is_(None), Question.at < before)
        .group_by(ResourceVersion.id)
        .order_by(asked, ResourceVersion.id)
    )


def _feedback(institution_id: int, before: datetime) -> Any:
    asked = func.min(Feedback.at)
    return (
        _public(institution_id, asked)
        .join(Feedback, Feedback.resource_id == ResourceVersion.resource_id)
        .where(STATES[OPEN], Feedback.at < before)
        .group_by(ResourceVersion.id)
        .order_by(asked, ResourceVersion.id)
    )


def _broken(institution_id: int) -> Any:
    found = func.min(LinkCheck.checked_at)
    return (
        _public(institution_id, found)
        .join(VersionLink, VersionLink.version_id == ResourceVersion.id)
        .join(LinkCheck, LinkCheck.url_sha256 == VersionLink.url_sha256)
        .where(LinkCheck.outcome == BROKEN)
        .group_by(ResourceVersion.id)
        .order_by(found, ResourceVersion.id)
    )


def _expiring(institution_id: int) -> Any:
    asked_for = select(Petition.id).where(
        Petition.version_id == ResourceVersion.id, Petition.kind == RENEWAL, Petition.outcome == ""
    )
    return (
        _public(institution_id, ResourceVersion.changed_at)
        .where(ResourceVersion.expires_on <= days.today() + EXPIRING, ~asked_for.exists())
        .order_by(ResourceVersion.expires_on, ResourceVersion.id)
    )


def _listed(session: Session, query: Any) -> Waiting:
    rows = session.execute(query.limit(LISTED)).all()
    return Waiting([Owed(row[0], row[1]) for row in rows], rows[0][2]) if rows else Waiting()
