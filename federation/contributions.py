"""What an institution has contributed: its resources with their state, and what was decided on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from federation.models.events import NodeEvent
from federation.models.institutions import Node
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Decision
from shared.errors import NotFound

PAGE_SIZE = 25


@dataclass(frozen=True)
class ContributionsPage:
    """The newest versions of an institution's resources, what changed last first, a page of them."""

    versions: Sequence[ResourceVersion]
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
    decisions: Sequence[Decision]
    """The decisions on any version of the resource, the latest first."""
    history: Sequence[NodeEvent]
    """What became of this version, in order: what the institution's node was told."""


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
    found_versions = session.scalars(
        wanted.options(joinedload(ResourceVersion.resource)).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    return ContributionsPage(found_versions, page, pages, by_state, state)


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
            Node.institution_id == institution_id,
        )
        .order_by(NodeEvent.at, NodeEvent.id)
    )
    return Contribution(version, session.scalars(decisions).all(), session.scalars(history).all())
