"""Reading the timeline: how many resources each band has, and which."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from federation.models.bearings import Bearing
from federation.timeline.bands import LATEST, Band

BEGINNING, ENDING, SINGLE = "beginning", "ending", "single"


@dataclass(frozen=True)
class Tally:
    """How many things there are up to a year: the years in their order, and the sum up to each."""

    years: Sequence[int]
    sums: Sequence[int]

    @classmethod
    def of(cls, counts: Iterable[tuple[int, int]]) -> Tally:
        """From pairs of a year and a number, in any order."""
        ordered = sorted(counts)
        return cls([year for year, _ in ordered], list(accumulate(count for _, count in ordered)))

    def until(self, year: int) -> int:
        """How many up to a year, this one included."""
        place = bisect_right(self.years, year)
        return self.sums[place - 1] if place else 0


@dataclass(frozen=True)
class Spans:
    """How many resources begin and how many end in each year, and how many are about that single year."""

    beginning: Tally
    ending: Tally
    single: Mapping[int, int]

    @property
    def total(self) -> int:
        """How many resources say what years they are about."""
        return self.beginning.sums[-1] if self.beginning.sums else 0


def spans(session: Session, *, now: int) -> Spans:
    """What is needed to count any band, in one query; as many rows as there are years, not resources.

    What goes on has come to the year `now` (`_until`).
    """
    counted = [
        _by_year(BEGINNING, Bearing.since, Bearing.since.is_not(None)),
        _by_year(ENDING, _until(now), Bearing.since.is_not(None)),
        _by_year(SINGLE, Bearing.since, Bearing.since == _until(now)),
    ]
    found: dict[str, list[tuple[int, int]]] = {BEGINNING: [], ENDING: [], SINGLE: []}
    for kind, year, number in session.execute(union_all(*counted)):
        found[kind].append((int(year), int(number)))
    return Spans(Tally.of(found[BEGINNING]), Tally.of(found[ENDING]), dict(found[SINGLE]))


def count(found: Spans, band: Band) -> int:
    """How many resources a band has, as `Band.holds` says: all that have begun, without those that are over."""
    over = found.ending.until(band.entered - 1)
    # Of those that end in the year of a change, the ones about that year alone belong to what begins in it.
    beginning_now = found.single.get(band.first, 0) if band.entered > band.first else 0
    return found.beginning.until(band.last) - over + beginning_now


def within(session: Session, band: Band, *, now: int, limit: int, offset: int) -> Sequence[str]:
    """The ids of resources of a band: those of the narrowest spans first, which are the most about it."""
    wanted = select(Bearing.resource_id).where(*_holds(band, now))
    ordered = wanted.order_by(_until(now) - Bearing.since, Bearing.since, Bearing.resource_id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def _by_year(kind: str, year: Any, which: ColumnElement[bool]) -> Select[str, int, int]:
    return select(literal(kind), year, func.count()).where(which).group_by(year)


def _until(now: int) -> ColumnElement[int]:
    """The last year of a resource; what goes on has come to the present, and not to the decades that are to come."""
    present = case((Bearing.since > now, Bearing.since), else_=now)
    return case((Bearing.until == LATEST, present), else_=Bearing.until)


def _holds(band: Band, now: int) -> tuple[ColumnElement[bool], ...]:
    """`Band.holds` for the database."""
    return Bearing.since <= band.last, or_(_until(now) >= band.entered, Bearing.since >= band.first)
