"""Rounds with the hub: one at a time for a node, seen by all, begun by itself, and taken up after a kill -9."""

from __future__ import annotations

import errno
import re
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from filelock import FileLock
from sqlalchemy import delete, update

from nodes import joining, line, queries, rounds
from nodes.hub_client import HubClient
from nodes.models import LocalFile, Membership, Round, Version, now
from nodes.web.schedule import SOON, Schedule
from nodes.web.syncing import SILENT
from tests.support.local_page import Node
from tests.support.played import PlayedHub
from tests.support.processes import Command, HubProcess, eventually
from tests.support.rounds import put_round, round_of
from tests.support.stores import free_port


def joined(node: Node, hub: HubProcess, code: str) -> None:
    client = HubClient(hub.origin, node.workplace.key, node.workplace.settings)
    joining.join(node.workplace, client, token=hub.institution(code), node_name="本机")
    client.session.close()


def last_round(node: Node) -> Round:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return queries.rounds(session, limit=1)[0]


def last_round_or_none(node: Node) -> Round | None:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        found = queries.rounds(session, limit=1)
    return found[0] if found else None


def command_of(node: Node) -> Command:
    return Command("nodes", {"COMMONS_NODE_DATA": str(node.workplace.folder), "COMMONS_NODE_ATTEMPTS": "1"})


def test_a_second_round_of_a_node_is_refused_while_one_runs_and_says_since_when(node: Node) -> None:
    node.join()
    put_round(node.workplace, round_of())
    with FileLock(node.workplace.folder / rounds.LOCK):
        for words in (("sync",), ("reconcile",)):
            said = command_of(node).run(*words, check=3).stderr
            assert "正在同步" in said
            assert f"{last_round(node).started_at.astimezone():%H:%M:%S}" in said
    assert last_round(node).finished_at is None, "nothing was written by those that were refused"


def test_a_hub_that_asked_to_be_left_alone_is_not_asked_again_before_that_whoever_begins_the_round(
    node: Node, played: PlayedHub
) -> None:
    node.join(origin=played.origin)
    played.say({}, 503, Retry_After="7200")
    command = command_of(node)
    said = [command.run(*words, check=3).stderr for words in (("sync",), ("sync",), ("reconcile",))]
    assert len(played.seen) == 1
    assert len({re.search(r"等到 (.*\d\d:\d\d)", one)[1] for one in said}) == 1
    assert "HTTP 503" in said[1]
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Membership).values(held_until=now()))
    command.run("sync", check=3)
    assert len(played.seen) > 1


def test_a_clock_that_was_set_back_does_not_keep_a_node_from_its_hub_for_long(node: Node) -> None:
    node.join()
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Membership).values(held_until=now() + timedelta(days=400)))
    assert "无法连接平台" in command_of(node).run("sync", check=3).stderr


def test_a_round_that_was_killed_lets_go_at_once_and_is_told_as_interrupted(node: Node) -> None:
    node.join()
    put_round(node.workplace, round_of())
    assert "正在同步" in node.page("/sync"), "heard of just now, so it runs as far as anybody can tell"
    command_of(node).run("sync", check=3)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        newest, killed = queries.rounds(session, limit=2)
    assert "中途停止" in killed.error["zh"]
    assert "无法连接平台" in newest.error["zh"]
    page = node.page("/sync")
    assert "中途停止" in page
    assert "没有成功" in page


