"""What the public reads of collections: the shown revision, without what is not public any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from federation import catalogue
from federation.catalogue import Entry
from federation.collections import content as contents
from federation.collections.content import CAMPAIGN, Content
from federation.collections.showing import ENDED, HIDDEN, SHOWN
from federation.models.collections import Collection, CollectionRevision
from federation.models.institutions import Institution
from shared.errors import CollectionHidden, NotFound

PER_PAGE = 24
COMING, CURRENT, PAST = "coming", "current", "past"
SOON = timedelta(days=30)
"""So long before its first day a campaign is on the first page."""
MOST_SITEMAP = 10_000


@dataclass(frozen=True)
class Brief:
    """A collection in a list: `cover` stands for it, `size` is how many of its resources are public."""

    collection: Collection
    content: Content
    phase: str
    cover: Entry | None
    size: int


@dataclass(frozen=True)
class Chosen:
    """A resource of a collection, and the word on it."""

    entry: Entry
    note: Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """A collection as the public reads it; `curator` is None for the alliance, `at` that of what is newest in it."""

    collection: Collection
    content: Content
    phase: str
    items: Sequence[Chosen]
    cover: Entry | None
    at: datetime

    @property
    def curator(self) -> Institution | None:
        """The institution that curates it."""
        return self.collection.institution


@dataclass(frozen=True)
class Gap:
    """A collection of which so many resources are not public any more, which its readers no longer see."""

    collection: Collection
    content: Content
    gone: int


def phase(collection: Collection, said: Content, today: date) -> str:
    """Whether it is still to come, on, or past; a collection without days is on until somebody ends it."""
    if collection.state == ENDED or (said.ends_on is not None and said.ends_on < today):
        return PAST
    return COMING if said.begins_on is not None and said.begins_on > today else CURRENT


def listed(session: Session, *, today: date, page: int = 1) -> tuple[list[Brief], int]:
    """One page of all that is shown, what is on first and what is newest first, and how many pages there are."""
    past = or_(Collection.state == ENDED, func.coalesce(Collection.ends_on, today) < today)
    total = session.scalar(select(func.count()).select_from(Collection).where(_public())) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    wanted = _shown().order_by(past, Collection.shown_at.desc(), Collection.id)
    return _briefs(session, wanted.limit(PER_PAGE).offset((page - 1) * PER_PAGE), today), pages


def on_the_front(session: Session, *, today: date, limit: int) -> list[Brief]:
    """What the first page leads to: the campaigns that are on or begin soon, then the newest collections."""
    campaign = Collection.kind == CAMPAIGN
    wanted = (
        _shown()
        .where(
            Collection.state == SHOWN,
            or_(Collection.begins_on.is_(None), Collection.begins_on <= case((campaign, today + SOON), else_=today)),
            or_(Collection.ends_on.is_(None), Collection.ends_on >= today),
        )
        .order_by(
            case((campaign, 0), else_=1),
            case((campaign & (Collection.begins_on > today), 1), else_=0),
            case((campaign, Collection.ends_on), else_=None),
            Collection.shown_at.desc(),
            Collection.id,
        )
    )
    return _briefs(session, wanted.limit(limit), today)


def of_occasion(session: Session, code: str, *, today: date, limit: int) -> list[Brief]:
    """What was curated for an occasion, the newest first."""
    wanted = _shown().where(Collection.occasion == code).order_by(Collection.shown_at.desc(), Collection.id)
    return _briefs(session, wanted.limit(limit), today)


def of_institution(session: Session, institution_id: int, *, today: date, limit: int) -> list[Brief]:
    """What an institution curates, the newest first."""
    wanted = _shown().where(Collection.institution_id == institution_id)
    return _briefs(session, wanted.order_by(Collection.shown_at.desc(), Collection.id).limit(limit), today)


def campaigns_from(session: Session, *, today: date, limit: int) -> list[Brief]:
    """The campaigns that are on or to come, in the order of their first days."""
    wanted = _shown().where(Collection.state == SHOWN, Collection.kind == CAMPAIGN, Collection.ends_on >= today)
    return _briefs(session, wanted.order_by(Collection.begins_on, Collection.id).limit(limit), today)


def days_announced(session: Session, codes: Sequence[str], *, since: date) -> list[tuple[str, date, date]]:
    """The occasion, the first and the last day of the alliance's own campaigns for occasions, that end since a day.

    What was shown first comes first.
    """
    wanted = (
        select(Collection.occasion, Collection.begins_on, Collection.ends_on)
        .where(
            _public(),
            Collection.kind == CAMPAIGN,
            Collection.institution_id.is_(None),
            Collection.occasion.in_(codes),
            Collection.ends_on >= since,
        )
        .order_by(Collection.shown_at, Collection.id)
    )
    rows = session.execute(wanted)
    return [(code, first, last) for code, first, last in rows if first is not None and last is not None]


def find(session: Session, slug: str, *, today: date) -> Shown:
    """A collection by its address. Raises `NotFound`, or `CollectionHidden` for what the alliance took away."""
    row = session.execute(_shown(hidden=True).where(Collection.slug == slug)).first()
    if row is None:
        raise NotFound()
    collection, kept = row
    if collection.state == HIDDEN:
        raise CollectionHidden(reason=collection.hidden_because)
    return preview(session, collection, kept, today=today)


def preview(session: Session, collection: Collection, kept: CollectionRevision, *, today: date) -> Shown:
    """A collection as the public would read it with this revision, also before it is shown."""
    said = contents.read(kept.content)
    known = catalogue.by_ids(session, said.resource_ids)
    items = [Chosen(known[one.resource_id], one.note) for one in said.items if one.resource_id in known]
    cover = known.get(said.cover) or (items[0].entry if items else None)
    at = max([collection.shown_at or kept.at, *(one.entry.at for one in items)])
    return Shown(collection, said, phase(collection, said, today), items, cover, at)


def with_gaps(session: Session, *, institution_id: int | None = None) -> list[Gap]:
    """The collections before the public of which some resources are not public any more: an institution's, or all."""
    wanted = _shown().order_by(Collection.shown_at, Collection.id)
    if institution_id is not None:
        wanted = wanted.where(Collection.institution_id == institution_id)
    found = [(collection, contents.read(kept.content)) for collection, kept in session.execute(wanted)]
    public = catalogue.public_among(session, [one for _, said in found for one in said.resource_ids])
    gaps = (Gap(collection, said, sum(one not in public for one in said.resource_ids)) for collection, said in found)
    return [one for one in gaps if one.gone]


