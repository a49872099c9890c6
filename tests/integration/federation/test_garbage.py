"""Room is made in the store, and nothing that any version of any resource names is ever removed."""

import os
from datetime import timedelta

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from federation import collection, garbage, ingestion, lifecycle
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.institutions import Node
from federation.models.objects import StoredObject, Upload
from federation.models.resources import ResourceVersion
from federation.parts import parts
from federation.storage import StoreUnavailable
from federation.tasks import queue
from tests.support.publishing import file_entry
from tests.support.records import make_file, make_record
from tests.support.stores import kept_bytes

PART = 5 * 1024**2
LONG = timedelta(days=100)


@pytest.fixture(autouse=True)
def everything_is_old(monkeypatch):
    """What the database says it stored or received now counts as old, and so does what lies in the store."""
    monkeypatch.setattr(collection, "_days_ago", lambda _days: now() + timedelta(seconds=5))


def kept(hub, data, **changes):
    """Bytes that the hub keeps, with their row."""
    entry = file_entry(data)
    parts(hub.app).store.put_bytes(sha256=entry["sha256"], data=data)
    with unit_of_work(hub.app) as session:
        session.add(StoredObject(sha256=entry["sha256"], size=len(data), media_type="text/plain", **changes))
    return entry["sha256"]


def has(hub, sha256):
    with unit_of_work(hub.app, read_only=True) as session:
        row = session.get(StoredObject, sha256) is not None
    return row, any(digest == sha256 for digest, _ in parts(hub.app).store.kept_before(now() + LONG))


def upload_state(hub, upload_id):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.get_one(Upload, upload_id).state


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_what_nothing_names_goes_whatever_the_state_of_what_names_it(hub, member, dry_run):
    named = {}
    for state in lifecycle.MOVES:
        data = f"named by a version that is {state}".encode()
        named[state] = kept(hub, data)
        record = make_record(files=[file_entry(data)])
        member.publish(record)
        with unit_of_work(hub.app) as session:
            query = select(ResourceVersion).where(ResourceVersion.resource_id == record["id"])
            session.scalars(query).one().state = state
    loose, unknown = kept(hub, b"named by nothing"), file_entry(b"of an earlier life")["sha256"]
    parts(hub.app).store.put_bytes(sha256=unknown, data=b"of an earlier life")
    done = collection.collect(hub.app, dry_run=dry_run)
    assert (done.objects, done.size) == (2, len(b"named by nothing") + len(b"of an earlier life"))
    assert {state for state, sha256 in named.items() if has(hub, sha256) != (True, True)} == set()
    assert has(hub, loose) == (dry_run, dry_run)
    assert has(hub, unknown) == (False, dry_run)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_versions_and_uploads_there_are_what_they_name_is_needed(hub, member, data):
    digests = [f"{number:064x}" for number in range(6)]
    named = data.draw(st.lists(st.sampled_from(digests), max_size=4))
    coming = data.draw(
        st.lists(st.tuples(st.sampled_from(digests), st.sampled_from(["open", "verifying"])), max_size=3)
    )
    ended = data.draw(st.lists(st.sampled_from(digests), max_size=3))
    with unit_of_work(hub.app) as session:
        session.add_all(StoredObject(sha256=digest, size=1, media_type="text/plain") for digest in digests)
        session.flush()
        live = dict(coming)
        for number, (digest, state) in enumerate([*live.items(), *((digest, "expired") for digest in ended)]):
            session.add(Upload(id=str(number), node_id=member.node_id, sha256=digest, size=1, state=state))
        session.flush()
        files = [make_file(sha256=digest, size=1, name=f"{number}.pdf") for number, digest in enumerate(named)]
        _name(session, member, files)
        later = now() + timedelta(seconds=1)
        free = set(digests) - set(named) - set(live)
        assert {digest for digest, _ in garbage.unneeded(session, before=later)} == free
        promised = {digest for digest in digests if garbage.promise_removal(session, digest, 1, before=later)}
        assert promised == free
        session.rollback()


def _name(session, member, files):
    if files:
        token = member.signer.sign(make_record(files=files))
        [outcome] = ingestion.ingest(session, session.get_one(Node, member.node_id), [token], max_file_bytes=10**9)
        assert outcome.error is None


def put_by_hand(hub, key, data):
    """What somebody else put into the public bucket."""
    store = parts(hub.app).store
    store._engine.put(store.settings.public_bucket, key, data)


def in_public(hub):
    return {one.key for one in parts(hub.app).store.in_public()}


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_no_hub_put_into_the_public_bucket_is_said_and_never_removed(hub, dry_run):
    sha256 = kept(hub, b"named by nothing")
    strangers = {"letter.txt", f"sha256/aa/bb/{sha256}", f"old/sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"}
    for key in strangers:
        put_by_hand(hub, key, b"xyz")
    done = collection.collect(hub.app, dry_run=dry_run)
    assert (done.objects, done.size) == (1, len(b"named by nothing"))
    assert (done.foreign, done.foreign_size, set(done.foreign_keys)) == (3, 9, strangers)
    assert strangers <= in_public(hub)


def test_of_many_strangers_some_are_named_and_all_are_counted(hub, monkeypatch):
    monkeypatch.setattr(collection, "NAMED", 2)
    for number in range(3):
        put_by_hand(hub, f"letter-{number}.txt", b"x")
    done = collection.collect(hub.app)
    assert (done.foreign, len(done.foreign_keys)) == (3, 2)


