"""The review queue: what waits, for how long, and what of it a given reviewer can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from federation.checklist import policy
from federation.models.institutions import Institution
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Decision
from federation.review import APPROVE

PAGE_SIZE = 25
WAITING = "in_review"


@dataclass(frozen=True)
class Filters:
    """What of the queue is wanted: codes, empty for all; `mine_only` leaves out what the reviewer cannot judge."""

    institution: str = ""
    type: str = ""
    theme: str = ""
    mine_only: bool = False


@dataclass(frozen=True)
class Waiting:
    """One version that waits, as the queue shows it."""

    version: ResourceVersion
    themes: tuple[str, ...]
    sensitive: bool
    approvals: int
    needed: int
    approved_by_me: bool
    own: bool
    """Whether it comes from the reviewer's own institution."""


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue, oldest first; `total` counts what the filters leave, `waiting` everything."""

    items: list[Waiting]
    page: int
    pages: int
    total: int
    waiting: int
    institutions: list[Institution]
    """Members that have something in the queue, for the filter."""
    types: list[str]


def queue(session: Session, *, reviewer: User, filters: Filters, page: int) -> QueuePage:
    """One page of what waits for review. A page out of range is the nearest one that exists."""
    conditions = _conditions(filters, reviewer)
    ids = _of_theme(session, filters.theme, conditions) if filters.theme else None
    total = _count(session, conditions) if ids is None else len(ids)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    place = slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
    wanted = _oldest_first(*conditions).slice(place.start, place.stop)
    if ids is not None:
        wanted = _oldest_first(ResourceVersion.id.in_(ids[place]))
    owner = joinedload(ResourceVersion.resource).joinedload(Resource.institution)
    found = session.scalars(wanted.options(owner)).all()
    types = select(ResourceVersion.type).where(ResourceVersion.state == WAITING).distinct()
    return QueuePage(
        items=_as_items(session, found, reviewer),
        page=page,
        pages=pages,
        total=total,
        waiting=_count(session, [ResourceVersion.state == WAITING]),
        institutions=_institutions(session),
        types=sorted(session.scalars(types)),
    )


def next_for(session: Session, *, reviewer: User, after: ResourceVersion) -> int | None:
    """The id of the version that the reviewer can judge next: the oldest after `after`, else the oldest of all."""
    place = tuple_(ResourceVersion.received_at, ResourceVersion.id)
    oldest = _oldest_first(*_conditions(Filters(mine_only=True), reviewer), ResourceVersion.id != after.id)
    later = oldest.where(place > tuple_(after.received_at, after.id))
    for query in (later, oldest):
        found = session.scalar(query.with_only_columns(ResourceVersion.id).limit(1))
        if found is not None:
            return int(found)
    return None


def _joined(*conditions: ColumnElement[bool]) -> Any:
    owned = select(ResourceVersion).join(Resource).join(Institution, Institution.id == Resource.institution_id)
    return owned.where(*conditions)


def _oldest_first(*conditions: ColumnElement[bool]) -> Any:
    return _joined(*conditions).order_by(ResourceVersion.received_at, ResourceVersion.id)


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(_joined(*conditions).with_only_columns(func.count(ResourceVersion.id))) or 0


def _conditions(filters: Filters, reviewer: User) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [ResourceVersion.state == WAITING]
    if filters.institution:
        found.append(Institution.code == filters.institution)
    if filters.type:
        found.append(ResourceVersion.type == filters.type)
    if filters.mine_only:
        mine = select(Decision.version_id).where(Decision.reviewer_id == reviewer.id)
        found.append(ResourceVersion.id.not_in(mine))
        if reviewer.institution_id is not None:
            found.append(Resource.institution_id != reviewer.institution_id)
    return found


def _of_theme(session: Session, theme: str, conditions: Sequence[ColumnElement[bool]]) -> list[int]:
    """Which of the waiting versions have the theme: it stands in the signed record alone, so each is read."""
    candidates = session.scalars(_oldest_first(*conditions).execution_options(yield_per=200))
    return [version.id for version in candidates if theme in version.record["themes"]]


def _as_items(session: Session, versions: Sequence[ResourceVersion], reviewer: User) -> list[Waiting]:
    rules = policy()
    ids = [version.id for version in versions]
    approved = select(Decision.version_id, Decision.reviewer_id).where(
        Decision.version_id.in_(ids), Decision.verdict == APPROVE
    )
    by_version: dict[int, set[str]] = {version_id: set() for version_id in ids}
    for version_id, reviewer_id in session.execute(approved):
        by_version[version_id].add(reviewer_id)
    items = []
    for version in versions:
        themes = tuple(version.record["themes"])
        items.append(
            Waiting(
                version=version,
                themes=themes,
                sensitive=rules.is_sensitive(themes),
                approvals=len(by_version[version.id]),
                needed=rules.approvals_needed(themes),
                approved_by_me=reviewer.id in by_version[version.id],
                own=reviewer.institution_id == version.resource.institution_id,
            )
        )
    return items


def _institutions(session: Session) -> list[Institution]:
    waiting = select(Resource.institution_id).join(ResourceVersion).where(ResourceVersion.state == WAITING)
    return list(session.scalars(select(Institution).where(Institution.id.in_(waiting)).order_by(Institution.code)))
