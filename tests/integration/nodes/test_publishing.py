"""The node against hubs that are away, busy, wrong, or in the middle of a crash; a small server plays them."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time

import pytest

from nodes import outbox, putting, queries, registration, sync, transfer
from nodes.hub_client import RefusedByHub
from nodes.models import LocalFile, Membership
from nodes.settings import NodeSettings
from nodes.workplace import initialise
from shared.canonical import parse
from shared.errors import CommonsError, HubAway, HubFull
from shared.status_messages import StatusReply
from tests.support.processes import eventually
from tests.support.records import make_record


@pytest.fixture
def workplace(tmp_path):
    made = initialise(NodeSettings(data=str(tmp_path / "node"), attempts=3, timeout=5))
    yield made
    made.database.close()


@pytest.fixture
def membership(workplace, played):
    made = Membership(
        id=1,
        origin=played.origin,
        node_id="n",
        institution_code="a",
        institution_name={"zh": "甲"},
        hub_name={"zh": "云"},
        batch_records=3,
        batch_bytes=10_000,
        file_bytes=10**9,
        cursor=0,
    )
    with workplace.database.unit_of_work() as session:
        session.add(made)
    return made


def register(workplace, **changes):
    with workplace.database.unit_of_work() as session:
        return registration.register(session, make_record(**changes), [], key=workplace.key).record_id


def status(workplace):
    with workplace.database.unit_of_work(read_only=True) as session:
        return queries.states(session)


def empty_status():
    return {"events": [], "last": 0, "more": False}


def test_the_node_waits_as_long_as_a_busy_hub_says(client, played, pauses):
    played.say({}, 503, Retry_After="7")
    played.say({}, 429, Retry_After="2")
    played.say(empty_status())
    assert client.get("/status", StatusReply)["last"] == 0
    assert pauses == [7, 2]


def test_every_attempt_is_signed_anew(client, played):
    played.say({}, 503)
    played.say(empty_status())
    client.get("/status", StatusReply)
    signatures = [headers["Signature-Input"] for _, _, headers, _ in played.seen]
    assert len(set(signatures)) == 2


def test_a_hub_that_stays_away_is_given_up_with_its_name(client, played, pauses):
    with pytest.raises(HubAway) as raised:
        client.get("/status", StatusReply)
    assert played.origin in raised.value.message("zh")
    assert len(pauses) == 2


def test_a_refusal_is_passed_on_in_the_hubs_words_and_not_repeated(client, played, pauses):
    problem = {
        "type": "urn:metrology-commons:problem:key_revoked",
        "detail": "此密钥已停用 {x}",
        "errors": [{"pointer": "/a"}],
    }
    played.say(problem, 403)
    with pytest.raises(RefusedByHub) as raised:
        client.get("/status", StatusReply)
    assert raised.value.problem_code == "key_revoked"
    assert "已停用" in raised.value.message("zh")
    assert pauses == []


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff", b"[", b'{"events":1}', b'{"extra":1}'])
def test_an_answer_that_is_no_message_is_a_named_error(client, played, content):
    played.say(content)
    with pytest.raises(CommonsError) as raised:
        client.get("/status", StatusReply)
    assert raised.value.exit_code > 0


def test_a_redirect_is_not_followed(client, played):
    played.say({}, 302, Location="http://127.0.0.1:1/")
    with pytest.raises(RefusedByHub):
        client.get("/status", StatusReply)


def test_batches_keep_the_hubs_limits_and_each_record_its_own_answer(workplace, client, membership, played):
    ids = [register(workplace) for _ in range(7)]
    for count in (3, 3, 1):
        results = [{"index": n, "outcome": "accepted", "state": "in_review"} for n in range(count)]
        played.say({"results": results})
    sent = outbox.publish(workplace, client, membership)
    assert sent.accepted == len(ids)
    sizes = [len(parse(gzip.decompress(body))["records"]) for _, _, _, body in played.seen]
    assert sizes == [3, 3, 1]
    assert status(workplace) == {"in_review": 7}


def test_a_refused_record_is_kept_with_its_reason_and_blocks_nothing(workplace, client, membership, played):
    for _ in range(3):
        register(workplace)
    fault = {"pointer": "/title", "code": "required", "params": {}, "detail": "必填。"}
    played.say(
        {
            "results": [
                {"index": 0, "outcome": "accepted", "state": "in_review"},
                {"index": 1, "outcome": "rejected", "code": "invalid_record", "detail": "有误", "errors": [fault]},
                {"index": 2, "outcome": "conflict", "code": "conflict", "detail": "冲突"},
            ]
        }
    )
    sent = outbox.publish(workplace, client, membership)
    assert len(sent.refused) == 2
    assert status(workplace) == {"in_review": 1, "refused": 2}
    with workplace.database.unit_of_work(read_only=True) as session:
        assert outbox.waiting(session) == 0


def test_what_was_not_answered_stays_in_the_outbox(workplace, client, membership, played):
    for _ in range(4):
        register(workplace)
    played.say({"results": [{"index": n, "outcome": "accepted", "state": "in_review"} for n in range(3)]})
    with pytest.raises(HubAway):
        outbox.publish(workplace, client, membership)
    with workplace.database.unit_of_work(read_only=True) as session:
        assert outbox.waiting(session) == 1


def test_events_of_records_that_this_node_lost_are_passed_over(workplace, client, membership, played):
    lost = make_record()["id"]
    event = {"seq": 1, "at": "2026-01-01T00:00:00+00:00", "record_id": lost, "version": 1, "state": "published"}
    played.say({"events": [event], "last": 1, "more": False})
    assert sync.pull(workplace, client) == 1


def test_events_are_read_page_by_page_and_a_page_that_was_noted_is_not_asked_for_again(
    workplace, client, membership, played
):
    ids = [register(workplace) for _ in range(3)]
    for seq, (record_id, more) in enumerate(zip(ids, (True, True, False), strict=True), start=1):
        event = {"seq": seq, "at": "2026-07-01T00:00:00+00:00", "record_id": record_id, "version": 1}
        played.say({"events": [{**event, "state": "in_review"}], "last": seq, "more": more})
    assert sync.pull(workplace, client) == 3
    assert status(workplace) == {"in_review": 3}
    assert [path.partition("after=")[2][:1] for _, path, _, _ in played.seen] == ["0", "1", "2"]
    played.say(empty_status())
    sync.pull(workplace, client)
    assert "after=3&" in played.seen[-1][1]


def test_what_was_read_stays_when_the_next_page_does_not_come(workplace, client, membership, played):
    record_id = register(workplace)
    event = {"seq": 1, "at": "2026-07-01T00:00:00+00:00", "record_id": record_id, "version": 1, "state": "in_review"}
    played.say({"events": [event], "last": 1, "more": True})
    for _ in range(3):
        played.say({}, 503)
    with pytest.raises(HubAway):
        sync.pull(workplace, client)
    assert status(workplace) == {"in_review": 1}
    played.say(empty_status())
    sync.pull(workplace, client)
    assert "after=1&" in played.seen[-1][1]


def test_whoever_breaks_off_does_not_wait_with_a_busy_hub(workplace, membership, played):
    played.say({"events": [], "last": 0, "more": True})
    played.say({}, 503, Retry_After="600")
    program = (
        "import sys; from nodes import sync; from nodes.hub_client import HubClient; "
        "from nodes.settings import NodeSettings; from nodes.workplace import open_workplace; "
        "w = open_workplace(NodeSettings(data=sys.argv[1])); sync.pull(w, HubClient(sys.argv[2], w.key, w.settings))"
    )
    command = [sys.executable, "-c", program, str(workplace.folder), played.origin]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    eventually(lambda: len(played.seen) == 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) != 0


def test_events_are_noted_in_their_order(workplace, client, membership, played):
    first, second = register(workplace), register(workplace)
    with workplace.database.unit_of_work() as session:
        session.add(LocalFile(sha256="a" * 64, path="/nowhere", size=1, mtime_ns=0, sent=True))
    said = [
        (first, {"state": "in_review"}),
        (second, {"state": "verifying"}),
        (first, {"state": "published", "ark": "ark:99999/b1"}),
        (second, {"state": "awaiting_files", "reason": "重传", "sha256": "a" * 64}),
    ]
    moment = {"at": "2026-01-01T00:00:00+00:00", "version": 1}
    events = [{"seq": n, "record_id": one, **moment, **changes} for n, (one, changes) in enumerate(said, start=1)]
    played.say({"events": events[:1], "last": 1, "more": True})
    played.say({"events": events[1:], "last": 4, "more": False})
    assert sync.pull(workplace, client) == 4
    assert status(workplace) == {"published": 1, "awaiting_files": 1}
    with workplace.database.unit_of_work(read_only=True) as session:
        assert sync.states(session) == {"published": 1, "awaiting_files": 1}
        assert queries.versions(session, second)[0].reason == "重传"
        assert queries.versions(session, first)[0].resource.ark == "ark:99999/b1"
        assert session.get_one(LocalFile, "a" * 64).sent is False
        assert session.get_one(Membership, 1).cursor == 4


def test_each_file_of_an_answer_is_noted_for_itself(workplace, client, played):
    names = ["present", "refused", "gone", "verifying"]
    with workplace.database.unit_of_work() as session:
        for letter in "abcd":
            session.add(LocalFile(sha256=letter * 64, path=f"/nowhere/{letter}", size=1, mtime_ns=0, sent=False))
    refused = {"outcome": "refused", "detail": "不行"}
    said = [
        {"outcome": "present"},
        {**refused, "code": "file_too_large"},
        {**refused, "code": "file_not_declared"},
        {"outcome": "verifying", "upload_id": "u"},
    ]
    played.say({"uploads": [{"sha256": letter * 64, **one} for letter, one in zip("abcd", said, strict=True)]})
    done = transfer.send_files(workplace, client)
    assert (done.present, done.sent, len(done.failed)) == (1, 0, 1)
    assert "不行" in done.failed["b" * 64]
    with workplace.database.unit_of_work(read_only=True) as session:
        sent = {
            name: session.get_one(LocalFile, letter * 64).sent for letter, name in zip("abcd", names, strict=True)
        }
        assert session.get_one(LocalFile, "b" * 64).problem == "不行"
    assert sent == {"present": True, "refused": False, "gone": True, "verifying": True}


def test_a_slice_reads_just_its_bytes_and_tells_its_length(tmp_path):
    (tmp_path / "f").write_bytes(bytes(range(100)))
    steps = []
    with (tmp_path / "f").open("rb") as file:
        part = putting.Slice(file, 10, 25, lambda _amount: None, steps.append)
        assert len(part) == 25
        assert part.read(10) + part.read() + part.read() == bytes(range(10, 35))
    assert sum(steps) == 25


KILLED = """
import sys, os
from nodes.settings import NodeSettings
from nodes.workplace import initialise
from nodes import registration
from tests.support.records import make_record
workplace = initialise(NodeSettings(data=sys.argv[1]))
print("on", flush=True)
while True:
    with workplace.database.unit_of_work() as session:
        registration.register(session, make_record(), [], key=workplace.key)
"""


@pytest.mark.parametrize("after", [0.05, 0.2, 0.35])
def test_a_node_killed_while_registering_has_each_resource_whole_or_not_at_all(tmp_path, after):
    folder = tmp_path / "node"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    workplace = initialise(NodeSettings(data=str(folder)))
    with workplace.database.unit_of_work(read_only=True) as session:
        total = sum(queries.states(session).values())
        assert outbox.waiting(session) == total
    eventually(lambda: status(workplace).get("registered", 0) == total)
    workplace.database.close()


def test_a_hub_that_says_itself_why_it_takes_nothing_is_heard(client, played, pauses):
    full = HubFull()
    for _ in range(3):
        played.say(full.problem("zh"), status=507)
    with pytest.raises(HubAway) as away:
        client.get("/status", StatusReply)
    assert "平台的磁盘空间不足" in away.value.message("zh")
    assert "HTTP 507" not in away.value.message("zh")
    assert len(pauses) == 2
