"""The year as a scale: which occasion is near today, and the dial on the first page that shows it."""

from __future__ import annotations

import math
from calendar import isleap, monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

NEAR_DAYS = 30
"""From so many days before it, an occasion has its place on the first page."""
CENTRE, MONTH_RADIUS, DOT_RADIUS = 200, 150, 190


@dataclass(frozen=True)
class Yearly:
    """When an occasion of the vocabulary is: from one (month, day) until another, every year.

    One that is `announced` is on some days within that time, which are made known anew each year.
    """

    code: str
    first: tuple[int, int]
    last: tuple[int, int]
    announced: bool = False


CALENDAR = (
    Yearly("consumer-rights-day", (3, 15), (3, 15)),
    Yearly("science-technology-week", (5, 1), (5, 31), announced=True),
    Yearly("world-metrology-day", (5, 20), (5, 20)),
    Yearly("quality-month", (9, 1), (9, 30)),
)
"""The occasions that the market regulator's guidance on metrology culture names (item 10), by their days."""
FIXED = tuple(yearly for yearly in CALENDAR if not yearly.announced)
ANNOUNCED = {yearly.code: yearly for yearly in CALENDAR if yearly.announced}
LONGEST = 14
"""Days of a campaign that announces the days of an occasion: a longer one is for its month."""
Days = Mapping[str, Mapping[int, tuple[date, date]]]
"""The first and last days of announced occasions that are known, by code and year."""


@dataclass(frozen=True)
class Coming:
    """The next time of an occasion; `days` is how far off it is, 0 while it, or its month, lasts."""

    code: str
    first: date
    last: date
    days: int
    announced: bool = False

    @property
    def near(self) -> bool:
        """Whether it belongs on the first page now."""
        return self.days <= NEAR_DAYS


def known(campaigns: Iterable[tuple[str, date, date]]) -> Days:
    """The days that campaigns (code, first and last day) announce: the first one of each occasion in each year.

    It lies in the month of its occasion and is no longer than LONGEST.
    """
    found: dict[str, dict[int, tuple[date, date]]] = {}
    for code, first, last in campaigns:
        yearly = ANNOUNCED.get(code)
        short = (last - first).days < LONGEST
        if yearly and short and date(first.year, *yearly.first) <= first <= last <= date(first.year, *yearly.last):
            found.setdefault(code, {}).setdefault(first.year, (first, last))
    return found


def in_season(on: date) -> bool:
    """Whether the first page may be for an occasion whose days are announced."""
    return any(_next(yearly, on, {}).near for yearly in ANNOUNCED.values())


def coming(on: date, days: Days) -> Coming:
    """The occasion with days of its own that is on, or else the next one."""
    return next(one for one in ahead(on, days) if not one.announced)


def ahead(on: date, days: Days) -> list[Coming]:
    """The next time of every occasion, in the order in which they come."""
    return sorted((_next(yearly, on, days) for yearly in CALENDAR), key=lambda one: (one.days, one.last))


def near(on: date, days: Days) -> Coming | None:
    """The occasion that the first page is for now: one with days of its own before one whose days are announced."""
    found = [one for one in ahead(on, days) if one.near]
    return min(found, key=lambda one: (one.announced, one.days, one.last), default=None)


def _next(yearly: Yearly, on: date, days: Days) -> Coming:
    year = on.year if date(on.year, *yearly.last) >= on else on.year + 1
    said = days.get(yearly.code, {})
    if year in said and said[year][1] < on:
        year += 1
    first, last = said.get(year, (date(year, *yearly.first), date(year, *yearly.last)))
    return Coming(yearly.code, first, last, max(0, (first - on).days), yearly.announced and year not in said)


@dataclass(frozen=True)
class Mark:
    """A word or dot on the dial, in its coordinates."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Span:
    """An occasion of several days: an arc from `start` degrees, `days` long."""

    start: float
    days: int


@dataclass(frozen=True)
class Dial:
    """The year as a ring with a tick for each day; angles are degrees clockwise from 1 January at the top."""

    days: int
    day: int
    angle: float
    months: Sequence[Mark]
    month_days: Sequence[int]
    dots: Sequence[Mark]
    spans: Sequence[Span]


def dial(on: date, known_days: Days) -> Dial:
    """The dial for one day."""
    days = 366 if isleap(on.year) else 365
    months = [_mark(str(month), date(on.year, month, 1), days, MONTH_RADIUS) for month in range(1, 13)]
    told = [(code, *said[on.year]) for code, said in known_days.items() if on.year in said]
    shown = [(one.code, date(on.year, *one.first), date(on.year, *one.last)) for one in FIXED] + told
    return Dial(
        days=days,
        day=on.timetuple().tm_yday,
        angle=round(_angle(on, days), 2),
        months=months,
        month_days=[monthrange(on.year, month)[1] for month in range(1, 13)],
        dots=[_mark(code, first, days, DOT_RADIUS) for code, first, last in shown if first == last],
        spans=[_span(first, last, days) for _, first, last in shown if first != last],
    )


def _angle(day: date, days: int) -> float:
    return (day.timetuple().tm_yday - 1) * 360 / days


def _mark(text: str, day: date, days: int, radius: int) -> Mark:
    angle = math.radians(_angle(day, days))
    return Mark(text, round(CENTRE + radius * math.sin(angle), 1), round(CENTRE - radius * math.cos(angle), 1))


def _span(first: date, last: date, days: int) -> Span:
    return Span(round(_angle(first, days), 2), (last - first).days + 1)
