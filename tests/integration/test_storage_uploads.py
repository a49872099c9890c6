"""Upload grants against a real store: parts, resumption, bounds, completion after a crash."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
import requests

from federation.storage import IncompleteUpload, UploadUnknown
from federation.storage.s3 import S3Engine
from tests.support.stores import running_store

MIB = 1024 * 1024
PART = 5 * MIB
SIZE = 2 * PART + 12345


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with running_store(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def store(running):
    return running.client()


@pytest.fixture(scope="module")
def data():
    return os.urandom(SIZE)


@pytest.fixture
def upload_id(request):
    return request.node.name.replace("[", "-").replace("]", "")


def send(store, upload_id, opened, data, numbers):
    grants = store.grant_parts(upload_id=upload_id, store_upload_id=opened, size=len(data), part_numbers=numbers)
    for grant in grants:
        answer = requests.put(grant.url, data=data[grant.offset : grant.offset + grant.size], timeout=30)
        assert answer.status_code == 200, answer.text


def landed(running, upload_id):
    return S3Engine(running.settings()).size(running.settings().incoming_bucket, f"uploads/{upload_id}")


def test_an_upload_that_was_cut_off_goes_on_where_it_was(running, store, upload_id, data):
    opened = store.open_upload(upload_id=upload_id, size=SIZE)
    send(store, upload_id, opened, data, [1])
    with pytest.raises(IncompleteUpload) as caught:
        store.complete_upload(upload_id=upload_id, store_upload_id=opened, size=SIZE)
    assert caught.value.missing == (2, 3)

    again = running.client()
    held = again.list_parts(upload_id=upload_id, store_upload_id=opened)
    assert [(part.number, part.size) for part in held] == [(1, PART)]
    send(again, upload_id, opened, data, [2, 3])
    again.complete_upload(upload_id=upload_id, store_upload_id=opened, size=SIZE)
    assert landed(running, upload_id) == SIZE


@pytest.mark.parametrize("part_size", [PART, PART + MIB])
def test_parts_of_another_size_than_they_must_have_by_now_count_as_none(running, store, upload_id, data, part_size):
    opened = store.open_upload(upload_id=upload_id, size=SIZE)
    send(store, upload_id, opened, data, [1])
    changed = running.client(part_size=part_size)
    arrived = changed.arrived(upload_id=upload_id, store_upload_id=opened, size=SIZE)
    assert arrived == ({1: PART} if part_size == PART else {})


def test_parts_may_arrive_out_of_order_and_twice(running, store, upload_id, data):
    opened = store.open_upload(upload_id=upload_id, size=SIZE)
    send(store, upload_id, opened, data, [2, 1, 3, 2])
    store.complete_upload(upload_id=upload_id, store_upload_id=opened, size=SIZE)
    assert landed(running, upload_id) == SIZE


def test_completing_twice_is_completing_once(running, store, upload_id, data):
    opened = store.open_upload(upload_id=upload_id, size=SIZE)
    send(store, upload_id, opened, data, [1, 2, 3])
    for _ in range(2):
        store.complete_upload(upload_id=upload_id, store_upload_id=opened, size=SIZE)
    assert landed(running, upload_id) == SIZE


def test_an_upload_that_the_store_has_dropped_is_unknown(store, upload_id, data):
    opened = store.open_upload(upload_id=upload_id, size=SIZE)
    send(store, upload_id, opened, data, [1])
    for _ in range(2):
        store.abort_upload(upload_id=upload_id, store_upload_id=opened)
    with pytest.raises(UploadUnknown):
        store.list_parts(upload_id=upload_id, store_upload_id=opened)
    with pytest.raises(UploadUnknown) as caught:
        store.complete_upload(upload_id=upload_id, store_upload_id=opened, size=SIZE)
    assert caught.value.upload_id == opened


def test_many_parts_are_listed_page_by_page(running, store, upload_id, data):
    opened = store.open_upload(upload_id=upload_id, size=SIZE)
    send(store, upload_id, opened, data, [1, 2, 3])
    for page in (1, 2, 3):
        engine = S3Engine(running.settings(), page=page)
        parts = engine.list_parts(running.settings().incoming_bucket, f"uploads/{upload_id}", opened)
        assert [part.size for part in parts] == [PART, PART, 12345]


@pytest.mark.parametrize("size", [0, 1, PART])
def test_a_small_file_is_one_put(running, store, upload_id, data, size):
    assert store.open_upload(upload_id=upload_id, size=size) is None
    url = store.grant_put(upload_id=upload_id, size=size)
    assert requests.put(url, data=data[:size], timeout=30).status_code == 200
    assert landed(running, upload_id) == size


@pytest.mark.parametrize("size", [0, 9, 11])
def test_a_grant_takes_no_other_number_of_bytes(running, store, upload_id, data, size):
    url = store.grant_put(upload_id=upload_id, size=10)
    assert requests.put(url, data=data[:size], timeout=30).status_code == 403
    assert landed(running, upload_id) is None


def test_a_part_takes_no_other_number_of_bytes(store, upload_id, data):
    opened = store.open_upload(upload_id=upload_id, size=SIZE)
    (grant,) = store.grant_parts(upload_id=upload_id, store_upload_id=opened, size=SIZE, part_numbers=[3])
    assert (grant.offset, grant.size) == (2 * PART, 12345)
    assert requests.put(grant.url, data=data[:12346], timeout=30).status_code == 403
    assert store.list_parts(upload_id=upload_id, store_upload_id=opened) == []


def test_a_grant_is_for_one_place_and_one_verb(running, store, upload_id):
    url = store.grant_put(upload_id=upload_id, size=1)
    elsewhere = [
        url.replace(f"/{running.settings().incoming_bucket}/", f"/{running.settings().public_bucket}/"),
        url.replace(f"/{upload_id}?", "/another?"),
        url.replace("X-Amz-Expires=3600", "X-Amz-Expires=360000"),
        url.partition("?")[0],
    ]
    for altered in elsewhere:
        assert requests.put(altered, data=b"x", timeout=30).status_code in {400, 403}
    assert requests.get(url, timeout=30).status_code == 403
    assert requests.delete(url, timeout=30).status_code == 403
    assert landed(running, upload_id) is None


def test_what_was_sent_is_listed_by_its_age(store, upload_id):
    url = store.grant_put(upload_id=upload_id, size=1)
    requests.put(url, data=b"x", timeout=30).raise_for_status()
    moment = datetime.now(UTC)
    assert upload_id not in dict(store.sent_before(moment - timedelta(days=1)))
    assert dict(store.sent_before(moment + timedelta(seconds=5)))[upload_id] == 1


def test_an_unfinished_upload_is_dropped_by_its_age_unless_it_is_spared(store, upload_id):
    part = 5 * 1024**2
    store_upload_id = store.open_upload(upload_id=upload_id, size=2 * part)
    later = datetime.now(UTC) + timedelta(seconds=5)
    store.abort_multiparts(before=later, spared={upload_id})
    assert store.list_parts(upload_id=upload_id, store_upload_id=store_upload_id) == []
    if store.abort_multiparts(before=later, spared=()):
        with pytest.raises(UploadUnknown):
            store.list_parts(upload_id=upload_id, store_upload_id=store_upload_id)


@pytest.mark.only_on("sqlite")
def test_buckets_are_made_once_and_the_expiry_is_not_assumed(running, store):
    # This engine answers the request for a life cycle as if it were another one.
    assert store.ensure_buckets() is False
    assert store.ensure_buckets() is False
    assert store.ready() is True
    assert running.client(public_bucket=f"{running.buckets}-another").ready() is True


@pytest.mark.only_on("postgresql")
def test_buckets_are_made_once_and_the_store_itself_forgets_what_is_never_verified(running, store):
    assert store.ensure_buckets() is True
    assert store.ensure_buckets() is True
    assert store.ready() is True
    assert running.client(public_bucket=f"{running.buckets}-another").ready() is True
