"""Files: sent once, read by the hub itself, and never swapped after that."""

import hashlib
import os
from datetime import timedelta

import pytest
import requests
from sqlalchemy import update

from federation import inspection, under_way, uploads
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.objects import StoredObject, Upload
from federation.parts import parts
from federation.storage import StoreUnavailable
from federation.tasks import queue
from shared.messages import CompleteReply, UploadsReply, read
from shared.status_messages import StatusReply
from tests.support.records import make_file, make_record
from tests.support.stores import kept_bytes

MIB = 1024**2


def file_of(data, **changes):
    return make_file(sha256=hashlib.sha256(data).hexdigest(), size=len(data), **changes)


def publish_file(member, data):
    entry = file_of(data)
    record = make_record(files=[entry])
    member.publish(record)
    return record, entry["sha256"]


def test_a_file_is_sent_verified_and_its_resource_comes_into_review(hub, member):
    data = "计量单位".encode() * 1000
    record, sha256 = publish_file(member, data)
    assert member.upload(sha256, data)["outcome"] == "verifying"
    assert hub.states(record["id"]) == ["verifying"]
    hub.work()
    assert hub.states(record["id"]) == ["in_review"]
    assert kept_bytes(parts(hub.app).store, sha256) == data
    assert [event["state"] for event in member.events()] == ["awaiting_files", "verifying", "in_review"]


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 5 * MIB + 1, 12 * MIB])
def test_files_of_every_size_arrive_whole(hub, member, size):
    data = os.urandom(size)
    record, sha256 = publish_file(member, data)
    member.upload(sha256, data)
    hub.work()
    assert hub.states(record["id"]) == ["in_review"]


def test_a_file_that_the_hub_holds_is_not_sent_again_even_by_another_institution(hub, member, other):
    data = os.urandom(1000)
    _, sha256 = publish_file(member, data)
    member.upload(sha256, data)
    hub.work()
    record = make_record(files=[file_of(data)])
    assert other.publish(record)[0]["state"] == "in_review"
    assert other.offer((sha256, len(data)))[0]["outcome"] == "present"


def test_an_upload_goes_on_at_the_part_it_had_reached(hub, member):
    data = os.urandom(12 * MIB)
    _, sha256 = publish_file(member, data)
    [first] = member.offer((sha256, len(data)))
    assert [part["number"] for part in first["parts"]] == [1, 2, 3]
    part = first["parts"][1]
    requests.put(part["url"], data=data[part["offset"] :][: part["size"]], timeout=30).raise_for_status()
    [again] = member.offer((sha256, len(data)))
    assert again["upload_id"] == first["upload_id"]
    assert [part["number"] for part in again["parts"]] == [1, 3]
    assert again["bytes_present"] == 5 * MIB


def test_what_arrives_after_the_store_has_forgotten_an_upload_is_progress_again(hub, member):
    data = os.urandom(12 * MIB)
    _, sha256 = publish_file(member, data)

    def send(answer, *numbers):
        for part in (part for part in answer["parts"] if part["number"] in numbers):
            requests.put(part["url"], data=data[part["offset"] :][: part["size"]], timeout=30).raise_for_status()
        [again] = member.offer((sha256, len(data)))
        with unit_of_work(hub.app) as session:
            upload = session.get_one(Upload, answer["upload_id"])
            found, upload.changed_at = upload.changed_at, now() - timedelta(days=6)
            return again, found > now() - timedelta(days=1), upload.store_upload_id

    answer, moved, name = send(member.offer((sha256, len(data)))[0], 1, 2)
    assert moved
    parts(hub.app).store.abort_upload(upload_id=answer["upload_id"], store_upload_id=name)
    answer, _, other = send(answer)
    assert (other != name, answer["bytes_present"]) == (True, 0)
    answer, moved, _ = send(answer, 1)
    assert (moved, answer["bytes_present"]) == (True, 5 * MIB)


def test_bytes_that_differ_from_the_signed_digest_are_refused_and_asked_for_again(hub, member):
    data = os.urandom(1000)
    record, sha256 = publish_file(member, data)
    member.upload(sha256, data[::-1])
    hub.work()
    assert hub.states(record["id"]) == ["awaiting_files"]
    event = member.events()[-1]
    assert (event["state"], event["sha256"]) == ("awaiting_files", sha256)
    assert "摘要不符" in event["reason"]
    member.upload(sha256, data)
    hub.work()
    assert hub.states(record["id"]) == ["in_review"]