def test_what_is_young_is_left_alone(hub, monkeypatch):
    monkeypatch.setattr(collection, "_days_ago", lambda days: now() - timedelta(days=days))
    sha256 = kept(hub, b"stored a moment ago")
    unknown = file_entry(b"stored a moment ago, its row not yet")["sha256"]
    parts(hub.app).store.put_bytes(sha256=unknown, data=b"stored a moment ago, its row not yet")
    done = collection.collect(hub.app)
    assert (done.objects, done.foreign) == (0, 0)
    assert has(hub, sha256) == (True, True)
    assert has(hub, unknown) == (False, True)


def test_bytes_that_are_being_removed_are_sent_anew_by_who_publishes_them_meanwhile(hub, member):
    data = os.urandom(100)
    sha256 = kept(hub, data)
    with unit_of_work(hub.app) as session:
        assert garbage.promise_removal(session, sha256, len(data), before=now() + LONG)
    record = make_record(files=[file_entry(data)])
    assert member.publish(record)[0]["state"] == "awaiting_files"
    member.upload(sha256, data)
    hub.work()
    assert hub.states(record["id"]) == ["verifying"]
    collection._remove(hub.app, sha256)
    hub.work()
    assert hub.states(record["id"]) == ["in_review"]
    assert kept_bytes(parts(hub.app).store, sha256) == data


def test_what_was_named_after_the_list_was_made_is_not_removed(hub, member):
    data = os.urandom(100)
    sha256 = kept(hub, data)
    member.publish(make_record(files=[file_entry(data)]))
    with unit_of_work(hub.app) as session:
        assert not garbage.promise_removal(session, sha256, len(data), before=now() + LONG)


def test_a_removal_that_a_crash_broke_off_is_finished_by_the_sweep(hub, monkeypatch):
    data = os.urandom(100)
    sha256 = kept(hub, data)
    with unit_of_work(hub.app) as session:
        garbage.promise_removal(session, sha256, len(data), before=now() + LONG)
    queue(hub.app).sweep()
    assert has(hub, sha256) == (True, True)
    monkeypatch.setattr(collection, "FORGOTTEN", timedelta(seconds=-1))
    queue(hub.app).sweep()
    assert has(hub, sha256) == (False, False)


def test_the_sweep_ends_an_abandoned_upload_and_the_node_gets_another(hub, member):
    data = os.urandom(2 * PART)
    entry = file_entry(data)
    member.publish(make_record(files=[entry]))
    [first] = member.offer((entry["sha256"], entry["size"]))
    queue(hub.app).sweep()
    assert upload_state(hub, first["upload_id"]) == "expired"
    [again] = member.offer((entry["sha256"], entry["size"]))
    assert again["outcome"] == "granted"
    assert again["upload_id"] != first["upload_id"]


def test_an_upload_that_moves_on_is_not_abandoned(hub, member):
    data = os.urandom(2 * PART)
    entry = file_entry(data)
    member.publish(make_record(files=[entry]))
    [answer] = member.offer((entry["sha256"], entry["size"]))
    part = answer["parts"][0]
    requests.put(part["url"], data=data[:PART], timeout=30).raise_for_status()
    queue(hub.app).sweep()
    assert upload_state(hub, answer["upload_id"]) == "open"
    [again] = member.offer((entry["sha256"], entry["size"]))
    assert (again["upload_id"], again["bytes_present"]) == (answer["upload_id"], PART)


def test_an_end_that_a_crash_broke_off_is_finished(hub, member):
    data = os.urandom(100)
    entry = file_entry(data)
    member.publish(make_record(files=[entry]))
    [answer] = member.offer((entry["sha256"], entry["size"]))
    requests.put(answer["parts"][0]["url"], data=data, timeout=30).raise_for_status()
    with unit_of_work(hub.app) as session:
        garbage.give_up(session, session.get_one(Upload, answer["upload_id"]))
    assert collection.expire_uploads(hub.app) == 1
    assert list(parts(hub.app).store.sent_before(now() + LONG)) == []


def test_an_upload_that_the_store_will_not_end_keeps_no_other_from_ending(hub, member, monkeypatch):
    entries = [file_entry(os.urandom(100)) for _ in range(3)]
    member.publish(*(make_record(files=[entry]) for entry in entries))
    ids = [answer["upload_id"] for answer in member.offer(*((entry["sha256"], entry["size"]) for entry in entries))]
    abort = parts(hub.app).store.abort_upload

    def fail_for_one(*, upload_id, store_upload_id):
        if upload_id == ids[0]:
            raise StoreUnavailable("500")
        abort(upload_id=upload_id, store_upload_id=store_upload_id)

    monkeypatch.setattr(parts(hub.app).store, "abort_upload", fail_for_one)
    collection.expire_uploads(hub.app)
    assert [upload_state(hub, one) for one in ids] == ["expiring", "expired", "expired"]


def test_leftovers_go_and_what_is_on_its_way_stays(hub, member):
    store, data = parts(hub.app).store, os.urandom(100)
    entry = file_entry(data)
    member.publish(make_record(files=[entry]))
    member.upload(entry["sha256"], data)
    requests.put(store.grant_put(upload_id="left-over", size=1), data=b"x", timeout=30).raise_for_status()
    done = collection.collect(hub.app)
    assert (done.leftovers, done.size) == (1, 1)
    [(_, size)] = store.sent_before(now() + LONG)
    assert size == len(data)