def test_a_round_of_the_page_that_was_killed_keeps_nobody_from_the_next_one(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.join()
    begun: list[subprocess.Popen[bytes]] = []

    def killed(*_: object, **__: object) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        begun[-1].wait()
        return begun[-1]

    monkeypatch.setattr("nodes.background.begin", killed)
    node.submit("/sync", seen_on="/sync")
    put_round(node.workplace, round_of())
    page = node.page("/sync")
    assert "同步没有完成" in page
    assert "进行中" not in page
    node.submit("/sync", seen_on="/sync")
    assert len(begun) == 2


def test_a_round_that_was_not_heard_of_for_long_is_not_shown_as_running(node: Node) -> None:
    node.join()
    silent = now() - 2 * SILENT
    put_round(node.workplace, {**round_of(), "started_at": silent, "beat_at": silent})
    page = node.page("/sync")
    assert "正在同步" not in page
    assert "中途停止" in page


def test_a_round_that_could_not_even_begin_is_not_taken_for_the_success_before_it(
    node: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    node.join()
    put_round(node.workplace, round_of(good=True))
    (tmp_path / "sqlalchemy.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    node.submit("/sync", seen_on="/sync")
    page = eventually(lambda: (found := node.page("/sync")) and "正在同步" not in found and found)
    assert "同步没有完成" in page
    assert "中途停止" in page


def test_a_comparison_that_was_asked_for_is_told_as_one(node: Node) -> None:
    node.join()
    for equal, words in ((True, "核对完成"), (False, "核对做完了，两边还不一致")):
        outcome = {"reconciled": {"equal": equal}}
        put_round(node.workplace, {**round_of(good=equal, outcome=outcome), "kind": rounds.RECONCILE})
        page = node.page("/sync")
        assert f"<h1>{words}</h1>" in page
        assert "同步完成" not in page


def test_the_page_tells_of_rounds_that_a_command_went(node: Node, live_hub: HubProcess) -> None:
    joined(node, live_hub, "rounds-seen")
    node.put()
    command_of(node).run("sync")
    assert last_round(node).begun_by == rounds.COMMAND
    page = node.page("/sync")
    for words in ("同步完成", "命令行", "著录 1，文件 0", "两边一致"):
        assert words in page


def test_a_refused_record_makes_the_round_no_success(node: Node, live_hub: HubProcess) -> None:
    joined(node, live_hub, "rounds-refused")
    node.put()
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Version).values(jws="e30.e30.AAAA"))
    command_of(node).run("sync", check=5)
    row = last_round(node)
    assert (row.good, row.outcome["refused"]) == (False, 1)
    page = node.page("/sync")
    assert "有几件没有成功" in page
    assert "同步完成" not in page


def test_the_page_shows_whether_both_sides_hold_the_same_and_compares_when_asked(
    node: Node, live_hub: HubProcess
) -> None:
    assert "还没有核对过" in node.page("/reconciliation")
    joined(node, live_hub, "rounds-compared")
    node.put()
    command_of(node).run("sync")
    page = node.page("/reconciliation")
    for words in ("本机和平台一致", "<b>1</b> <span>个版本在本机", "<b>1</b> <span>个版本在平台", "没有不同"):
        assert words in page
    node.submit("/reconciliation", seen_on="/reconciliation")
    eventually(lambda: last_round(node).kind == "reconcile" and last_round(node).good, seconds=30)


def test_what_differed_is_listed_with_what_was_done(node: Node, live_hub: HubProcess) -> None:
    joined(node, live_hub, "rounds-differing")
    record_id = node.put()
    command_of(node).run("sync")
    node.set_state(record_id, "rejected")
    command_of(node).run("reconcile")
    page = node.page("/reconciliation")
    assert "上次核对发现 1 处不同" in page
    assert f'/resources/{record_id}">游标卡尺怎么读' in page
    assert "状态不同" in page
    assert "已改用平台的状态" in page


def test_a_node_that_is_served_synchronises_by_itself_and_dies_alone(node: Node, live_hub: HubProcess) -> None:
    joined(node, live_hub, "rounds-alone")
    node.put()
    port = free_port()
    served = command_of(node).start("serve", "--port", str(port))
    try:
        eventually(lambda: last_round_or_none(node) is not None and last_round(node).good, seconds=30)
        assert last_round(node).begun_by == rounds.SCHEDULE
        assert "自动" in requests.get(f"http://127.0.0.1:{port}/sync", timeout=10).text
    finally:
        served.send_signal(signal.SIGKILL)
        served.communicate(timeout=10)


def test_a_round_is_due_when_the_last_one_is_long_enough_ago(node: Node) -> None:
    schedule = Schedule(node.workplace, node.app.config["SYNCER"], minutes=15)
    assert not schedule.is_due(now()), "a node that has not joined has nothing to do"
    node.join()
    assert schedule.is_due(now())
    put_round(node.workplace, round_of(good=True))
    begun = last_round(node).started_at
    assert not schedule.is_due(begun + schedule.every * 0.99)
    assert schedule.is_due(begun + schedule.every)


def schedule_of(node: Node, *, started: bool = True) -> Schedule:
    """The schedule of a node that has a file to send; `started` when it has looked before."""
    with node.workplace.database.unit_of_work() as session:
        session.merge(LocalFile(sha256="a" * 64, path="/nowhere", size=1, mtime_ns=0))
    schedule = Schedule(node.workplace, node.app.config["SYNCER"], minutes=15)
    schedule._fresh = not started
    return schedule


def put_rounds(node: Node, *good: bool | None) -> datetime:
    """Rounds that began at one moment, the last named the newest; that moment."""
    begun = now() - timedelta(hours=1)
    with node.workplace.database.unit_of_work() as session:
        session.execute(delete(Round))
        for one in good:
            finished = begun if one is not None else None
            session.add(Round(**round_of(good=one, started_at=begun, beat_at=begun, finished_at=finished)))
    return begun


def test_after_a_start_what_waits_is_taken_up_soon_whatever_the_last_round_came_to(node: Node) -> None:
    node.join()
    begun = put_rounds(node, True)
    soon = begun + 2 * SOON
    assert schedule_of(node, started=False).is_due(soon)
    assert not schedule_of(node).is_due(soon), "it has looked before, and the last round was good"
    schedule = schedule_of(node, started=False)
    with node.workplace.database.unit_of_work() as session:
        line.pause_all(session, paused=True)
    assert not schedule.is_due(soon), "nothing waits that nobody holds back"
    assert not schedule.is_due(soon)
    with node.workplace.database.unit_of_work() as session:
        line.pause_all(session, paused=False)
    assert schedule.is_due(soon), "the line was stopped until now"


def test_a_bad_line_is_tried_again_after_pauses_that_grow_up_to_the_interval(node: Node) -> None:
    node.join()
    schedule = schedule_of(node)
    due = []
    for failed in range(1, 8):
        begun = put_rounds(node, True, *[False] * (failed - 1), None if failed == 2 else False)
        due.append(next(n for n in range(1, 40) if schedule.is_due(begun + timedelta(minutes=n / 2))))
    # In half minutes: nodes differ by a tenth.
    pauses = (2, 4, 8, 16, 30, 30, 30)
    assert all(pause <= found <= pause * 1.1 + 1 for pause, found in zip(pauses, due, strict=True)), due
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(LocalFile).values(sent=True))
    assert not schedule.is_due(begun + timedelta(minutes=14)), "when nothing waits there is no hurry"


