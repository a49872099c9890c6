"""Stored bytes are read again: damage is found, told, never served, and healed from the institution's copy."""

import json
import os
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from federation import fixity, fixity_watch, standing
from federation.database import unit_of_work
from federation.fixity import Pace
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.objects import StoredObject, Upload
from federation.parts import parts
from federation.storage import kept_key
from federation.tasks import queue
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record

pytestmark = pytest.mark.only_on("sqlite")  # they reach behind the embedded store's back

DATA = "一米的定义".encode() * 1000
AT_ONCE = Pace(0)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path):
    os.truncate(path, path.stat().st_size - 1)


def delete(path):
    path.unlink()


# The embedded store remembers lengths and names for some minutes: until then what is cut or gone cannot be read.
HARM = {
    "flipped": (flip, {"digest"}),
    "cut": (truncate, {"size", "unreadable"}),
    "gone": (delete, {"missing", "unreadable"}),
}


@pytest.fixture
def on_disk(hub, store):
    """Where the store keeps an object, behind the hub's back."""

    def path(sha256):
        return store.process.directory / "objects" / hub.settings.store_public_bucket / kept_key(sha256)

    return path


@pytest.fixture
def published(hub, member):
    """A public resource with one file: its record, its file's digest and its ARK."""
    record = make_record(files=[file_entry(DATA, name="米.txt", media_type="text/plain")])
    ark = publish(hub, member, record, DATA, indexed=False)
    return record, record["files"][0]["sha256"], ark


def check(hub, **options):
    return fixity_watch.check_until_done(hub.app, pace=AT_ONCE, **options)


def check_all(hub):
    return check(hub, before=now())


def stored(hub, sha256):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.get_one(StoredObject, sha256)


def audit(hub, sha256):
    with unit_of_work(hub.app, read_only=True) as session:
        entries = select(AuditEvent.entry).where(AuditEvent.subject == f"object:{sha256}").order_by(AuditEvent.id)
        return [json.loads(entry) for entry in session.scalars(entries)]


def test_sound_objects_are_noted_as_checked_and_nothing_else_is_said(hub, published):
    _, sha256, _ = published
    before = stored(hub, sha256).checked_at
    done = check_all(hub)
    assert (done.checked, done.size, done.damaged) == (1, len(DATA), 0)
    assert stored(hub, sha256).checked_at > before
    assert audit(hub, sha256) == []


@pytest.mark.parametrize("kind", HARM)
def test_every_kind_of_damage_is_found_told_and_healed(hub, member, published, on_disk, kind):
    record, sha256, ark = published
    harm, names = HARM[kind]
    harm(on_disk(sha256))
    events = len(member.events())
    assert check_all(hub).damaged == 1
    damage = stored(hub, sha256).damage
    assert damage in names
    [event] = member.events()[events:]
    assert (event["state"], event["sha256"], event["record_id"]) == ("published", sha256, record["id"])
    assert fixity.REASONS[damage] in event["reason"]
    assert hub.states(record["id"]) == ["published"]
    refused = hub.open("GET", f"/resources/{ark}/files/米.txt")
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) == 3600
    assert "正在向提供单位取回" in refused.get_data(as_text=True)
    assert standing.status(hub.app)["objects_damaged"] == 1

    member.upload(sha256, DATA)
    hub.work()
    assert on_disk(sha256).read_bytes() == DATA
    assert stored(hub, sha256).sound
    assert hub.open("GET", f"/resources/{ark}/files/米.txt").status_code == 302
    assert [(one["action"], one["detail"]["outcome"]) for one in audit(hub, sha256)] == [
        ("object.fixity_check", "fail"),
        ("object.repaired", "success"),
    ]
    assert check_all(hub).damaged == 0


def test_length_and_absence_are_told_apart_once_the_store_knows_of_them(hub, published, on_disk, store):
    _, sha256, _ = published
    with on_disk(sha256).open("ab") as file:
        file.write(b"x")
    store.process.stop()
    store.process.start(timeout=30)
    check_all(hub)
    assert stored(hub, sha256).damage == "size"
    delete(on_disk(sha256))
    store.process.stop()
    store.process.start(timeout=30)
    check_all(hub)
    assert stored(hub, sha256).damage == "missing"


def test_another_institution_that_named_the_same_bytes_is_asked_and_may_heal(hub, other, published, on_disk):
    _, sha256, _ = published
    assert other.publish(make_record(files=[file_entry(DATA)]))[0]["state"] == "in_review"
    flip(on_disk(sha256))
    check_all(hub)
    assert other.events()[-1]["sha256"] == sha256
    other.upload(sha256, DATA)
    hub.work()
    assert stored(hub, sha256).sound
    assert audit(hub, sha256)[-1]["actor"] == f"node:{other.node_id}"


def test_a_stranger_may_not_replace_a_damaged_file(hub, other, published, on_disk):
    _, sha256, _ = published
    flip(on_disk(sha256))
    check_all(hub)
    assert other.offer((sha256, len(DATA)))[0]["code"] == "file_not_declared"


def test_bytes_that_are_wrong_again_heal_nothing_and_are_asked_for_again(hub, member, published, on_disk):
    _, sha256, _ = published
    flip(on_disk(sha256))
    check_all(hub)
    asked = len(member.events())
    member.upload(sha256, DATA[::-1])
    hub.work()
    assert not stored(hub, sha256).sound
    assert [event["sha256"] for event in member.events()[asked:]] == [sha256]


