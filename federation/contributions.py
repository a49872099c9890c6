"""What an institution has contributed: its resources with their state, who reviews them, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from federation import claims, feedback, policies, questions
from federation.entitlement import WAITING
from federation.findings.collecting import of_its_own
from federation.findings.finding import Finding
from federation.models.base import now
from federation.models.events import NodeEvent
from federation.models.feedback import Feedback
from federation.models.institutions import Node
from federation.models.questions import Question
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Claim, Decision
from federation.owing import OVER
from federation.verdicts import APPROVE
from shared.errors import NotFound

PAGE_SIZE = 25


@dataclass(frozen=True)
class UnderReview:
    """How far the review of one waiting version is: since when it waits, who is at it, what it still needs."""

    since: datetime
    overdue: bool
    claim: Claim | None
    """Who says to be reviewing it now; None when nobody does."""
    approvals: int
    needed: int


@dataclass(frozen=True)
class ContributionsPage:
    """The newest versions of an institution's resources, what changed last first, a page of them."""

    versions: Sequence[ResourceVersion]
    under_review: Mapping[int, UnderReview]
    """How far the review of each of them is that waits, by the version's id."""
    page: int
    pages: int
    by_state: dict[str, int]
    """How many resources stand in each state, whatever the filter."""
    state: str
    """The state that is filtered by; empty for all."""

    @property
    def total(self) -> int:
        """How many resources there are in all states."""
        return sum(self.by_state.values())


@dataclass(frozen=True)
class Contribution:
    """One version with its way so far, as its institution sees it."""

    version: ResourceVersion
    under_review: UnderReview | None
    """How far its review is; None when it does not wait."""
    decisions: Sequence[Decision]
    """The decisions on any version of the resource, the latest first."""
    questions: Sequence[Question]
    """What reviewers have asked about any version of it, the oldest first."""
    feedback: Sequence[Feedback]
    """What the public has asked and pointed out, the latest first; nothing of what the alliance has hidden."""
    findings: Sequence[Finding]
    """What a machine points out on this version, as long as something can be done about it."""
    history: Sequence[NodeEvent]
    """What became of this version, in order: what the institution's node was told, but for the questions."""


def contributions(session: Session, institution_id: int, *, state: str = "", page: int = 1) -> ContributionsPage:
    """A page of what the institution has contributed. A page out of range is the nearest one that exists."""
    newest: list[ColumnElement[bool]] = [
        Resource.institution_id == institution_id,
        ResourceVersion.version == Resource.latest_version,
    ]
    counted = select(ResourceVersion.state, func.count()).join(Resource).where(*newest)
    by_state = {row[0]: row[1] for row in session.execute(counted.group_by(ResourceVersion.state))}
    state = state if state in by_state else ""
    pages = max(1, -(-(by_state[state] if state else sum(by_state.values())) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    wanted = select(ResourceVersion).join(Resource).where(*newest)
    if state:
        wanted = wanted.where(ResourceVersion.state == state)
    wanted = wanted.order_by(ResourceVersion.changed_at.desc(), ResourceVersion.id.desc())
    found = session.scalars(
        wanted.options(joinedload(ResourceVersion.resource)).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return ContributionsPage(found, _under_review(session, found), page, pages, by_state, state)


def contribution(session: Session, institution_id: int, version_id: int) -> Contribution:
    """One version of that institution. Raises `NotFound`, also for what another institution has contributed."""
    version = session.scalar(
        select(ResourceVersion)
        .join(Resource)
        .where(ResourceVersion.id == version_id, Resource.institution_id == institution_id)
    )
    if version is None:
        raise NotFound()
    decisions = (
        select(Decision)
        .join(ResourceVersion)
        .where(ResourceVersion.resource_id == version.resource_id)
        .options(joinedload(Decision.version))
        .order_by(Decision.at.desc(), Decision.id.desc())
    )
    history = (
        select(NodeEvent)
        .join(Node)
        .where(
            NodeEvent.resource_id == version.resource_id,
            NodeEvent.version == version.version,
            NodeEvent.question_id == "",
            Node.institution_id == institution_id,
        )
        .order_by(NodeEvent.at, NodeEvent.id)
    )
    return Contribution(
        version=version,
        under_review=_under_review(session, [version]).get(version.id),
        decisions=session.scalars(decisions).all(),
        questions=questions.of_resource(session, version.resource_id),
        feedback=feedback.of_resource(session, version.resource_id),
        findings=() if version.state in OVER else of_its_own(session, version),
        history=session.scalars(history).all(),
    )


def _under_review(session: Session, versions: Sequence[ResourceVersion]) -> dict[int, UnderReview]:
    waiting = [version for version in versions if version.state == WAITING]
    if not waiting:
        return {}
    ids = [version.id for version in waiting]
    counted = select(Decision.version_id, func.count()).where(
        Decision.version_id.in_(ids), Decision.verdict == APPROVE, Decision.standing
    )
    approvals = {row[0]: row[1] for row in session.execute(counted.group_by(Decision.version_id))}
    held, rules, moment = claims.standing(session, ids), policies.current(session), now()
    return {
        version.id: UnderReview(
            since=version.changed_at,
            overdue=version.due_at is not None and version.due_at < moment,
            claim=held.get(version.id),
            approvals=approvals.get(version.id, 0),
            needed=rules.approvals_needed(version.record),
        )
        for version in waiting
    }
