"""Rows that go in together, past the unit of work: they must be what it would have written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from federation.models.base import insert_rows
from federation.models.events import FeedEntry, NodeEvent
from shared.identifiers import fresh_id
from tests.support.reviewing import Scene, scene_in

BEIJING = timezone(timedelta(hours=8))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def status(scene: Scene, number: int, **changed: Any) -> dict[str, Any]:
    """A row of `node_events` without the columns that have a default."""
    row = {"node_id": scene.member.node.id, "seq": number, "resource_id": fresh_id(), "version": 1}
    return {**row, "state": "received", "at": datetime(2026, 5, 20, 8, tzinfo=BEIJING), **changed}


def test_rows_are_as_the_unit_of_work_writes_them(scene: Scene) -> None:
    insert_rows(scene.session, NodeEvent, [status(scene, 901), status(scene, 902, state="in_review")])
    scene.session.add(NodeEvent(**status(scene, 903)))
    scene.session.flush()
    scene.session.expire_all()
    first, second, usual = scene.session.scalars(select(NodeEvent).where(NodeEvent.seq > 900).order_by(NodeEvent.seq))
    assert (first.state, second.state) == ("received", "in_review")
    assert first.at == second.at == usual.at == datetime(2026, 5, 20, tzinfo=UTC)
    assert (first.reason, first.ark, first.petition) == (usual.reason, usual.ark, usual.petition) == ("", "", "")


def test_neighbours_may_differ_in_any_column(scene: Scene) -> None:
    moments = [datetime(2026, 5, 20, hour, tzinfo=UTC) for hour in (1, 1, 2, 1)]
    insert_rows(scene.session, NodeEvent, [status(scene, 900 + n, at=at) for n, at in enumerate(moments)])
    found = scene.session.scalars(select(NodeEvent.at).where(NodeEvent.seq >= 900).order_by(NodeEvent.seq))
    assert list(found) == moments


def test_all_rows_go_in_with_one_statement(scene: Scene) -> None:
    sent = []
    event.listen(scene.session.get_bind(), "before_cursor_execute", lambda *seen: sent.append((seen[2], seen[5])))
    insert_rows(scene.session, NodeEvent, [status(scene, number) for number in range(900, 950)])
    insert_rows(scene.session, NodeEvent, [])
    [(statement, many)] = sent
    assert statement.startswith("INSERT INTO node_events")
    assert many


def test_a_moment_without_a_time_zone_is_refused(scene: Scene) -> None:
    with pytest.raises(ValueError, match="time zone"):
        insert_rows(scene.session, NodeEvent, [status(scene, 901, at=datetime(2026, 5, 20))])  # the fault


def test_what_only_a_function_could_fill_must_be_given(scene: Scene) -> None:
    with pytest.raises(ValueError, match=r"change_feed: rows must give \['at'\]"):
        insert_rows(scene.session, FeedEntry, [{"seq": 1, "resource_id": "x", "version_id": 1, "kind": "published"}])
