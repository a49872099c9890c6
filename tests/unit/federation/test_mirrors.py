"""What mirrors are told of files that may not be had yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from federation import catalogue, days, mirrors, publication, scheduling, sequences
from federation.models.objects import StoredObject
from federation.models.resources import ResourceVersion
from tests.support.publishing import file_entry
from tests.support.reviewing import Scene, public, scene_in, store_object

NOON = datetime(2026, 5, 10, 4, tzinfo=UTC)
OPENS = "2026-05-20"
PDF = b"%PDF-1.7 later"


class Clock:
    """Which moment it is, for the calendar and for the feed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(days, "today", lambda: self.now.astimezone(days.ZONE).date())
        monkeypatch.setattr(sequences, "moment", lambda _session: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def embargoed(scene: Scene) -> ResourceVersion:
    entry = file_entry(PDF, name="later.pdf")
    store_object(scene.session, entry["sha256"], len(PDF), "application/pdf")
    return public(scene.session, scene.member, files=[entry], embargo_until=OPENS)


@pytest.mark.parametrize(("flaw", "there"), [({"malware": "Eicar"}, False), ({"damaged_at": NOON}, True)])
def test_an_infected_file_is_not_mirrored_and_a_damaged_one_not_called_gone(
    scene: Scene, clock: Clock, flaw: dict[str, object], there: bool
) -> None:
    clock.now = datetime(2026, 6, 1, tzinfo=UTC)
    version = embargoed(scene)
    scene.session.execute(update(StoredObject).values(**flaw))
    found = mirrors.standing(scene.session, first=1, last=100, today=days.today())
    assert [one.piece.name for one in found] == ["", "later.pdf"][: 1 + there]
    assert version.opens_on is None


def told(scene: Scene, after: int = 0) -> list[tuple[str, str]]:
    """The changes of the feed's entries after a number: what happened to which piece."""
    last = catalogue.position(scene.session)
    return [(one.kind, one.piece.name) for one in mirrors.changes(scene.session, first=after + 1, last=last)]


def test_who_follows_the_changes_learns_of_files_on_the_day_they_open(scene: Scene, clock: Clock) -> None:
    version = embargoed(scene)
    assert told(scene) == [(mirrors.CREATED, "")]
    seen = catalogue.position(scene.session)
    clock.now = datetime(2026, 5, 19, 15, 59, tzinfo=UTC)
    assert scheduling.open_due(scene.session) == 0
    clock.now += timedelta(minutes=1)
    assert [scheduling.open_due(scene.session), scheduling.open_due(scene.session)] == [1, 0]
    assert (version.state, version.opens_on) == ("published", None)
    assert told(scene, after=seen) == [(mirrors.CREATED, "later.pdf")]
    assert told(scene) == [(mirrors.CREATED, ""), (mirrors.CREATED, "later.pdf")], "the first stays as it was"
    [change] = mirrors.changes(scene.session, first=seen + 1, last=seen + 1)
    assert change.at == clock.now


def test_files_of_what_is_gone_by_then_are_told_of_to_nobody(scene: Scene, clock: Clock) -> None:
    version = embargoed(scene)
    publication.remove(scene.session, [version], to="taken_down", actor="test", reason="有误")
    clock.now = datetime(2026, 5, 20, 4, tzinfo=UTC)
    assert scheduling.open_due(scene.session) == 0
    publication.put_back(scene.session, [version], actor="test", reason="查清")
    assert told(scene)[-2:] == [(mirrors.CREATED, ""), (mirrors.CREATED, "later.pdf")]
    assert version.opens_on is None
