"""The timeline: dynasties on a true scale beside their list, centuries as columns, and the resources of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from federation import catalogue, days
from federation.database import db
from federation.timeline import bands, reading
from federation.timeline.bands import Band
from federation.timeline.reading import Spans
from federation.web.portal import paging
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import remembered
from federation.web.portal.pictures import pictures_of
from federation.web.wording import about, year_span
from shared.errors import NotFound

ROW, WIDTH = 56, 136
"""Height of a row beside the scale, and width of the scale, in its units: sixteen are a `rem` of the page."""
LANES, LANE, TURN = 68, 7, 114
"""Where the bars of the periods begin, how far apart they stand where periods lie side by side, and where the lines
to the rows turn level."""
TOP, FIRST_CENTURY = -2199, -19
"""Where the scale and the columns of centuries begin: what is earlier is all prehistory."""


@dataclass(frozen=True)
class Counted:
    """A band with the number of its resources; `share` is of the largest number in the same list."""

    band: Band
    count: int
    share: float


@dataclass(frozen=True)
class Bar:
    """A period on the scale: its place and height, and where the line to its row ends."""

    counted: Counted
    x: int
    y: float
    height: float
    row: int


@dataclass(frozen=True)
class Tick:
    """A line of the scale; a long one has its year, negative before our era, and 0 for where that begins."""

    y: float
    length: int
    year: int | None


@dataclass(frozen=True)
class Scale:
    """The drawing beside the list of periods, in its own units."""

    width: int
    height: int
    turn: int
    ticks: Sequence[Tick]
    bars: Sequence[Bar]


@portal.get("/timeline")
def timeline() -> ResponseReturnValue:
    """All bands with the numbers of their resources."""
    spans, periods = _spans(), counted_periods()
    return render_template(
        "portal/timeline.html",
        scale=_scale(periods),
        periods=periods,
        centuries=_centuries(spans),
        dated=spans.total,
        years_of=_years_of,
    )


@portal.get("/timeline/<code>")
def timeline_band(code: str) -> ResponseReturnValue:
    """The resources of one dynasty, century or decade, those that are most about it first."""
    band = bands.find(code)
    if band is None:
        raise NotFound()
    spans, session = _spans(), db.session()
    page = paging.asked(reading.count(spans, band))
    now = days.today().year
    ids = remembered().read(
        session,
        (band.code, page.page, now),
        lambda: reading.within(session, band, now=now, limit=page.size, offset=page.offset),
    )
    found = catalogue.by_ids(session, ids)
    entries = [found[one] for one in ids if one in found]
    before, after = _neighbours(spans, band)
    return render_template(
        "portal/timeline_band.html",
        band=band,
        paging=page,
        entries=entries,
        pictures=pictures_of(entries),
        parts=[one for one in _counted(spans, bands.decades(band)) if one.count],
        before=before,
        after=after,
        years_of=_years_of,
    )


def counted_periods() -> list[Counted]:
    """The periods of Chinese history with the numbers of their resources."""
    return _counted(_spans(), bands.dynasties())


def counted_bands() -> tuple[list[Counted], list[Counted]]:
    """The periods, and the centuries of the scale, with the numbers of their resources."""
    return counted_periods(), _centuries(_spans())


def _spans() -> Spans:
    session = db.session()
    now = days.today().year
    return remembered().read(session, ("spans", now), lambda: reading.spans(session, now=now))


def _counted(spans: Spans, listed: Sequence[Band]) -> list[Counted]:
    numbers = [reading.count(spans, band) for band in listed]
    largest = max(numbers, default=0) or 1
    return [Counted(band, number, number / largest) for band, number in zip(listed, numbers, strict=True)]


def _centuries(spans: Spans) -> list[Counted]:
    """The centuries of the scale, those without resources too."""
    now = bands.century_of(days.today().year)
    return _counted(spans, [bands.century(number) for number in range(FIRST_CENTURY, now + 1)])


def _years_of(band: Band) -> str:
    """The years of a band for people."""
    years = year_span(band.since, band.until)
    return about(years) if band.about and band.since is not None else years


def _neighbours(spans: Spans, band: Band) -> tuple[Band | None, Band | None]:
    """The bands of the same kind before and after one, that have resources."""
    if band.kind == bands.DYNASTY:
        listed = list(bands.dynasties())
    elif band.kind == bands.CENTURY:
        listed = [one.band for one in _centuries(spans)]
    else:
        listed = list(bands.decades(bands.century(bands.century_of(band.first + 1))))
    here = next((place for place, one in enumerate(listed) if one.code == band.code), None)
    if here is None:
        return None, None
    full = [one if reading.count(spans, one) else None for one in listed]
    return next(filter(None, reversed(full[:here])), None), next(filter(None, full[here + 1 :]), None)


def _scale(periods: Sequence[Counted]) -> Scale:
    height, end = ROW * len(periods), days.today().year
    lanes: list[int] = []
    bars = []
    for row, one in enumerate(periods):
        since, until = max(TOP, one.band.first), end if one.band.until is None else one.band.until
        lane = next((place for place, taken in enumerate(lanes) if taken <= since), len(lanes))
        lanes[lane : lane + 1] = [until]
        top, bottom = _y(since, height, end), _y(until, height, end)
        bars.append(Bar(one, LANES + lane * LANE, top, round(bottom - top, 1), row * ROW + ROW // 2))
    ticks = [_tick(number, height, end) for number in range(-21, end // 100 + 1)]
    return Scale(WIDTH, height, TURN, ticks, bars)


def _tick(hundred: int, height: int, end: int) -> Tick:
    """The line of so many hundred years of our era, or before it when negative: that counts from 1 BC, not from 0."""
    length = 16 if hundred % 10 == 0 else 11 if hundred % 5 == 0 else 6
    return Tick(_y(hundred * 100 + (hundred < 0), height, end), length, hundred * 100 if length == 16 else None)


def _y(year: int, height: int, end: int) -> float:
    return round((year - TOP) / (end - TOP) * height, 1)