def test_a_grant_does_not_reach_the_verified_object(hub, member):
    data = os.urandom(1000)
    record, sha256 = publish_file(member, data)
    [answer] = member.offer((sha256, len(data)))
    url = answer["parts"][0]["url"]
    requests.put(url, data=data, timeout=30).raise_for_status()
    member.post("/uploads/complete", {"upload_ids": [answer["upload_id"]]})
    hub.work()
    requests.put(url, data=data[::-1], timeout=30)
    assert kept_bytes(parts(hub.app).store, sha256) == data
    assert hub.states(record["id"]) == ["in_review"]


def test_an_upload_that_was_not_sent_is_incomplete(member):
    data = os.urandom(12 * MIB)
    _, sha256 = publish_file(member, data)
    [answer] = member.offer((sha256, len(data)))
    done = member.post("/uploads/complete", {"upload_ids": [answer["upload_id"]]}).get_json()
    assert read(CompleteReply, done)["uploads"][0]["missing"] == [1, 2, 3]


def test_a_small_file_that_was_said_to_be_sent_and_was_not_is_asked_for_again(hub, member):
    data = os.urandom(100)
    record, sha256 = publish_file(member, data)
    [answer] = member.offer((sha256, len(data)))
    done = member.post("/uploads/complete", {"upload_ids": [answer["upload_id"]]}).get_json()
    assert done["uploads"][0]["outcome"] == "verifying"
    hub.work()
    last = member.events()[-1]
    assert (last["state"], last["sha256"]) == ("awaiting_files", sha256)
    assert "丢失" in last["reason"]
    member.upload(sha256, data)
    hub.work()
    assert hub.states(record["id"]) == ["in_review"]


def test_what_is_under_way_is_told_with_the_age_of_its_last_sign_of_life(hub, member):
    data = os.urandom(100)
    _, sha256 = publish_file(member, data)
    [answer] = member.offer((sha256, len(data)))
    with unit_of_work(hub.app) as session:
        session.execute(update(Upload).values(changed_at=now() - timedelta(minutes=5)))
    with unit_of_work(hub.app, read_only=True) as session:
        [sending] = under_way.uploads(session)
    assert (sending.state, sending.count, sending.size) == ("open", 1, 100)
    assert sending.silent_seconds >= 300
    member.post("/uploads/complete", {"upload_ids": [answer["upload_id"]]})
    with unit_of_work(hub.app, read_only=True) as session:
        [reading] = under_way.uploads(session)
    assert (reading.state, reading.count) == ("verifying", 1)
    assert reading.silent_seconds < 300
    hub.work()
    with unit_of_work(hub.app, read_only=True) as session:
        assert under_way.uploads(session) == []


def test_completing_twice_does_no_harm(hub, member):
    data = os.urandom(100)
    record, sha256 = publish_file(member, data)
    upload_id = member.upload(sha256, data)["upload_id"]
    message = {"upload_ids": [upload_id]}
    assert member.post("/uploads/complete", message).get_json()["uploads"][0]["outcome"] == "verifying"
    hub.work()
    closed = member.post("/uploads/complete", message).get_json()["uploads"][0]
    assert closed["code"] == "upload_closed"
    assert hub.states(record["id"]) == ["in_review"]


def test_a_file_that_no_record_names_is_refused(member, other):
    data = os.urandom(100)
    _, sha256 = publish_file(member, data)
    assert other.offer((sha256, len(data)))[0]["code"] == "file_not_declared"
    assert member.offer((sha256, len(data) + 1))[0]["code"] == "file_not_declared"


def test_an_upload_of_another_node_cannot_be_completed(member, other):
    data = os.urandom(100)
    _, sha256 = publish_file(member, data)
    [answer] = member.offer((sha256, len(data)))
    done = other.post("/uploads/complete", {"upload_ids": [answer["upload_id"]]}).get_json()
    assert done["uploads"][0]["code"] == "not_found"


