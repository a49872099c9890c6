"""The list of all resources: searched, filtered, sorted, a page at a time, and quick when there are 100,000.

It reads what the database keeps beside each resource (see `nodes.models.Resource`) by its indexes, and opens the
records of one page only. Words of a title are looked for in all titles, which takes some milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from nodes import queries
from nodes.models import Resource, Version, now
from nodes.queries import Overview
from shared.petitioning import RENEWED_BEFORE
from shared.record import is_record_id

PER_PAGE = 50
MAX_SOURCES = 50
"""Sources that a filter offers: whoever has more looks for words."""
LOOKED_FOR = 1_000
"""Resources with certain words in their titles up to which they are found and counted at once."""
SORTS = ("changed", "waiting", "newest", "title")
"""The last changed first; the longest unchanged first; the last registered first; by title."""
ARK = "ark:"


@dataclass(frozen=True)
class Wanted:
    """Which resources: `text` is words of the title, an id, or an ARK (also as an address that ends with it)."""

    text: str = ""
    state: str = ""
    kind: str = ""
    source: str = ""
    sort: str = "changed"
    ending: str = ""
    """Anything: only what is public for `RENEWED_BEFORE` or less."""

    def as_query(self) -> dict[str, str]:
        """The parts of an address that say so; what is as usual is left out."""
        usual = Wanted()
        return {name: value for name, value in self.__dict__.items() if value and value != getattr(usual, name)}

    @property
    def narrow(self) -> bool:
        """Whether it is not simply all of them."""
        return bool(self.text or self.state or self.kind or self.source or self.ending)


@dataclass(frozen=True)
class Page:
    """Some resources: which page of how many, and how many there are in all."""

    rows: Sequence[Overview]
    number: int
    last: int
    total: int


def page(session: Session, wanted: Wanted, *, number: int, language: str = "zh") -> Page:
    """One page of the resources that are wanted; a number that there is not gives the nearest."""
    conditions = _conditions(wanted)
    ids = select(Resource.id).where(*conditions).order_by(*_order(wanted.sort))
    # All titles are looked through for words: once, unless they are found everywhere.
    some = list(session.scalars(ids.limit(LOOKED_FOR + 1))) if wanted.text else []
    whole = bool(wanted.text) and len(some) <= LOOKED_FOR
    count = select(func.count()).select_from(Resource).where(*conditions)
    total = len(some) if whole else session.scalar(count) or 0
    last = max(1, -(-total // PER_PAGE))
    number = min(max(1, number), last)
    start = (number - 1) * PER_PAGE
    chosen = some[start : start + PER_PAGE] if whole else list(session.scalars(ids.offset(start).limit(PER_PAGE)))
    return Page(opened(session, chosen, language=language), number, last, total)


def first(session: Session, wanted: Wanted, *, limit: int, language: str = "zh") -> list[Overview]:
    """The first `limit` resources that are wanted, without counting the others."""
    query = select(Resource.id).where(*_conditions(wanted)).order_by(*_order(wanted.sort))
    return opened(session, list(session.scalars(query.limit(limit))), language=language)


def opened(session: Session, ids: Sequence[str], *, language: str) -> list[Overview]:
    """The resources with these ids, in this order; one that is not here is left out."""
    latest = (Version.resource_id == Resource.id) & (Version.number == Resource.latest_version)
    query = select(Version, Resource.ark).join(Resource, latest).where(Resource.id.in_(ids))
    found = {
        row.Version.resource_id: queries.overview(row.Version, row.ark, language) for row in session.execute(query)
    }
    return [found[one] for one in ids if one in found]


def kinds(session: Session) -> list[str]:
    """The types of resources that are here."""
    return _distinct(session, Resource.kind)


def sources(session: Session) -> list[str]:
    """Where importers found what is here, as far as a filter offers it."""
    return _distinct(session, Resource.source)


def _distinct(session: Session, column: InstrumentedAttribute[Any]) -> list[str]:
    """The values of an indexed column: each is jumped to from the one before, no row is looked through."""
    steps = select(func.min(column).label("value")).where(column != "").cte(recursive=True)
    following = select(func.min(column)).where(column > steps.c.value).scalar_subquery()
    steps = steps.union_all(select(following).where(steps.c.value.is_not(None)))
    return list(session.scalars(select(steps.c.value).where(steps.c.value.is_not(None)).limit(MAX_SOURCES)))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    exact = ((Resource.state, wanted.state), (Resource.kind, wanted.kind), (Resource.source, wanted.source))
    found = [column == value for column, value in exact if value]
    if wanted.ending:
        latest = Version.number == Resource.latest_version
        found.append(Resource.id.in_(select(Version.resource_id).where(*ends_soon(), latest)))
    text = wanted.text.strip()
    if is_record_id(text.lower()):
        return [*found, Resource.id == text.lower()]
    if ARK in text:
        return [*found, Resource.ark == ARK + text.partition(ARK)[2].strip("/ ")]
    return [*found, *(Resource.title.contains(word, autoescape=True) for word in text.split())]


def ends_soon() -> tuple[ColumnElement[bool], ...]:
    """What says of a version that it is public, and not for long."""
    until = (now() + RENEWED_BEFORE).date().isoformat()
    return Version.effective_on != "", Version.effective_on <= until, Version.state == "published"


def _order(sort: str) -> tuple[Any, ...]:
    return {
        "waiting": (Resource.changed_at, Resource.id),
        "newest": (Resource.created_at.desc(), Resource.id.desc()),
        "title": (Resource.title, Resource.id),
    }.get(sort, (Resource.changed_at.desc(), Resource.id.desc()))
