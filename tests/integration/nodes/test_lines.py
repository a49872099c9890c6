"""Sending files as people order it, also while it goes on: turns, pauses, limits; and what is told of it is true."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from nodes import files, in_hand, line, putting, transfer
from nodes.files import FileSpec
from nodes.hub_client import HubClient
from nodes.ledger import Ledger
from nodes.limits import Window
from nodes.models import Line, LocalFile, Priority
from nodes.settings import NodeSettings
from nodes.transfer import Transferred
from nodes.workplace import Workplace, initialise
from shared.errors import HubAway
from tests.support.played_uploads import Part, PlayedUploads

FIRST, NORMAL, LAST = Priority


@pytest.fixture(autouse=True)
def _look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders are looked at before each part, however quickly these follow."""
    monkeypatch.setattr(in_hand, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(line, "LOOK_SECONDS", 0.0)


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    made = initialise(NodeSettings(data=str(tmp_path / "node"), attempts=3, timeout=5, upload_threads=1))
    yield made
    made.database.close()


@pytest.fixture
def played() -> Iterator[PlayedUploads]:
    with PlayedUploads() as server:
        yield server


class Desk:
    """A node's files, and a person who orders what is to become of them."""

    def __init__(self, workplace: Workplace, played: PlayedUploads, folder: Path) -> None:
        self.workplace, self.played, self._folder = workplace, played, folder

    def file(self, size: int, priority: Priority = NORMAL) -> str:
        """A registered file of so many new bytes."""
        path = self._folder / f"{size}-{os.urandom(4).hex()}.bin"
        path.write_bytes(os.urandom(size))
        prepared = files.prepare([FileSpec(path)])
        sha256 = str(prepared[0].entry["sha256"])
        with self.workplace.database.unit_of_work() as session:
            files.remember(session, prepared)
        self.prioritise(sha256, priority)
        return sha256

    def prioritise(self, sha256: str, priority: Priority) -> None:
        """Say when its turn is."""
        with self.workplace.database.unit_of_work() as session:
            line.prioritise(session, [sha256], priority)

    def pause(self, *digests: str, paused: bool = True) -> None:
        """Pause these files; without any, all."""
        with self.workplace.database.unit_of_work() as session:
            if digests:
                line.pause(session, digests, paused=paused)
            else:
                line.pause_all(session, paused=paused)

    def limit(self, *windows: Window) -> None:
        """Limit the sending."""
        with self.workplace.database.unit_of_work() as session:
            line.set_limits(session, windows)

    def send(self) -> Transferred:
        """Send what may be sent."""
        client = HubClient(self.played.origin, self.workplace.key, self.workplace.settings)
        done = transfer.send_files(self.workplace, client, sleep=lambda _seconds: None)
        client.session.close()
        return done

    def known(self, sha256: str) -> LocalFile:
        """What the node knows of a file."""
        with self.workplace.database.unit_of_work(read_only=True) as session:
            return session.get_one(LocalFile, sha256)

    def when(self, moment: Part, *actions: object) -> None:
        """Let something be done when a part arrives."""

        def at(part: Part) -> None:
            if part == moment:
                for action in actions:
                    action()  # type: ignore[operator]

        self.played.at_part = at


@pytest.fixture
def desk(workplace: Workplace, played: PlayedUploads, tmp_path: Path) -> Desk:
    return Desk(workplace, played, tmp_path)


def test_small_files_go_first_and_what_a_person_has_said_before_their_size(desk: Desk) -> None:
    late, large = desk.file(10, LAST), desk.file(300)
    small, urgent = desk.file(20), desk.file(500, FIRST)
    assert desk.send().sent == 4
    assert desk.played.arrived == [(one, 1) for one in (urgent, small, large, late)]


def test_a_file_that_is_made_urgent_in_the_middle_of_another_goes_before_the_rest_of_it(desk: Desk) -> None:
    small, large = desk.file(2500), desk.file(3500)
    desk.when((small, 2), lambda: desk.prioritise(large, FIRST))
    assert desk.send().sent == 2
    assert desk.played.arrived == [(small, 1), (small, 2), *((large, n) for n in (1, 2, 3, 4)), (small, 3)]


def test_an_urgent_file_that_was_not_offered_yet_is_offered_and_sent_at_the_next_part(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nodes.turns.AT_A_TIME", 1)
    small, large = desk.file(2500), desk.file(3500)
    desk.when((small, 1), lambda: desk.prioritise(large, FIRST))
    assert desk.send().sent == 2
    assert [sha256 for sha256, _ in desk.played.arrived] == [small, *[large] * 4, *[small] * 2]
    assert len(set(desk.played.arrived)) == len(desk.played.arrived), "nothing was sent twice"


def test_a_file_that_is_paused_stops_after_its_part_and_the_others_go_on(desk: Desk) -> None:
    paused, other = desk.file(2500), desk.file(2600)
    desk.when((paused, 1), lambda: desk.pause(paused))
    done = desk.send()
    assert (done.sent, done.paused, done.failed) == (1, 1, {})
    assert desk.played.arrived == [(paused, 1), *((other, n) for n in (1, 2, 3))]
    assert desk.known(paused).arrived == 1000, "what is there is told"
    desk.pause(paused, paused=False)
    assert desk.send().bytes_sent == 1500, "it goes on where it stopped"


def test_all_files_stop_at_a_word_and_go_on_at_another(desk: Desk) -> None:
    one, two = desk.file(2500), desk.file(2600)
    desk.when((one, 2), desk.pause)
    done = desk.send()
    assert (done.sent, done.paused, done.failed) == (0, 2, {})
    assert desk.played.arrived == [(one, 1), (one, 2)]
    assert desk.send().paused == 2
    desk.pause(paused=False)
    assert desk.send().sent == 2
    assert desk.played.arrived == [(one, 1), (one, 2), (one, 3), *((two, n) for n in (1, 2, 3))]


def test_in_a_window_without_sending_nothing_is_offered_and_nothing_is_a_failure(desk: Desk) -> None:
    desk.file(10)
    desk.limit(Window(0, 0, 0))
    done = desk.send()
    assert (done.sent, done.paused, done.failed, desk.played.offered) == (0, 1, {}, [])
    desk.limit()
    assert desk.send().sent == 1


def test_files_that_come_while_a_large_one_is_sent_do_not_wait_for_its_end(
    desk: Desk, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_hand, "IDLE_SECONDS", 0.0)
    desk.workplace = initialise(replace(workplace.settings, upload_threads=2))
    large = desk.file(9500)
    came: list[str] = []
    desk.when((large, 2), lambda: came.append(desk.file(10)))
    assert desk.send().sent == 2
    assert desk.played.arrived.index((came[0], 1)) < desk.played.arrived.index((large, 10))
    assert len(set(desk.played.arrived)) == len(desk.played.arrived), "nothing was sent twice"
    desk.workplace.database.close()


def test_a_hub_that_goes_away_in_the_middle_ends_the_run_and_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "COMPLETE_SECONDS", 0.0)
    small, large = desk.file(10), desk.file(9500)

    def complete(_upload_ids: list[str]) -> Any:
        raise ConnectionError("away")

    with monkeypatch.context() as patched:
        patched.setattr(desk.played, "_completed", complete)
        with pytest.raises(HubAway):
            desk.send()
    before = list(desk.played.arrived)
    assert desk.send().sent == 2
    assert desk.played.whole == [small, large]
    assert desk.played.arrived[: len(before)] == before
    assert len(set(desk.played.arrived)) == len(desk.played.arrived), "nothing was sent twice"


def test_a_part_that_fails_is_sent_again_alone_and_the_hub_is_not_asked_anew(desk: Desk) -> None:
    file = desk.file(3500)
    failures = [503, 502]
    desk.played.at_part = lambda part: failures.pop() if part == (file, 2) and failures else None
    assert desk.send().bytes_sent == 3500
    assert desk.played.arrived == [(file, n) for n in (1, 2, 3, 4)]
    assert len(desk.played.offered) == 1


def test_permissions_that_have_expired_are_asked_for_anew_and_nothing_is_sent_twice(desk: Desk) -> None:
    file = desk.file(3500)
    failures = [403, 403]
    desk.played.at_part = lambda part: failures.pop() if part[1] > 2 and failures else None
    assert desk.send().sent == 1
    assert desk.played.arrived == [(file, n) for n in (1, 2, 3, 4)]
    assert len(desk.played.offered) == 3


def test_one_file_that_never_gets_through_keeps_no_other_waiting(desk: Desk) -> None:
    bad, good = desk.file(10), [desk.file(size) for size in (20, 30)]
    desk.played.at_part = lambda part: 403 if part[0] == bad else None
    done = desk.send()
    assert (done.sent, list(done.failed)) == (2, [bad])
    assert desk.played.whole == good
    assert "HTTP 403" in desk.known(bad).problem


def test_a_file_that_changes_while_it_is_sent_is_noticed_before_its_next_part(desk: Desk) -> None:
    file = desk.file(2500)
    path = Path(desk.known(file).path)
    desk.when((file, 1), lambda: path.write_bytes(os.urandom(2500)))
    done = desk.send()
    assert list(done.failed) == [file]
    assert desk.played.arrived == [(file, 1)]


def test_a_file_that_cannot_be_read_any_more_is_no_fault_of_the_network(desk: Desk) -> None:
    class PulledOut(io.BytesIO):
        """A file on a stick that somebody has pulled out."""

        def read(self, _amount: int | None = -1) -> bytes:
            """Nothing."""
            raise OSError(errno.EIO, "Input/output error")

    class Stick:
        """Where that file lies."""

        def open(self, _mode: str) -> PulledOut:
            """The file."""
            return PulledOut()

    putter = putting.Putter(desk.workplace.settings, desk.played.origin, putting.Limiter(lambda: None))
    part = {"offset": 0, "size": 100, "url": f"{desk.played.origin}/parts/{'0' * 64}/1"}
    stick: Any = Stick()
    with pytest.raises(OSError, match="Input/output") as raised:
        putter.put(stick, part, lambda _amount: None)
    assert not isinstance(raised.value, requests.RequestException)
    assert not putter.hope_again(), "nobody was silent"


def test_what_was_known_before_is_asked_again_and_never_guessed(desk: Desk) -> None:
    file = desk.file(2500)
    with desk.workplace.database.unit_of_work() as session:
        session.execute(update(LocalFile).values(arrived=2400))
    desk.when((file, 1), desk.pause)
    desk.send()
    assert desk.known(file).arrived == 1000


def test_speed_and_place_are_written_while_a_file_is_sent_and_gone_when_nothing_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.file(2500)
    seen: list[tuple[int, bool, bool]] = []

    def look() -> None:
        ledger._write()
        with desk.workplace.database.unit_of_work(read_only=True) as session:
            row, whole = session.get_one(LocalFile, file), session.get_one(Line, 1)
            seen.append((row.arrived, row.beat_at is not None and row.rate > 0, whole.rate > 0))

    entered = Ledger.__enter__

    def remember(self: Ledger) -> Ledger:
        nonlocal ledger
        ledger = self
        return entered(self)

    ledger: Ledger
    monkeypatch.setattr(Ledger, "__enter__", remember)
    desk.when((file, 2), look)
    desk.send()
    assert seen == [(1000, True, True)]
    row = desk.known(file)
    assert (row.arrived, row.beat_at, row.sent_at is not None) == (2500, None, True)
    with desk.workplace.database.unit_of_work(read_only=True) as session:
        assert session.scalar(select(Line.beat_at)) is None
