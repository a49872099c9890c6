"""The map: a graticule with what lies in each cell, from the world down to a town, and the resources there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from flask import render_template
from flask.typing import ResponseReturnValue

from federation import catalogue
from federation.atlas import grid, names, reading
from federation.atlas.grid import Cell, View
from federation.atlas.names import Name
from federation.atlas.reading import Cluster, Places
from federation.database import db
from federation.language import request_language
from federation.web.portal import paging
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import remembered
from federation.web.portal.pictures import pictures_of
from shared.errors import NotFound

MOST_LISTED = 60
"""Cells in the list beside the map."""
BELOW, ABOVE = -1, 1
"""Where a name stands, in rows of cells northwards of its mark."""
NAMED_APART = 3
"""Cells between two names in a row, so that one does not cover the other."""
WIDEST_NAME = 13
"""Latin letters that a name has room for; a Chinese character takes that of two."""
BRACKETED = re.compile(r"[（(][^）)]*[）)]")
SMALLEST, LARGEST, FULL = 2.4, 4.2, 200
"""Radii of marks in per cent of the map's size, the largest from so many resources on."""


@dataclass(frozen=True)
class Mark:
    """What lies in a cell, as the map shows it: where, how large, and with a name where there is room for one."""

    cluster: Cluster
    x: float
    y: float
    radius: float
    name: str
    above: bool


@dataclass(frozen=True)
class Line:
    """A line of the graticule in per cent of the map, with its degrees where they are written."""

    at: float
    degrees: float
    written: bool


@dataclass(frozen=True)
class Sheet:
    """One map: its lines, its marks, and the list of what they stand for."""

    view: View
    parallels: Sequence[Line]
    meridians: Sequence[Line]
    marks: Sequence[Mark]
    clusters: Sequence[Cluster]
    names: Sequence[Name]
    places: Places
    """Those of the cell in its middle."""


def latitude(degrees: float) -> str:
    """A parallel as it is written on maps: `34.5°N`."""
    return f"{abs(degrees):g}°{'N' if degrees > 0 else 'S' if degrees < 0 else ''}"


def longitude(degrees: float) -> str:
    """A meridian as it is written on maps: `108.9°E`; the one opposite to Greenwich is neither east nor west."""
    return f"{abs(degrees):g}°{'' if degrees in (0, 180, -180) else 'E' if degrees > 0 else 'W'}"


DEGREES = {"latitude": latitude, "longitude": longitude}


@portal.get("/map")
def world() -> ResponseReturnValue:
    """The whole world."""
    return render_template("portal/map.html", sheet=_sheet(grid.WORLD), cell=None, located=_located(), **DEGREES)


@portal.get("/map/<int(max=5):level>/<int(max=1799):row>/<int(max=3599):column>")
def map_cell(level: int, row: int, column: int) -> ResponseReturnValue:
    """One cell with what lies around it, and the resources that lie in it."""
    cell = Cell(level, row, column)
    if not cell.exists:
        raise NotFound()
    session = db.session()
    page = paging.asked(remembered().read(session, cell, lambda: reading.count(session, cell)))
    ids = reading.within(session, cell, limit=page.size, offset=page.offset)
    found = catalogue.by_ids(session, ids)
    entries = [found[one] for one in ids if one in found]
    return render_template(
        "portal/map.html",
        sheet=_sheet(grid.around(cell)),
        cell=cell,
        paging=page,
        entries=entries,
        pictures=pictures_of(entries),
        located=_located(),
        **DEGREES,
    )


def of_the_world() -> Sequence[Cluster]:
    """What lies where, the cells with most resources first."""
    return _clusters(grid.WORLD)


def _clusters(view: View) -> Sequence[Cluster]:
    session = db.session()
    return remembered().read(session, view, lambda: reading.clusters(session, view))


def _located() -> int:
    session = db.session()
    return remembered().read(session, "located", lambda: reading.located(session))


def _sheet(view: View) -> Sheet:
    clusters = _clusters(view)
    marks, listed = _marks(view, clusters), clusters[:MOST_LISTED]
    return Sheet(view, _parallels(view), _meridians(view), marks, listed, names.within(view), _places(view, clusters))


def _places(view: View, clusters: Sequence[Cluster]) -> Places:
    """The places of the cell in the middle of a map."""
    inside = [cluster for cluster in clusters if view.middle is not None and view.middle.contains(cluster.cell)]
    further = sum(cluster.places.count - len(cluster.places.first) for cluster in inside)
    return reading.together((place for cluster in inside for place in cluster.places.first), further)


def _parallels(view: View) -> list[Line]:
    degrees = [view.south + step * view.height / view.down for step in range(view.down + 1)]
    return [Line(view.y(one), one, place % 2 == 0 and 0 < place < view.down) for place, one in enumerate(degrees)]


def _meridians(view: View) -> list[Line]:
    degrees = [view.west + step * view.width / view.across for step in range(view.across + 1)]
    return [Line(view.x(one), one, place % 3 == 0 and 0 < place < view.across) for place, one in enumerate(degrees)]


def _marks(view: View, clusters: Sequence[Cluster]) -> list[Mark]:
    """The marks, those with most resources last, so that they lie on top; these get their names first.

    A name stands below its mark, or above where another mark is below; where both are taken there is none.
    """
    taken = {cluster.cell for cluster in clusters}
    named: list[Cell] = []
    marks = []
    for cluster in clusters:
        here = cluster.cell
        room = not any(one.row == here.row and abs(one.column - here.column) < NAMED_APART for one in named)
        side = next((side for side in (BELOW, ABOVE) if not _beside(here, side) & taken), 0) if room else 0
        if side:
            named.append(here)
        marks.append(_mark(view, cluster, _name(cluster) if side else "", side))
    return marks[::-1]


def _beside(cell: Cell, rows: int) -> set[Cell]:
    return {Cell(cell.level, cell.row + rows, cell.column + columns) for columns in (-1, 0, 1)}


def _mark(view: View, cluster: Cluster, name: str, side: int) -> Mark:
    """A mark at the middle of what it stands for, but not so near to the edge of its cell that two touch."""
    cell, margin = cluster.cell, cluster.cell.degrees / 4
    longitude = min(max(cluster.longitude, cell.west + margin), cell.west + cell.degrees - margin)
    latitude = min(max(cluster.latitude, cell.south + margin), cell.south + cell.degrees - margin)
    share = min(1.0, cluster.resources / FULL) ** 0.5
    radius = round(SMALLEST + (LARGEST - SMALLEST) * share, 2)
    return Mark(cluster, view.x(longitude), view.y(latitude), radius, name, side == ABOVE)


def _name(cluster: Cluster) -> str:
    """What a mark is called, without what stands in brackets, and cut where it is wider than there is room."""
    name = BRACKETED.sub("", cluster.places.first[0].name(request_language())).strip()
    kept = [place for place in range(len(name)) if sum(map(_wide, name[: place + 1])) <= WIDEST_NAME]
    return name if len(kept) == len(name) else f"{name[: len(kept) - 1]}…"


def _wide(sign: str) -> int:
    return 2 if east_asian_width(sign) in "WF" else 1
