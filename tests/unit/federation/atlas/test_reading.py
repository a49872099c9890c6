"""Reading the map: every resource with coordinates is in one cell of each size, and is found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from federation.atlas import grid, reading
from federation.atlas.grid import SIZES, Cell
from tests.support.reviewing import add_member, database, public

PLACES = [
    ("西安", 34.27, 108.95),
    ("西安", 34.21, 108.91),
    ("咸阳", 34.33, 108.71),
    ("巴黎", 48.86, 2.35),
    ("南极", -90, 180),
]


def test_clusters_of_every_size_have_all_that_lies_in_their_cells(tmp_path: Path) -> None:
    with database(tmp_path) as session:
        member = add_member(session, "nim")
        for name, latitude, longitude in PLACES:
            place = {"name": {"zh": name}, "latitude": latitude, "longitude": longitude}
            public(session, member, coverage={"place": place})
        public(session, member, coverage={"place": {"name": {"zh": "某地"}}})
        assert reading.located(session) == len(PLACES)
        world = reading.clusters(session, grid.WORLD)
        assert [cluster.resources for cluster in world] == [3, 1, 1]
        assert [(place.zh, place.en, place.resources) for place in world[0].places.first] == [
            ("西安", "西安", 2),
            ("咸阳", "咸阳", 1),
        ]
        assert (world[0].latitude, world[0].longitude) == pytest.approx((34.27, 108.8567), abs=0.001)
        for level in range(len(SIZES)):
            cell = Cell(level, 1242 // SIZES[level], 2889 // SIZES[level])
            view = grid.around(cell)
            inside = [one for one in reading.clusters(session, view) if cell.contains(one.cell)]
            ids = reading.within(session, cell, limit=10, offset=0)
            assert len(set(ids)) == reading.count(session, cell) == sum(one.resources for one in inside) > 0
            assert all(grid.Cell(view.level, one.cell.row, one.cell.column) in set(view.cells()) for one in inside)