def test_nothing_is_due_while_the_hub_wants_to_be_left_alone(node: Node) -> None:
    node.join()
    schedule = schedule_of(node, started=False)
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Membership).values(held_until=now() + timedelta(hours=2)))
    assert not schedule.is_due(now() + timedelta(days=1))


def test_a_clock_that_was_wrong_by_years_stops_neither_the_schedule_nor_the_page(node: Node) -> None:
    node.join()
    schedule = schedule_of(node)
    ahead = now() + timedelta(days=1500)
    put_round(node.workplace, {**round_of(), "started_at": ahead, "beat_at": ahead})
    assert schedule.is_due(now())
    assert not node.app.config["SYNCER"].progress.running, "a killed round of a wrong clock runs for ever"


def test_a_round_that_could_not_be_begun_is_not_the_last(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.join()
    begun = threading.Event()

    class Failing:
        """Cannot begin the first time."""

        failed = False

        def start(self, *, begun_by: str) -> None:
            """Begin."""
            if not self.failed:
                self.failed = True
                raise OSError(errno.ENOMEM, begun_by)
            begun.set()

    monkeypatch.setattr("nodes.web.schedule.LOOK_SECONDS", 0.01)
    syncer: Any = Failing()
    schedule = Schedule(node.workplace, syncer, minutes=15)
    schedule.start()
    assert begun.wait(20)
    schedule.stop()


def test_the_page_signs_with_a_key_that_a_command_has_changed_since(node: Node, live_hub: HubProcess) -> None:
    joined(node, live_hub, "rounds-key")
    assert node.page("/")
    before = node.workplace.key.id
    command_of(node).run("key", "rotate")
    node.registered()
    command_of(node).run("sync")
    assert node.workplace.key.id != before
    assert last_round(node).good
    assert last_round(node).outcome["accepted"] == 1


def test_only_the_last_rounds_are_remembered(node: Node) -> None:
    node.join()
    for _ in range(rounds.KEPT + 2):
        with rounds.written_down(node.workplace, kind=rounds.SYNC, begun_by=rounds.COMMAND) as diary:
            diary.came_to(True, {})
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert len(queries.rounds(session, limit=1000)) == rounds.KEPT
