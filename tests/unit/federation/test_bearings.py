"""Years, places and relations of what is public: there as long as it is, and those of its latest version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import select

from federation import bearings, publication, schema
from federation.models.bearings import Bearing, Pointer
from tests.support.hub import Hub, Member, rows
from tests.support.publishing import publish
from tests.support.records import make_record
from tests.support.reviewing import Scene, public, scene_in

OTHER = make_record()["id"]
XIN = {"name": {"zh": "新"}, "from": 9, "until": 23}
DENGFENG = {"name": {"zh": "登封", "en": "Dengfeng"}, "latitude": 34.4, "longitude": 113.14}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def standing(scene: Scene) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    places = select(Bearing.since, Bearing.until, Bearing.place_zh, Bearing.cell_row, Bearing.cell_column)
    pointers = select(Pointer.type, Pointer.target_id).order_by(Pointer.position)
    return [tuple(row) for row in scene.session.execute(places)], [
        tuple(row) for row in scene.session.execute(pointers)
    ]


def test_they_are_those_of_the_public_version_and_go_with_it(scene: Scene) -> None:
    pointing = [{"type": "references", "target": OTHER}]
    first = public(scene.session, scene.member, coverage={"period": XIN}, relations=pointing)
    assert standing(scene) == ([(9, 23, "", None, None)], [("references", OTHER)])
    second = public(scene.session, scene.member, id=first.resource_id, version=2, coverage={"place": DENGFENG})
    assert standing(scene) == ([(None, None, "登封", 1244, 2931)], [])
    publication.remove(scene.session, [second], to="taken_down", actor="test", reason="x")
    assert standing(scene) == ([], [])
    publication.put_back(scene.session, [second], actor="test", reason="x")
    assert standing(scene) == ([(None, None, "登封", 1244, 2931)], [])


def test_what_waits_for_review_has_none(scene: Scene) -> None:
    scene.member.submit(coverage={"period": XIN})
    assert standing(scene) == ([], [])


@pytest.mark.parametrize(
    ("period", "years"),
    [({"from": -220}, (-220, 9999)), ({"until": 1911}, (-9999, 1911)), ({"from": 1, "until": 2}, (1, 2)), ({}, None)],
)
def test_a_period_is_open_where_no_year_is_given(period: dict[str, int], years: tuple[int, int] | None) -> None:
    row = bearings.of(OTHER, {"coverage": {"period": {"name": {"zh": "某时"}, **period}}})
    assert (row and (row["since"], row["until"])) == years


def test_a_place_without_coordinates_is_on_no_map() -> None:
    assert bearings.of(OTHER, {"coverage": {"place": {"name": {"zh": "某地"}}}}) is None
    assert bearings.of(OTHER, {}) is None


@pytest.mark.parametrize(
    ("latitude", "longitude", "cell"),
    [
        (-90, -180, (0, 0)),
        (90, 180, (1799, 0)),
        (0, 0, (900, 1800)),
        (-0.05, 179.99, (899, 3599)),
        (34.4, 113.14, (1244, 2931)),
    ],
)
def test_every_point_of_the_globe_has_its_cell(latitude: float, longitude: float, cell: tuple[int, int]) -> None:
    assert bearings.cell(latitude, longitude) == cell


def test_the_migration_makes_what_publication_has_made(hub: Hub, member: Member) -> None:
    pointing = [{"type": kind, "target": OTHER} for kind in ("references", "is-part-of")]
    publish(hub, member, make_record(coverage={"period": XIN, "place": DENGFENG}), indexed=False)
    publish(hub, member, make_record(coverage={"period": {"name": {"zh": "今"}, "from": 1949}}), indexed=False)
    publish(hub, member, make_record(relations=pointing), indexed=False)
    before, config = rows(hub), schema._config()
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    [before_it] = [str(script.down_revision) for script in scripts if "0022_bearings" in script.path]
    with hub.app.app_context():
        command.downgrade(config, before_it)
    schema.upgrade(hub.app)
    after = rows(hub)
    for table in ("bearings", "pointers"):
        assert after[table] == before[table]
        assert len(after[table]) == 2
