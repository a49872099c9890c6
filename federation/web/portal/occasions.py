"""The year as a scale: which occasion is near today, and the dial on the first page that shows it."""

from __future__ import annotations

import math
from calendar import isleap, monthrange
from collections.abc import Sequence
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


def coming(on: date) -> Coming:
    """The occasion with days of its own that is on, or else the next one."""
    return min((_next(yearly, on) for yearly in FIXED), key=lambda one: (one.days, one.last))


def ahead(on: date) -> list[Coming]:
    """The next time of every occasion, in the order in which they come."""
    return sorted((_next(yearly, on) for yearly in CALENDAR), key=lambda one: (one.days, one.last))


def near(on: date) -> Coming | None:
    """The occasion that the first page is for now: one with days of its own before one whose days are announced."""
    found = [one for one in ahead(on) if one.near]
    return min(found, key=lambda one: (one.announced, one.days, one.last), default=None)


def _next(yearly: Yearly, on: date) -> Coming:
    year = on.year if date(on.year, *yearly.last) >= on else on.year + 1
    first, last = date(year, *yearly.first), date(year, *yearly.last)
    return Coming(yearly.code, first, last, max(0, (first - on).days), yearly.announced)


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


def dial(on: date) -> Dial:
    """The dial for one day."""
    days = 366 if isleap(on.year) else 365
    months = [_mark(str(month), date(on.year, month, 1), days, MONTH_RADIUS) for month in range(1, 13)]
    single = [yearly for yearly in FIXED if yearly.first == yearly.last]
    longer = [yearly for yearly in FIXED if yearly.first != yearly.last]
    return Dial(
        days=days,
        day=on.timetuple().tm_yday,
        angle=round(_angle(on, days), 2),
        months=months,
        month_days=[monthrange(on.year, month)[1] for month in range(1, 13)],
        dots=[_mark(yearly.code, date(on.year, *yearly.first), days, DOT_RADIUS) for yearly in single],
        spans=[_span(yearly, on.year, days) for yearly in longer],
    )


def _angle(day: date, days: int) -> float:
    return (day.timetuple().tm_yday - 1) * 360 / days


def _mark(text: str, day: date, days: int, radius: int) -> Mark:
    angle = math.radians(_angle(day, days))
    return Mark(text, round(CENTRE + radius * math.sin(angle), 1), round(CENTRE - radius * math.cos(angle), 1))


def _span(yearly: Yearly, year: int, days: int) -> Span:
    first, last = date(year, *yearly.first), date(year, *yearly.last)
    return Span(round(_angle(first, days), 2), (last - first).days + 1)
