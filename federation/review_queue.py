"""The review queue: what waits, for how long, and what of it a given reviewer can act on.

A page costs the same number of queries whatever waits; all that the filters ask for stands in the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, joinedload

from federation import claims, entitlement, policies
from federation.entitlement import WAITING, Entitlement
from federation.models.base import now
from federation.models.institutions import Institution
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion, VersionTerm
from federation.models.reviews import Claim, Decision
from federation.verdicts import APPROVE
from shared.errors import CommonsError

PAGE_SIZE = 25
ALL, MINE, SECOND, CLAIMED = "", "mine", "second", "claimed"
PARTS = (ALL, MINE, SECOND, CLAIMED)
"""Parts of the queue: everything; what this reviewer can act on; what waits for a second approval, which this
reviewer can give; what this reviewer has claimed."""
OVERDUE = "overdue"
AGES = ("3", "7", "14", "30")
"""Days that something may have waited at least, as the filter offers them."""
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Filters:
    """What of the queue is wanted; an empty value asks for everything, and so does one that makes no sense."""

    show: str = ALL
    institution: str = ""
    type: str = ""
    theme: str = ""
    sensitive: str = ""
    """`yes` or `no`."""
    age: str = ""
    """Days waited at least, or `overdue`."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Filters:
        """The filters that a query names, whatever else it has."""
        return cls(**{field.name: given.get(field.name, "")[:100] for field in fields(cls)})

    def query(self) -> dict[str, Any]:
        """The same as a query, without what is empty."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    @property
    def narrow(self) -> bool:
        """Whether anything but the part of the queue is chosen."""
        return bool(self.query().keys() - {"show"})


@dataclass(frozen=True)
class Waiting:
    """One version that waits, as the queue shows it."""

    version: ResourceVersion
    record: dict[str, Any]
    sensitive: bool
    approvals: int
    needed: int
    approved_by_me: bool
    hindrance: CommonsError | None
    """What a decision by this reviewer would meet."""
    own: bool
    """Whether it comes from the reviewer's own institution."""
    claim: Claim | None
    overdue: bool


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue, what is due first in front; `waiting` counts everything."""

    items: list[Waiting]
    page: int
    pages: int
    total: int
    waiting: int
    counts: Mapping[str, int]
    """How many each part of the queue has with the same filters, and how many of all are `overdue`."""
    institutions: list[Institution]
    """Members that have something in the queue, for the filter."""
    types: list[str]


def queue(session: Session, *, reviewer: User, filters: Filters, page: int) -> QueuePage:
    """One page of what waits for review. A page out of range is the nearest one that exists."""
    mine = entitlement.of(session, reviewer, policies.current(session))
    conditions = _conditions(filters, mine)
    counts = _counts(session, conditions, mine)
    part = filters.show if filters.show in PARTS else ALL
    pages = max(1, -(-counts[part] // PAGE_SIZE))
    page = min(max(page, 1), pages)
    wanted = _due_first(*conditions, _part(part, mine)).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)
    types = select(ResourceVersion.type).where(ResourceVersion.state == WAITING).distinct()
    return QueuePage(
        items=_items(session, session.scalars(_with_owner(wanted)).all(), mine),
        page=page,
        pages=pages,
        total=counts[part],
        waiting=session.scalar(select(func.count()).where(ResourceVersion.state == WAITING)) or 0,
        counts=counts,
        institutions=_institutions(session),
        types=sorted(session.scalars(types)),
    )


def chosen(session: Session, version_ids: Sequence[int], *, reviewer: User) -> list[Waiting]:
    """These versions as the queue shows them, what is due first in front; those that wait no more among them."""
    query = select(ResourceVersion).where(ResourceVersion.id.in_(version_ids))
    found = session.scalars(_with_owner(query.order_by(ResourceVersion.due_at, ResourceVersion.id)))
    return _items(session, found.all(), entitlement.of(session, reviewer, policies.current(session)))


def next_for(session: Session, *, reviewer: User, after: ResourceVersion, filters: Filters = Filters()) -> int | None:
    """The id of the version that the reviewer can judge next: what is due after `after`, else the first of all.

    It is one that the filters leave, and that nobody else has claimed.
    """
    place = tuple_(ResourceVersion.due_at, ResourceVersion.id)
    mine = entitlement.of(session, reviewer, policies.current(session))
    part = _part(filters.show if filters.show in (SECOND, CLAIMED) else MINE, mine)
    first = _due_first(*_conditions(filters, mine), part, ResourceVersion.id != after.id)
    queries = [first] if after.due_at is None else [first.where(place > tuple_(after.due_at, after.id)), first]
    for query in queries:
        found = session.scalar(query.with_only_columns(ResourceVersion.id).limit(1))
        if found is not None:
            return int(found)
    return None


def _due_first(*conditions: ColumnElement[bool]) -> Any:
    owned = select(ResourceVersion).join(Resource)
    return owned.where(*conditions).order_by(ResourceVersion.due_at, ResourceVersion.id)


def _with_owner(query: Any) -> Any:
    return query.options(joinedload(ResourceVersion.resource).joinedload(Resource.institution))


def _conditions(filters: Filters, mine: Entitlement) -> list[ColumnElement[bool]]:
    """What every part of the queue has in common; the query has joined the resources."""
    found: list[ColumnElement[bool]] = [ResourceVersion.state == WAITING]
    if filters.institution:
        member = select(Institution.id).where(Institution.code == filters.institution)
        found.append(Resource.institution_id.in_(member))
    if filters.type:
        found.append(ResourceVersion.type == filters.type)
    if filters.theme:
        found.append(_has_theme([filters.theme]))
    if filters.sensitive in (YES, NO):
        rules = mine.rules
        types = ResourceVersion.type.in_(sorted(rules.sensitive_types))
        sensitive = or_(_has_theme(sorted(rules.sensitive_themes)), types)
        found.append(sensitive if filters.sensitive == YES else ~sensitive)
    if filters.age == OVERDUE:
        found.append(ResourceVersion.due_at < now())
    elif filters.age in AGES:
        found.append(ResourceVersion.changed_at <= now() - timedelta(days=int(filters.age)))
    return found


def _has_theme(codes: Sequence[str]) -> ColumnElement[bool]:
    """By the version's own few terms: a theme has far more versions than ever wait."""
    themes = (VersionTerm.version_id == ResourceVersion.id, VersionTerm.vocabulary == "themes")
    return select(VersionTerm.version_id).where(*themes, VersionTerm.code.in_(codes)).exists()


