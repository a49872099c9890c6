"""Reading the map: what lies in each cell of a view, and which resources lie in one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, func, literal_column, select
from sqlalchemy.orm import Session

from federation.atlas.grid import Cell, View
from federation.models.bearings import Bearing


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
class Cluster:
    """What lies in one cell: how many resources, their middle in degrees, their places, the most frequent first."""

    cell: Cell
    resources: int
    latitude: float
    longitude: float
    places: Sequence[Place]


def located(session: Session) -> int:
    """How many public resources have coordinates."""
    counted = select(func.count()).select_from(Bearing).where(Bearing.cell_row.is_not(None))
    return session.scalar(counted) or 0


def clusters(session: Session, view: View) -> list[Cluster]:
    """What a view shows, the cells with most resources first; one query."""
    # The number stands in the statement, or PostgreSQL would take what is selected and grouped by for two things.
    side = literal_column(str(view.side), Integer)
    row, column = Bearing.cell_row // side, Bearing.cell_column // side
    rows = (view.row * view.side, (view.row + view.down) * view.side - 1)
    columns = (view.column * view.side, (view.column + view.across) * view.side - 1)
    grouped = (row, column, Bearing.place_zh, Bearing.place_en)
    counted = select(*grouped, func.count(), func.avg(Bearing.latitude), func.avg(Bearing.longitude))
    found: dict[Cell, list[tuple[Place, float, float]]] = {}
    for at_row, at_column, zh, en, count, latitude, longitude in session.execute(
        counted.where(*_inside(rows, columns)).group_by(*grouped)
    ):
        cell = Cell(view.level, int(at_row), int(at_column))
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
    places = sorted((place for place, _, _ in parts), key=lambda place: (-place.resources, place.zh))
    return Cluster(cell, total, latitude, longitude, places)