def test_a_resource_waits_for_the_last_of_its_files(hub, member):
    data = [os.urandom(100), os.urandom(200)]
    record = make_record(files=[file_of(data[0], name="一"), file_of(data[1], name="二")])
    member.publish(record)
    member.upload(record["files"][0]["sha256"], data[0])
    hub.work()
    assert hub.states(record["id"]) == ["awaiting_files"]
    member.upload(record["files"][1]["sha256"], data[1])
    hub.work()
    assert hub.states(record["id"]) == ["in_review"]


def test_the_sweep_finds_what_a_lost_queue_and_a_killed_worker_left(hub, member, monkeypatch):
    data = os.urandom(100)
    record, sha256 = publish_file(member, data)
    member.upload(sha256, data)
    monkeypatch.setattr("federation.tasks.STALE", timedelta(seconds=-1))
    queue(hub.app).sweep()
    assert hub.states(record["id"]) == ["in_review"]


@pytest.mark.parametrize("fault", [StoreUnavailable("500"), ValueError("a file that no parser foresaw")])
def test_an_upload_that_cannot_be_read_and_a_part_that_fails_keep_nothing_else_of_the_sweep_waiting(
    hub, member, monkeypatch, fault
):
    sent = {}
    for _ in range(3):
        data = os.urandom(100)
        record, sha256 = publish_file(member, data)
        sent[member.upload(sha256, data)["upload_id"]] = record["id"]
    bad = min(sent)
    keep = parts(hub.app).store.verify_and_keep

    def fail_for_one(*, upload_id, **given):
        if upload_id == bad:
            raise fault
        return keep(upload_id=upload_id, **given)

    monkeypatch.setattr(parts(hub.app).store, "verify_and_keep", fail_for_one)
    monkeypatch.setattr("federation.tasks.STALE", timedelta(seconds=-1))
    monkeypatch.setattr("federation.sampling.draw", lambda _session: 1 // 0)
    with pytest.raises((ValueError, ZeroDivisionError)):
        queue(hub.app).sweep()
    assert {upload_id: hub.states(record) for upload_id, record in sent.items()} == {
        upload_id: ["verifying" if upload_id == bad else "in_review"] for upload_id in sent
    }


def test_what_was_left_behind_is_given_to_one_worker_only(hub, member):
    data = os.urandom(100)
    _, sha256 = publish_file(member, data)
    upload_id = member.upload(sha256, data)["upload_id"]
    with unit_of_work(hub.app) as session:
        assert list(uploads.left_behind(session, longer_than=timedelta(seconds=60))) == []
        session.get_one(Upload, upload_id).changed_at -= timedelta(seconds=61)
    for expected in ([upload_id], []):
        with unit_of_work(hub.app) as session:
            assert list(uploads.left_behind(session, longer_than=timedelta(seconds=60))) == expected
    with unit_of_work(hub.app) as session:
        [reading] = under_way.uploads(session)
        assert reading.silent_seconds > 60, "taking it up once more is no sign of life"
        session.get_one(Upload, upload_id).taken_until -= timedelta(seconds=61)
    with unit_of_work(hub.app) as session:
        assert list(uploads.left_behind(session, longer_than=timedelta(seconds=60))) == [upload_id]


def test_an_upload_that_is_being_read_is_not_left_behind(hub, member, monkeypatch):
    data = os.urandom(100)
    _, sha256 = publish_file(member, data)
    upload_id = member.upload(sha256, data)["upload_id"]
    with unit_of_work(hub.app) as session:
        session.get_one(Upload, upload_id).changed_at -= timedelta(seconds=61)
    monkeypatch.setattr("federation.tasks.BEAT_SECONDS", 0)
    seen = []
    monkeypatch.setattr(uploads, "verified", lambda session, upload, _kept, _content: seen.append(upload.changed_at))
    queue(hub.app).verify_now(upload_id)
    assert now() - seen[0] < timedelta(seconds=30)


def test_two_tasks_for_one_upload_have_one_effect(hub, member):
    data = os.urandom(100)
    record, sha256 = publish_file(member, data)
    upload_id = member.upload(sha256, data)["upload_id"]
    kept = parts(hub.app).store.verify_and_keep(upload_id=upload_id, sha256=sha256, size=len(data))
    claimed = []
    for _ in range(2):
        with unit_of_work(hub.app) as session:
            upload = uploads.claim(session, upload_id)
            claimed.append(upload is not None)
            if upload is not None:
                uploads.verified(session, upload, kept, inspection.inspect(parts(hub.app).store, kept, None))
    assert claimed == [True, False]
    assert [event["state"] for event in member.events()].count("in_review") == 1
    assert hub.states(record["id"]) == ["in_review"]


def test_the_sweep_admits_what_a_crash_between_two_commits_left_waiting(hub, member):
    data = os.urandom(100)
    record, sha256 = publish_file(member, data)
    with unit_of_work(hub.app) as session:
        session.add(StoredObject(sha256=sha256, size=len(data), media_type="application/octet-stream"))
    queue(hub.app).sweep()
    assert hub.states(record["id"]) == ["in_review"]


def test_an_upload_that_vanished_from_the_store_is_asked_for_again(hub, member):
    data = os.urandom(100)
    record, sha256 = publish_file(member, data)
    upload_id = member.upload(sha256, data)["upload_id"]
    parts(hub.app).store.abort_upload(upload_id=upload_id, store_upload_id=None)
    hub.work()
    assert hub.states(record["id"]) == ["awaiting_files"]
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.get_one(Upload, upload_id).state == "failed"


def test_answers_fit_their_schemas(hub, member):
    data = os.urandom(100)
    _, sha256 = publish_file(member, data)
    reply = member.post("/uploads", {"files": [{"sha256": sha256, "size": 100}, {"sha256": "0" * 64, "size": 1}]})
    assert [answer["outcome"] for answer in read(UploadsReply, reply.get_json())["uploads"]] == ["granted", "refused"]
    assert read(StatusReply, member.send("GET", "/status").get_json())["last"] == 1


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=x", "limit=0", "limit=501", "after=99999999999999999999", "after=%E8%AE%A1", "after=%C2%B2"],
)
def test_a_bad_cursor_is_named(member, query):
    answer = member.send("GET", f"/status?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"].startswith("/")


