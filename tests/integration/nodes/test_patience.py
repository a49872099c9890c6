"""A node that is told to wait: it waits as long as was asked, goes on, and says until when if that is too long."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from nodes import files, putting, transfer
from nodes.models import LocalFile
from nodes.patience import Hold, Patience, retry_after, until
from nodes.settings import NodeSettings
from nodes.workplace import initialise
from shared.errors import HubBusy
from shared.status_messages import StatusReply
from tests.benchmarks.members import register
from tests.support.played import PlayedHub
from tests.support.processes import running_hub_process
from tests.support.records import make_record

SHA256 = "sha256"


@pytest.fixture
def store():
    made = PlayedHub()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def workplace(tmp_path):
    made = initialise(
        NodeSettings(data=str(tmp_path / "node"), attempts=3, timeout=5, patience=100, upload_threads=1)
    )
    yield made
    made.database.close()


@pytest.fixture
def file(workplace, tmp_path):
    path = tmp_path / "caliper.bin"
    path.write_bytes(os.urandom(1000))
    prepared = files.prepare([files.FileSpec(path)])
    with workplace.database.unit_of_work() as session:
        files.remember(session, prepared)
    return prepared[0].entry


def grant(played, store, file):
    part = {"number": 1, "offset": 0, "size": file["size"], "url": f"{store.origin}/incoming/u"}
    played.say({"uploads": [{SHA256: file[SHA256], "outcome": "granted", "upload_id": "u", "parts": [part]}]})


def complete(played):
    played.say({"uploads": [{"upload_id": "u", "outcome": "verifying"}]})


def is_sent(workplace, file):
    with workplace.database.unit_of_work(read_only=True) as session:
        return session.get_one(LocalFile, file[SHA256]).sent


class Pauses:
    """Sleeps without sleeping: the clock that goes with it moves on."""

    def __init__(self):
        self.now, self.taken = 0.0, []

    def sleep(self, seconds):
        self.taken.append(round(seconds))
        self.now += seconds


# -- Retry-After -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0", 0), ("", None), ("soon", None), ("-3", None), ("7.5", None), ("٣", None)]
)
def test_retry_after_is_a_number_of_seconds(said, seconds):
    assert retry_after({"Retry-After": said}) == seconds


def test_retry_after_may_be_a_date_and_one_that_has_passed_is_now():
    said = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3000 < retry_after({"Retry-After": said}) <= 3600
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


@pytest.mark.parametrize("said", ["9" * 40, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -0500"])
def test_never_is_a_time_that_can_be_said(said):
    assert until(retry_after({"Retry-After": said})).startswith(str(datetime.now(UTC).year + 31)[:3])


def test_being_told_to_wait_is_no_failed_attempt_and_waiting_is_never_shorter_than_asked():
    pauses = []
    patience = Patience(seconds=100, attempts=2, sleep=pauses.append)
    assert all(patience.wait(9) for _ in range(11))
    assert not patience.wait(9)
    assert pauses == [9] * 11


def test_a_server_that_says_no_time_is_asked_again_a_few_times_with_growing_pauses():
    pauses = []
    patience = Patience(seconds=100, attempts=5, sleep=pauses.append)
    assert [patience.wait(None) for _ in range(5)] == [True] * 4 + [False]
    assert all(later > earlier * 0.99 for earlier, later in zip(pauses, pauses[2:], strict=False))


def test_a_server_that_says_at_once_is_not_asked_without_a_pause():
    pauses = []
    Patience(seconds=100, attempts=1, sleep=pauses.append).wait(0)
    assert pauses == [1]


def test_all_threads_keep_the_longest_pause_that_one_of_them_was_asked_for():
    clock = Pauses()
    hold = Hold(sleep=clock.sleep, clock=lambda: clock.now)
    hold.ask(5)
    hold.pause(3)
    assert clock.now == 5
    hold.keep()
    assert clock.taken == [5]


# -- the hub -----------------------------------------------------------------------------------------------


def test_a_node_waits_for_a_busy_hub_more_often_than_for_one_that_is_away(client, played, pauses):
    for _ in range(10):
        played.say({}, 429, Retry_After="5")
    played.say({"events": [], "last": 0, "more": False})
    assert client.get("/status", StatusReply)["last"] == 0
    assert pauses == [5] * 10


def test_a_node_that_is_asked_for_too_much_patience_says_until_when_and_does_not_come_earlier(client, played, pauses):
    played.say({}, 503, Retry_After="7200")
    with pytest.raises(HubBusy) as raised:
        client.get("/status", StatusReply)
    assert pauses == []
    assert len(played.seen) == 1
    assert re.search(r"等到 .*\d\d:\d\d", raised.value.message("zh"))
    assert raised.value.exit_code == 3


# -- the object store --------------------------------------------------------------------------------------


def test_a_store_that_asks_for_time_gets_it_and_the_file_is_sent(workplace, client, played, store, file):
    grant(played, store, file)
    complete(played)
    for status in (503, 429, 503):
        store.say(b"<Error><Code>SlowDown</Code></Error>", status, Retry_After="1")
    store.say(b"")
    done = transfer.send_files(workplace, client)
    assert (done.sent, done.failed) == (1, {})
    assert len(store.seen) == 4
    assert all(body == store.seen[0][3] and len(body) == file["size"] for _, _, _, body in store.seen)
    assert is_sent(workplace, file)


def test_a_store_that_asks_for_too_much_time_is_left_alone_and_nothing_is_lost(
    workplace, client, played, store, file
):
    grant(played, store, file)
    store.say(b"", 503, Retry_After="7200")
    done = transfer.send_files(workplace, client)
    assert len(store.seen) == 1
    [cause] = done.failed.values()
    assert "等到" in cause
    assert not is_sent(workplace, file)
    grant(played, store, file)
    complete(played)
    store.say(b"")
    assert transfer.send_files(workplace, client).sent == 1


def test_a_store_that_is_busy_without_saying_how_long_is_asked_again_and_the_file_is_sent(
    workplace, client, played, store, file
):
    pauses = []
    grant(played, store, file)
    complete(played)
    store.say(b"", 503)
    store.say(b"")
    assert transfer.send_files(workplace, client, sleep=_really(pauses)).sent == 1
    assert len(pauses) >= 1


def test_why_a_file_did_not_get_through_is_said(workplace, client, played, store, file):
    for _ in range(transfer.PATIENCE):
        grant(played, store, file)
        store.say(b"<Error><Code>AccessDenied</Code></Error>", 403)
    [cause] = transfer.send_files(workplace, client).failed.values()
    assert "HTTP 403" in cause


def test_a_store_that_answers_nothing_is_not_asked_for_each_of_many_files(workplace, client, played, tmp_path):
    count = 5 * putting.UNHEARD
    prepared = files.prepare([files.FileSpec(written(tmp_path / f"{number}.bin", 10)) for number in range(count)])
    with workplace.database.unit_of_work() as session:
        files.remember(session, prepared)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asked = []

        def hang_up():
            with suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    asked.append(line)
                    line.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/u"
        granted = [
            {SHA256: one.entry[SHA256], "outcome": "granted", "upload_id": one.entry[SHA256][:36], "parts": [part]}
            for one in prepared
            for part in [{"number": 1, "offset": 0, "size": 10, "url": url}]
        ]
        for _ in range(transfer.PATIENCE):
            played.say({"uploads": granted})
        done = transfer.send_files(workplace, client, sleep=lambda _seconds: None)
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(asked) == transfer.PATIENCE * putting.UNHEARD
    assert len(done.failed) == count
    assert all("连接不上" in cause or "没有回答" in cause for cause in done.failed.values())


def _really(pauses):
    """A sleep that is remembered."""

    def sleep(seconds):
        pauses.append(seconds)
        time.sleep(seconds)

    return sleep


# -- a real hub ----------------------------------------------------------------------------------------------


def test_a_node_over_its_limits_waits_and_has_everything_there_in_one_synchronisation(tmp_path):
    limits = {
        "COMMONS_MAX_OPEN_UPLOADS": "2",
        "COMMONS_MAX_RECORDS_PER_MINUTE": "600",
        "COMMONS_INSTITUTION_QUOTA_BYTES": "100000",
    }
    with running_hub_process(tmp_path / "var", **limits) as hub:
        folder = tmp_path / "node"
        node = hub.node(folder, "patient")
        small = [written(tmp_path / f"{number}.bin", 500) for number in range(7)]
        register(folder, [(content(), ())] * 630 + [(content(), small)])
        done = node.json("sync")
        assert (done["accepted"], done["files_sent"], done["files_failed"]) == (631, 7, {})
        register(folder, [(content(), [written(tmp_path / "large.bin", 200_000)])])
        refused = node.json("sync", check=5)
        [cause] = refused["files_failed"].values()
        assert "存储配额" in cause
        assert refused["accepted"] == 1
        hub.command.run("institution", "quota", "patient", "1 MB")
        again = node.json("sync")
        assert (again["files_sent"], again["files_failed"]) == (1, {})
        [standing] = hub.command.json("status")
        assert standing["institutions"]["patient"]["quota"] == 1_000_000


def content():
    return {name: value for name, value in make_record().items() if name not in ("id", "version")}


def written(path, size):
    path.write_bytes(os.urandom(size))
    return path