def addresses(session: Session) -> list[tuple[str, datetime]]:
    """The address of each collection that is shown, and when it was."""
    wanted = select(Collection.slug, Collection.shown_at).where(_public()).order_by(Collection.shown_at)
    return [(slug, at) for slug, at in session.execute(wanted.limit(MOST_SITEMAP)) if at is not None]


def _public() -> ColumnElement[bool]:
    return Collection.state.in_((SHOWN, ENDED))


def _shown(*, hidden: bool = False) -> Select[Collection, CollectionRevision]:
    states = (SHOWN, ENDED, HIDDEN) if hidden else (SHOWN, ENDED)
    return (
        select(Collection, CollectionRevision)
        .join(
            CollectionRevision,
            (CollectionRevision.collection_id == Collection.id)
            & (CollectionRevision.number == Collection.shown_revision),
        )
        .outerjoin(Institution, Institution.id == Collection.institution_id)
        .options(contains_eager(Collection.institution))
        .where(Collection.state.in_(states))
    )


def _briefs(session: Session, wanted: Select[Collection, CollectionRevision], today: date) -> list[Brief]:
    """The collections of a query, with two more queries for all of their resources."""
    found = [(collection, contents.read(kept.content)) for collection, kept in session.execute(wanted)]
    public = catalogue.public_among(session, [one for _, said in found for one in said.resource_ids])
    covers = {collection.id: _cover(said, public) for collection, said in found}
    known = catalogue.by_ids(session, list({one for one in covers.values() if one}))
    return [
        Brief(
            collection,
            said,
            phase(collection, said, today),
            known.get(covers[collection.id]),
            sum(one in public for one in said.resource_ids),
        )
        for collection, said in found
    ]


def _cover(said: Content, public: frozenset[str]) -> str:
    standing = [one for one in (said.cover, *said.resource_ids) if one in public]
    return standing[0] if standing else ""
