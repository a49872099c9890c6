"""The review as a whole: what waits and for how long, and what each reviewer has decided."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation import petitions
from federation.collections import curating, reading
from federation.entitlement import WAITING
from federation.models.base import now
from federation.models.events import NodeEvent
from federation.models.institutions import Institution
from federation.models.people import User
from federation.models.policies import Rereview
from federation.models.resources import Resource, ResourceVersion, VersionTerm
from federation.models.reviews import Decision
from federation.sampling import DOUBTFUL
from federation.verdicts import APPROVE, REJECT, REQUEST_CHANGES


@dataclass(frozen=True)
class Part:
    """What waits of one institution or theme: how many, how many of them overdue, since when the oldest waits."""

    count: int
    overdue: int
    oldest: datetime


@dataclass(frozen=True)
class Queue:
    """What waits for review."""

    count: int
    overdue: int
    oldest: datetime | None
    median: datetime | None
    """Since when one half waits at least."""
    institutions: Sequence[tuple[Institution, Part]]
    themes: Sequence[tuple[str, Part]]
    """By the theme's code; a version may have several."""
    rereviews: int
    """Public versions that were drawn for a second look and wait for it."""
    petitions: int
    """Appeals, and what else institutions ask for, that nobody has answered."""
    collections: int
    """Collections that their institutions have proposed."""
    gaps: int
    """Collections before the public that hold what is not public any more."""


@dataclass
class Judged:
    """What one reviewer has decided in a time, and their second looks at what was public already."""

    approved: int = 0
    returned: int = 0
    rejected: int = 0
    rereviewed: int = 0
    doubtful: int = 0
    spans: list[timedelta] = field(default_factory=list)
    """From a version's coming into review to the decision on it."""

    @property
    def decided(self) -> int:
        """How many decisions."""
        return self.approved + self.returned + self.rejected

    @property
    def median(self) -> timedelta | None:
        """Half of the decisions took longer; None without any."""
        return statistics.median(self.spans) if self.spans else None  # type: ignore[type-var]  # it can be halved


def queue(session: Session) -> Queue:
    """What waits, in all, by institution and by theme: most overdue first, then what waits longest."""
    figures = _figures()
    waiting = ResourceVersion.state == WAITING
    by_institution = (
        select(Institution, *figures)
        .join(Resource, Resource.institution_id == Institution.id)
        .join(ResourceVersion, ResourceVersion.resource_id == Resource.id)
        .where(waiting)
        .group_by(Institution.id)
    )
    institutions = _sorted(session.execute(by_institution))
    by_theme = (
        select(VersionTerm.code, *figures)
        .join(ResourceVersion, ResourceVersion.id == VersionTerm.version_id)
        .where(waiting, VersionTerm.vocabulary == "themes")
        .group_by(VersionTerm.code)
    )
    count = sum(part.count for _, part in institutions)
    middle = select(ResourceVersion.changed_at).where(waiting).order_by(ResourceVersion.changed_at)
    return Queue(
        count=count,
        overdue=sum(part.overdue for _, part in institutions),
        oldest=min((part.oldest for _, part in institutions), default=None),
        median=session.scalar(middle.offset(max(0, count - 1) // 2).limit(1)),
        institutions=institutions,
        themes=_sorted(session.execute(by_theme)),
        petitions=petitions.how_many_wait(session),
        collections=curating.how_many_wait(session),
        gaps=len(reading.with_gaps(session)),
        rereviews=session.scalar(select(func.count()).where(Rereview.outcome == "")) or 0,
    )


def judged(session: Session, *, days: int) -> list[tuple[User, Judged]]:
    """What each reviewer has decided in the last `days`, who decided most in front."""
    since = now() - timedelta(days=days)
    entered = (
        select(func.max(NodeEvent.at))
        .where(
            NodeEvent.resource_id == ResourceVersion.resource_id,
            NodeEvent.version == ResourceVersion.version,
            NodeEvent.state == WAITING,
            NodeEvent.question_id == "",
            NodeEvent.at <= Decision.at,
        )
        .scalar_subquery()
    )
    decisions = (
        select(Decision.reviewer_id, Decision.verdict, Decision.at, entered, ResourceVersion.received_at)
        .join(ResourceVersion, ResourceVersion.id == Decision.version_id)
        .where(Decision.at >= since)
    )
    looks = (
        select(Rereview.reviewer_id, func.count(), func.count().filter(Rereview.outcome == DOUBTFUL))
        .where(Rereview.done_at >= since)
        .group_by(Rereview.reviewer_id)
    )
    found: dict[str, Judged] = defaultdict(Judged)
    for reviewer_id, verdict, at, began, received in session.execute(decisions):
        one = found[reviewer_id]
        one.approved += verdict == APPROVE
        one.returned += verdict == REQUEST_CHANGES
        one.rejected += verdict == REJECT
        one.spans.append(at - (began or received))
    for person_id, count, doubtful in session.execute(looks):
        if person_id is not None:
            found[person_id].rereviewed, found[person_id].doubtful = count, doubtful
    people = session.scalars(select(User).where(User.id.in_(found)).order_by(User.name))
    return sorted(((one, found[one.id]) for one in people), key=lambda one: (-one[1].decided, -one[1].rereviewed))


def _figures() -> list[Any]:
    late = ResourceVersion.due_at < now()
    return [func.count(), func.count().filter(late), func.min(ResourceVersion.changed_at)]


def _sorted(rows: Any) -> list[tuple[Any, Part]]:
    found = [(row[0], Part(row[1], row[2], row[3])) for row in rows]
    return sorted(found, key=lambda one: (-one[1].overdue, one[1].oldest))
