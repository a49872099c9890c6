"""The graticule: cells lie one within the other, and each map shows the whole of the cell in its middle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from federation.atlas import grid, names
from federation.atlas.grid import SIZES, Cell
from federation.bearings import COLUMNS, ROWS


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    level = draw(st.integers(0, len(SIZES) - 1))
    row = draw(st.integers(0, ROWS // SIZES[level] - 1))
    return Cell(level, row, draw(st.integers(0, COLUMNS // SIZES[level] - 1)))


@given(cells())
def test_a_map_shows_the_whole_of_its_cell_and_stays_on_the_globe(cell: Cell) -> None:
    view = grid.around(cell)
    for length, places, first, count in (
        (ROWS, cell.rows, view.row, view.down),
        (COLUMNS, cell.columns, view.column, view.across),
    ):
        assert 0 <= first * view.side <= places[0]
        assert places[1] < (first + count) * view.side <= length
    assert all(0 <= position <= 100 for position in (view.x(cell.west), view.y(cell.south)))
    inside = [one for one in view.cells() if one.level == view.level and cell.contains(one)]
    assert len(inside) == (cell.side // view.side) ** 2


@given(cells())
def test_each_cell_lies_in_a_wider_one_up_to_the_world(cell: Cell) -> None:
    wider = cell.wider()
    assert (wider is None) == (cell.level == 0)
    if wider is not None:
        assert wider.contains(cell)
        assert wider.exists


@given(cells())
def test_east_goes_round_the_globe_and_north_ends_at_the_pole(cell: Cell) -> None:
    count = COLUMNS // cell.side
    east = cell
    for _ in range(4):
        east = Cell(cell.level, cell.row, (east.column + count // 4) % count) if count % 4 == 0 else cell
    assert east == cell
    assert cell.beside(0, count) == cell
    assert cell.beside(ROWS, 0) is None
    assert cell.beside(-ROWS, 0) is None


def test_a_cell_beyond_the_globe_is_none() -> None:
    assert Cell(0, 5, 11).exists
    assert not Cell(0, 6, 0).exists
    assert not Cell(0, 0, 12).exists


def test_the_world_names_all_continents_and_a_town_none() -> None:
    assert len(names.within(grid.WORLD)) == len(names.NAMES)
    assert names.within(grid.around(Cell(5, 1244, 2931))) == []
    assert [one.zh for one in names.within(grid.around(Cell(0, 4, 9)))] == ["亚洲"]