def test_events_come_in_pages_without_gaps(member):
    member.publish(*(make_record() for _ in range(7)))
    seen, after, more = [], 0, True
    while more:
        page = member.send("GET", f"/status?after={after}&limit=3").get_json()
        seen += [event["seq"] for event in page["events"]]
        after, more = page["last"], page["more"]
    assert seen == list(range(1, 8))


def test_a_record_that_gives_a_file_a_false_size_goes_back_and_hinders_nobody(hub, member, other):
    data = b"true bytes" * 10
    sha256 = hashlib.sha256(data).hexdigest()
    false = make_record(files=[make_file(sha256=sha256, size=5)])
    true = make_record(files=[make_file(sha256=sha256, size=len(data))])
    member.publish(false)
    other.publish(true)
    other.upload(sha256, data)
    hub.work()
    assert hub.states(true["id"]) == ["in_review"]
    assert hub.states(false["id"]) == ["changes_requested"]
    assert "字节数" in member.events()[-1]["reason"]


def test_two_records_that_give_one_file_two_sizes_do_not_block_each_other(hub, member):
    data = b"true bytes"
    sha256 = hashlib.sha256(data).hexdigest()
    true, false = (make_record(files=[make_file(sha256=sha256, size=size)]) for size in (len(data), 11))
    member.publish(true, false)
    [first] = member.offer((sha256, 11))
    assert first["outcome"] == "granted"
    member.upload(sha256, data)
    hub.work()
    assert hub.states(true["id"]) == ["in_review"]
    assert hub.states(false["id"]) == ["changes_requested"]


def test_the_same_file_twice_in_one_offer_is_one_upload(hub, member):
    data = b"twice"
    record = make_record(files=[make_file(sha256=hashlib.sha256(data).hexdigest(), size=len(data))])
    member.publish(record)
    answers = member.offer(
        (hashlib.sha256(data).hexdigest(), len(data)), (hashlib.sha256(data).hexdigest(), len(data))
    )
    assert len({answer["upload_id"] for answer in answers}) == 1
