"""Verification against a real store: what is hashed is what is kept, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tracemalloc

import pytest
import requests

from federation.storage import DigestMismatch, ObjectMissing
from federation.storage.keeping import HEAD_BYTES, KEEP_PART
from tests.support.stores import ACCESS_KEY, SECRET_KEY, kept_bytes, running_store

MIB = 1024 * 1024
LARGE = 2 * KEEP_PART + 4321


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with running_store(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def store(running):
    """A single PUT reaches far here, so that a test can send a file with one request."""
    return running.client(part_size=256 * MIB)


@pytest.fixture
def upload_id(request):
    return request.node.name.replace("[", "-").replace("]", "")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def send(store, upload_id, data):
    url = store.grant_put(upload_id=upload_id, size=len(data))
    requests.put(url, data=data, timeout=60).raise_for_status()
    return url


@pytest.mark.parametrize("size", [0, 1, HEAD_BYTES, KEEP_PART - 1, KEEP_PART, KEEP_PART + 1, LARGE])
def test_what_was_signed_is_kept_and_what_was_sent_is_removed(store, upload_id, size):
    data = os.urandom(size)
    send(store, upload_id, data)
    seen = []
    kept = store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=size, progress=seen.append)
    assert (kept.sha256, kept.size, kept.head) == (digest(data), size, data[:HEAD_BYTES])
    assert store.has(sha256=digest(data), size=size)
    assert kept_bytes(store, digest(data), chunk=70_000) == data
    assert seen == sorted(seen)
    assert seen[-1] == size
    store.delete(sha256=digest(data))
    with pytest.raises(ObjectMissing):
        store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=size)


@pytest.mark.parametrize("size", [100, LARGE])
def test_altered_bytes_are_named_and_never_kept(store, upload_id, size):
    signed = os.urandom(size)
    sent = signed[:-1] + bytes([signed[-1] ^ 1])
    send(store, upload_id, sent)
    for _ in range(2):
        with pytest.raises(DigestMismatch) as caught:
            store.verify_and_keep(upload_id=upload_id, sha256=digest(signed), size=size)
        assert (caught.value.actual_sha256, caught.value.actual_size) == (digest(sent), size)
    assert not store.has(sha256=digest(signed), size=size)
    assert not store.has(sha256=digest(sent), size=size)
    store.abort_upload(upload_id=upload_id, store_upload_id=None)
    with pytest.raises(ObjectMissing):
        store.verify_and_keep(upload_id=upload_id, sha256=digest(signed), size=size)


def test_a_wrong_size_is_refused_without_reading(store, upload_id):
    data = b"x" * 1000
    send(store, upload_id, data)
    with pytest.raises(DigestMismatch) as caught:
        store.verify_and_keep(
            upload_id=upload_id, sha256=digest(data), size=999, progress=lambda _: pytest.fail("bytes were read")
        )
    assert (caught.value.actual_sha256, caught.value.actual_size) == (None, 1000)


def test_verifying_twice_is_verifying_once(store, upload_id):
    data = os.urandom(5000)
    url = send(store, upload_id, data)
    first = store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=5000)
    assert store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=5000) == first
    requests.put(url, data=os.urandom(5000), timeout=30).raise_for_status()
    assert store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=5000) == first


def test_a_worker_that_comes_second_finds_what_the_first_kept_in_the_middle_of_its_own_check(
    running, store, upload_id, monkeypatch
):
    data = os.urandom(1000)
    send(store, upload_id, data)
    second, given = (
        running.client(part_size=256 * MIB),
        {"upload_id": upload_id, "sha256": digest(data), "size": 1000},
    )
    open_now = second._engine.open

    def open_later(*place):
        """The moment between looking for what is kept and reading what was sent."""
        monkeypatch.undo()
        store.verify_and_keep(**given)
        return open_now(*place)

    monkeypatch.setattr(second._engine, "open", open_later)
    assert second.verify_and_keep(**given).head == data


def test_a_grant_that_outlives_the_check_cannot_reach_what_is_kept(store, upload_id):
    data, other = os.urandom(5000), os.urandom(5000)
    url = send(store, upload_id, data)
    store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=5000)
    assert requests.put(url, data=other, timeout=30).status_code == 200
    assert kept_bytes(store, digest(data)) == data


def test_bytes_swapped_while_they_are_hashed_are_not_kept_under_the_wrong_digest(store, upload_id):
    data, other = os.urandom(LARGE), os.urandom(LARGE)
    url = send(store, upload_id, data)
    swaps = []

    def swap(read):
        if not swaps:
            swaps.append(requests.put(url, data=other, timeout=60).status_code)

    try:
        store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=LARGE, progress=swap)
    except DigestMismatch:
        assert not store.has(sha256=digest(data), size=LARGE)
    else:
        assert digest(kept_bytes(store, digest(data))) == digest(data)
    assert swaps == [200]
    assert not store.has(sha256=digest(other), size=LARGE)


KILLED = """
import os, signal, sys
from federation.storage import ObjectStore, StoreSettings
endpoint, access_key, secret_key, incoming, public, upload_id, sha256, size, at = sys.argv[1:]
where = {"endpoint": endpoint, "incoming_bucket": incoming, "public_bucket": public}
store = ObjectStore(StoreSettings(access_key=access_key, secret_key=secret_key, **where))
def die(read):
    if read >= int(at):
        os.kill(os.getpid(), signal.SIGKILL)
store.verify_and_keep(upload_id=upload_id, sha256=sha256, size=int(size), progress=die)
"""


@pytest.mark.parametrize("at", [KEEP_PART, 2 * KEEP_PART, LARGE])
def test_a_worker_killed_half_way_leaves_nothing_half_kept(running, store, upload_id, at):
    data = os.urandom(LARGE)
    send(store, upload_id, data)
    buckets = [running.settings().incoming_bucket, running.settings().public_bucket]
    arguments = [running.endpoint, ACCESS_KEY, SECRET_KEY, *buckets, upload_id, digest(data), str(LARGE), str(at)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert not store.has(sha256=digest(data), size=LARGE)
    kept = store.verify_and_keep(upload_id=upload_id, sha256=digest(data), size=LARGE)
    assert kept.head == data[:HEAD_BYTES]
    assert kept_bytes(store, digest(data)) == data


def test_a_large_file_needs_no_more_memory_than_a_few_parts(store, upload_id):
    block, count = os.urandom(MIB), 100
    whole = hashlib.sha256()
    for _ in range(count):
        whole.update(block)
    opened_at = store.grant_put(upload_id=upload_id, size=count * MIB)
    body = (block for _ in range(count))
    # A generator would be sent in chunks; with the length given the client streams it as it is.
    request = requests.Request("PUT", opened_at, data=body, headers={"Content-Length": str(count * MIB)}).prepare()
    request.headers.pop("Transfer-Encoding", None)
    with requests.Session() as session:
        session.send(request, timeout=60).raise_for_status()
    tracemalloc.start()
    try:
        store.verify_and_keep(upload_id=upload_id, sha256=whole.hexdigest(), size=count * MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3.5 * KEEP_PART


def test_small_objects_of_the_hub_are_kept_and_deleted(store):
    data = "缩略图".encode()
    store.put_bytes(sha256=digest(data), data=data)
    assert store.has(sha256=digest(data), size=len(data))
    assert not store.has(sha256=digest(data), size=len(data) + 1)
    for _ in range(2):
        store.delete(sha256=digest(data))
    assert not store.has(sha256=digest(data), size=len(data))
    with pytest.raises(ObjectMissing):
        kept_bytes(store, digest(data))
