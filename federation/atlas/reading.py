"""Reading the map: what lies in each cell of a view, and which resources lie in one cell."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from federation.atlas.grid import Cell, View
from federation.models.bearings import Bearing

NAMED = 3
"""Places of a cell whose names are kept: cells are remembered, and a large one may have thousands."""


@dataclass(frozen=True)
class Place:
    """A name that records give to where they belong, with the number of those that do."""

    zh: str
    en: str
    resources: int

    def name(self, language: str) -> str:
        """The name in `language`."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True)
class Places:
    """Places by their names: how many, and the most frequent of them first, of which a few are kept."""

    count: int
    first: Sequence[Place]


@dataclass(frozen=True)
class Cluster:
    """What lies in one cell: how many resources, their middle in degrees, and their places."""

    cell: Cell
    resources: int
    latitude: float
    longitude: float
    places: Places


def located(session: Session) -> int:
    """How many public resources have coordinates."""
    counted = select(func.count()).select_from(Bearing).where(Bearing.cell_row.is_not(None))
    return session.scalar(counted) or 0


def clusters(session: Session, view: View) -> list[Cluster]:
    """What a view shows, the cells with most resources first; one query over an index, a row for each smallest cell.

    What lies in one smallest cell counts as one place, by one of the names that records give it.
    """
    rows = (view.row * view.side, (view.row + view.down) * view.side - 1)
    columns = (view.column * view.side, (view.column + view.across) * view.side - 1)
    means = (func.avg(Bearing.latitude), func.avg(Bearing.longitude))
    names = (func.min(Bearing.place_zh), func.min(Bearing.place_en))
    counted = select(Bearing.cell_row, Bearing.cell_column, func.count(), *means, *names).where(
        *_inside(rows, columns)
    )
    found: dict[Cell, list[tuple[Place, float, float]]] = {}
    for row, column, count, latitude, longitude, zh, en in session.execute(
        counted.group_by(Bearing.cell_row, Bearing.cell_column)
    ):
        cell = Cell(view.level, (row or 0) // view.side, (column or 0) // view.side)
        found.setdefault(cell, []).append((Place(zh, en, int(count)), float(latitude), float(longitude)))
    made = [_cluster(cell, parts) for cell, parts in found.items()]
    return sorted(made, key=lambda one: (-one.resources, -one.cell.row, one.cell.column))


def within(session: Session, cell: Cell, *, limit: int, offset: int) -> Sequence[str]:
    """The ids of the resources in a cell, those of one place together."""
    wanted = select(Bearing.resource_id).where(*_inside(cell.rows, cell.columns))
    ordered = wanted.order_by(Bearing.cell_row.desc(), Bearing.cell_column, Bearing.place_zh, Bearing.resource_id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def count(session: Session, cell: Cell) -> int:
    """How many resources lie in a cell."""
    inside = select(func.count()).select_from(Bearing).where(*_inside(cell.rows, cell.columns))
    return session.scalar(inside) or 0


def _inside(rows: tuple[int, int], columns: tuple[int, int]) -> tuple[ColumnElement[bool], ...]:
    return Bearing.cell_row.between(*rows), Bearing.cell_column.between(*columns)


def _cluster(cell: Cell, parts: Sequence[tuple[Place, float, float]]) -> Cluster:
    total = sum(place.resources for place, _, _ in parts)
    latitude = sum(place.resources * latitude for place, latitude, _ in parts) / total
    longitude = sum(place.resources * longitude for place, _, longitude in parts) / total
    return Cluster(cell, total, latitude, longitude, together(place for place, _, _ in parts))


def together(places: Iterable[Place], further: int = 0) -> Places:
    """Places by their names, and `further` ones that are not named: one that lies in several cells is one place."""
    tally: Tally[tuple[str, str]] = Tally()
    for place in places:
        tally[place.zh, place.en] += place.resources
    ordered = sorted(tally.items(), key=lambda one: (-one[1], one[0]))[:NAMED]
    return Places(len(tally) + further, [Place(zh, en, count) for (zh, en), count in ordered])