def test_a_new_version_waits_for_a_file_whose_copy_is_damaged(hub, member, published, on_disk):
    record, sha256, _ = published
    flip(on_disk(sha256))
    check_all(hub)
    [answer] = member.publish({**record, "version": 2})
    assert answer["state"] == "awaiting_files"
    member.upload(sha256, DATA)
    hub.work()
    assert hub.states(record["id"]) == ["published", "in_review"]


def test_a_worker_killed_after_replacing_the_bytes_repeats_harmlessly(hub, member, published, on_disk):
    _, sha256, _ = published
    flip(on_disk(sha256))
    check_all(hub)
    upload_id = member.upload(sha256, DATA)["upload_id"]
    parts(hub.app).store.verify_and_keep(upload_id=upload_id, sha256=sha256, size=len(DATA), replace=True)
    assert not stored(hub, sha256).sound
    queue(hub.app).verify_now(upload_id)
    assert stored(hub, sha256).sound
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.get_one(Upload, upload_id).state == "verified"


def test_an_object_that_an_operator_put_back_is_sound_again_at_the_next_check(hub, published, on_disk):
    _, sha256, _ = published
    flip(on_disk(sha256))
    check_all(hub)
    flip(on_disk(sha256))
    assert check_all(hub).damaged == 0
    assert stored(hub, sha256).sound
    assert audit(hub, sha256)[-1]["actor"] == "hub"


def test_a_damaged_object_is_asked_for_again_after_a_week_and_not_before(hub, member, published, on_disk):
    _, sha256, _ = published
    delete(on_disk(sha256))
    check_all(hub)
    asked = len(member.events())
    assert check(hub).checked == 0
    with unit_of_work(hub.app) as session:
        session.get_one(StoredObject, sha256).checked_at = now() - fixity.RECHECK
    assert check(hub).checked == 1
    assert len(member.events()) == asked + 1


def test_only_what_is_due_is_read_and_the_oldest_first(hub, member):
    digests = []
    for number in range(3):
        data = bytes([number]) * 10
        publish(hub, member, make_record(files=[file_entry(data)]), data, indexed=False)
        digests.append(file_entry(data)["sha256"])
    with unit_of_work(hub.app) as session:
        session.get_one(StoredObject, digests[0]).checked_at = now() - timedelta(days=28)
        session.get_one(StoredObject, digests[2]).checked_at = now() - timedelta(days=40)
    with unit_of_work(hub.app) as session:
        before = fixity.due_before(session, days=30, bytes_per_second=10**6)
        assert fixity.standing(session, days=30).overdue == 1
        claims = [fixity.claim(session, before=before) for _ in range(3)]
    assert [claimed and claimed.sha256 for claimed in claims] == [digests[2], digests[0], None]


@pytest.mark.parametrize(("rate", "days"), [(0, 27), (10**9, 27), (1, 17.5), (0.1, 0)])
def test_reading_begins_early_enough_for_the_budget(hub, rate, days):
    with unit_of_work(hub.app) as session:
        session.add(StoredObject(sha256="0" * 64, size=10 * 86_400, media_type="text/plain"))
        session.flush()
        before = fixity.due_before(session, days=30, bytes_per_second=rate)
    assert (now() - before) / timedelta(days=1) == pytest.approx(days, abs=0.01)


def test_what_is_just_being_taken_away_is_no_loss(hub, published):
    with unit_of_work(hub.app) as session:
        claimed = fixity.claim(session, before=now())
        session.get_one(StoredObject, claimed.sha256).removing_at = now()
    with unit_of_work(hub.app) as session:
        fixity.conclude(session, claimed, "missing")
    with unit_of_work(hub.app) as session:
        assert session.get_one(StoredObject, claimed.sha256).sound
        session.get_one(StoredObject, claimed.sha256).claimed_until = None
        assert fixity.claim(session, before=now()) is None


def test_two_workers_never_check_the_same_object_and_a_dead_ones_claim_ends(hub, published):
    with unit_of_work(hub.app) as session:
        first = fixity.claim(session, before=now())
    with unit_of_work(hub.app) as session:
        assert fixity.claim(session, before=now()) is None
        fixity.renew(session, first)
    with unit_of_work(hub.app) as session:
        held = session.get_one(StoredObject, first.sha256)
        held.claimed_until = now() - timedelta(seconds=1)
    with unit_of_work(hub.app) as session:
        assert fixity.claim(session, before=now()) == first


def test_a_check_that_ended_after_the_bytes_were_replaced_says_nothing(hub, published):
    _, sha256, _ = published
    with unit_of_work(hub.app) as session:
        claimed = fixity.claim(session, before=now())
    with unit_of_work(hub.app) as session:
        fixity.mark_repaired(session, session.get_one(StoredObject, sha256), actor="test")
    with unit_of_work(hub.app) as session:
        fixity.conclude(session, claimed, "digest")
    assert stored(hub, sha256).sound


def test_stopping_lets_go_of_what_is_being_read(hub, published):
    _, sha256, _ = published

    def stop(_seconds):
        raise fixity_watch.Stopped()

    with pytest.raises(fixity_watch.Stopped):
        fixity_watch.check_until_done(hub.app, pace=Pace(1, stop), before=now())
    assert stored(hub, sha256).claimed_until is None


def test_the_budget_is_kept():
    waits = []
    pace = Pace(100, waits.append, lambda: 0.0)
    for _ in range(3):
        pace.spend(50)
    assert waits == [0.5, 1.0, 1.5]


def test_a_watch_that_is_turned_off_ends_at_once(hub):
    hub.app.extensions["commons"] = type(parts(hub.app))(
        type(hub.settings)(fixity_days=0), parts(hub.app).store, parts(hub.app).index
    )
    fixity_watch.run(hub.app, threading.Event())