def _part(part: str, mine: Entitlement) -> ColumnElement[bool]:
    if part == CLAIMED:
        return claims.held_by(mine.person)
    if part == MINE:
        return and_(*mine.still_open(), claims.free_for(mine.person))
    if part == SECOND:
        counting = (Decision.version_id == ResourceVersion.id, Decision.verdict == APPROVE, Decision.standing)
        approved = select(Decision.id).where(*counting)
        return and_(approved.exists(), *mine.still_open(), claims.free_for(mine.person))
    return true()


def _counts(session: Session, conditions: Sequence[ColumnElement[bool]], mine: Entitlement) -> dict[str, int]:
    sought = {part: _part(part, mine) for part in PARTS} | {OVERDUE: ResourceVersion.due_at < now()}
    sums = [func.sum(case((condition, 1), else_=0)) for condition in sought.values()]
    row = session.execute(select(*sums).select_from(ResourceVersion).join(Resource).where(*conditions)).one()
    return dict(zip(sought, (count or 0 for count in row), strict=True))


def _items(session: Session, versions: Sequence[ResourceVersion], mine: Entitlement) -> list[Waiting]:
    reviewer, rules = mine.person, mine.rules
    ids = [version.id for version in versions]
    mine = mine.over(session, ids)
    approved = select(Decision.version_id, Decision.reviewer_id).where(
        Decision.version_id.in_(ids), Decision.verdict == APPROVE, Decision.standing
    )
    by_version: dict[int, set[str]] = {version_id: set() for version_id in ids}
    for version_id, reviewer_id in session.execute(approved):
        by_version[version_id].add(reviewer_id)
    held, moment = claims.standing(session, ids), now()
    items = []
    for version in versions:
        record = version.record
        items.append(
            Waiting(
                version=version,
                record=record,
                sensitive=rules.is_sensitive(record),
                approvals=len(by_version[version.id]),
                needed=rules.approvals_needed(record),
                approved_by_me=reviewer.id in by_version[version.id],
                hindrance=mine.hindrance(version),
                own=reviewer.institution_id == version.resource.institution_id,
                claim=held.get(version.id),
                overdue=version.due_at is not None and version.due_at < moment,
            )
        )
    return items


def _institutions(session: Session) -> list[Institution]:
    waiting = select(Resource.institution_id).join(ResourceVersion).where(ResourceVersion.state == WAITING)
    return list(session.scalars(select(Institution).where(Institution.id.in_(waiting)).order_by(Institution.code)))
