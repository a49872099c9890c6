"""The graticule: cells of latitude and longitude in six sizes, one within the other, and what a map shows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.bearings import CELLS, COLUMNS, ROWS

SIZES = (300, 100, 50, 10, 5, 1)
"""Sides of a cell at each level, in smallest cells (tenths of a degree); each divides the one before."""
ACROSS, DOWN = 12, 8
"""Cells that a map shows, of the level after that of the cell in its middle."""
WORLD_DOWN = 180 * CELLS // SIZES[0]


@dataclass(frozen=True)
class Place:
    """Where a cell of one level begins; rows are counted from the south pole, columns from 180° west."""

    level: int
    row: int
    column: int

    @property
    def side(self) -> int:
        """The side of a cell of this level in smallest cells."""
        return SIZES[self.level]

    @property
    def south(self) -> float:
        """The latitude of the southern edge in degrees."""
        return (self.row * self.side - 90 * CELLS) / CELLS

    @property
    def west(self) -> float:
        """The longitude of the western edge in degrees."""
        return (self.column * self.side - 180 * CELLS) / CELLS


@dataclass(frozen=True)
class Cell(Place):
    """A cell of one level."""

    @property
    def degrees(self) -> float:
        """Its side in degrees."""
        return self.side / CELLS

    @property
    def rows(self) -> tuple[int, int]:
        """Its first and last row of smallest cells."""
        return self.row * self.side, (self.row + 1) * self.side - 1

    @property
    def columns(self) -> tuple[int, int]:
        """Its first and last column of smallest cells."""
        return self.column * self.side, (self.column + 1) * self.side - 1

    @property
    def exists(self) -> bool:
        """Whether it is on the globe."""
        return self.row < ROWS // self.side and self.column < COLUMNS // self.side

    def contains(self, other: Cell) -> bool:
        """Whether another cell, of this level or a later one, lies in this one."""
        parts = self.side // other.side
        return (other.row // parts, other.column // parts) == (self.row, self.column)

    def wider(self) -> Cell | None:
        """The cell of the level before that it lies in; None when the world comes next."""
        if self.level == 0:
            return None
        parts = SIZES[self.level - 1] // self.side
        return Cell(self.level - 1, self.row // parts, self.column // parts)

    def beside(self, rows: int, columns: int) -> Cell | None:
        """The cell so many rows north and columns east, round the globe; None beyond a pole."""
        row, count = self.row + rows, COLUMNS // self.side
        return Cell(self.level, row, (self.column + columns) % count) if 0 <= row < ROWS // self.side else None


@dataclass(frozen=True)
class View(Place):
    """What a map shows: `down` rows and `across` columns of cells of one level, from the southwestern one on."""

    down: int
    across: int
    middle: Cell | None

    @property
    def height(self) -> float:
        """Degrees of latitude that it shows."""
        return self.down * self.side / CELLS

    @property
    def width(self) -> float:
        """Degrees of longitude that it shows."""
        return self.across * self.side / CELLS

    def x(self, longitude: float) -> float:
        """How far from its left edge a longitude is, in per cent of its width."""
        return round((longitude - self.west) / self.width * 100, 2)

    def y(self, latitude: float) -> float:
        """How far from its upper edge a latitude is, in per cent of its height."""
        return round(100 - (latitude - self.south) / self.height * 100, 2)

    def cells(self) -> Iterator[Cell]:
        """Its cells, row by row from the south."""
        for row in range(self.row, self.row + self.down):
            for column in range(self.column, self.column + self.across):
                yield Cell(self.level, row, column)


def holding(row: int, column: int, level: int) -> Cell:
    """The cell of a level that holds a smallest cell."""
    return Cell(level, row // SIZES[level], column // SIZES[level])


WORLD = View(0, 0, 0, WORLD_DOWN, ACROSS, None)


def around(cell: Cell) -> View:
    """The map with a cell in its middle, in smaller cells where there are; it ends where the world does."""
    level = min(cell.level + 1, len(SIZES) - 1)
    parts = cell.side // SIZES[level]
    row = cell.row * parts + parts // 2 - DOWN // 2
    column = cell.column * parts + parts // 2 - ACROSS // 2
    most_rows, most_columns = ROWS // SIZES[level] - DOWN, COLUMNS // SIZES[level] - ACROSS
    return View(level, max(0, min(row, most_rows)), max(0, min(column, most_columns)), DOWN, ACROSS, cell)
