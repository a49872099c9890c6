"""A store that has gone silent keeps whoever needs it waiting, and nobody else."""

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from federation import collection, granting
from federation.database import unit_of_work
from federation.models.institutions import Node
from federation.models.objects import Upload
from federation.needs import Wanted
from federation.parts import parts
from federation.quotas import Limits
from tests.support.faulty_proxy import ASKED, FaultyProxy
from tests.support.hub import running_hub
from tests.support.records import make_file, make_record
from tests.support.stores import RunningStore

SIZE = 12 * 1024**2
"""A file that is sent in three parts."""
LONGEST = 20
"""Seconds: far less than the store is given to answer, far more than a publication takes."""


@pytest.fixture
def line(store):
    """The line between the hub and its store."""
    address = urlsplit(store.endpoint)
    with FaultyProxy((address.hostname, address.port)) as proxy:
        yield proxy


@pytest.fixture
def hub(line, tmp_path):
    with running_hub(tmp_path / "hub", RunningStore(line.origin)) as hub:
        yield hub


def promised(member, data):
    """The digest of a file that the hub now awaits."""
    entry = make_file(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    member.publish(make_record(files=[entry]))
    return entry["sha256"]


def is_done_meanwhile(line, needs_the_store, meanwhile):
    """Whether `meanwhile` is done while the store is silent to `needs_the_store`; in the end both are."""
    silent, answers_again = threading.Event(), threading.Event()

    def fall_silent():
        silent.set()
        answers_again.wait(2 * LONGEST)

    line.when(ASKED, 1, fall_silent)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(needs_the_store)
        assert silent.wait(LONGEST)
        second = pool.submit(meanwhile)
        wait([second], LONGEST)
        done = second.done() and not first.done()
        answers_again.set()
        first.result()
        second.result()
    return done


def test_others_publish_while_an_offer_waits_for_the_store(hub, line, member, other):
    data, record = os.urandom(SIZE), make_record()
    offered = (promised(member, data), SIZE)
    assert is_done_meanwhile(line, lambda: member.offer(offered), lambda: other.publish(record))
    assert hub.states(record["id"]) == ["in_review"]
    assert member.upload(offered[0], data)["outcome"] == "verifying"


def test_others_publish_while_a_completion_waits_for_the_store(hub, line, member, other):
    data, record = os.urandom(SIZE), make_record()
    sha256 = promised(member, data)
    [granted] = member.offer((sha256, SIZE))
    send_parts(granted, data)
    complete = {"upload_ids": [granted["upload_id"]]}
    assert is_done_meanwhile(line, lambda: member.post("/uploads/complete", complete), lambda: other.publish(record))
    assert hub.states(record["id"]) == ["in_review"]
    assert member.offer((sha256, SIZE))[0]["outcome"] == "verifying"


def test_others_publish_while_the_sweep_asks_the_store_about_an_old_upload(hub, line, member, other):
    data, record = os.urandom(SIZE), make_record()
    [granted] = member.offer((promised(member, data), SIZE))
    with unit_of_work(hub.app) as session:
        session.get_one(Upload, granted["upload_id"]).changed_at -= timedelta(days=1000)
    assert is_done_meanwhile(line, lambda: collection.expire_uploads(hub.app), lambda: other.publish(record))
    assert hub.states(record["id"]) == ["in_review"]


def test_offers_of_one_file_that_two_hosts_answer_at_the_same_moment_end_in_one_upload(hub, member):
    data = os.urandom(SIZE)
    offers = [Wanted(promised(member, data), SIZE)]
    store, limits = parts(hub.app).store, Limits.of(hub.settings)
    both, answers = [], []
    for _ in range(2):
        with unit_of_work(hub.app) as session:
            node = session.get_one(Node, member.node_id)
            both.append(granting.promise(session, node, offers, limits=limits, language="zh"))
    begun = [granting.begin(store, one) for one in both]
    assert len({one.store_upload_id for found in begun for one in found.values()}) == 2
    for one, found in zip(both, begun, strict=True):
        with unit_of_work(hub.app) as session:
            answers += granting.grant(session, store, offers, one, found, language="zh")
    assert len({answer["upload_id"] for answer in answers}) == 1
    assert len({store_upload_of(answer) for answer in answers}) == 1
    send_parts(answers[1], data)
    done = member.post("/uploads/complete", {"upload_ids": [answers[0]["upload_id"]]}).get_json()["uploads"]
    assert [one["outcome"] for one in done] == ["verifying"]


def test_an_upload_that_ends_while_the_store_is_asked_is_refused_and_granted_the_next_time(hub, member):
    offers = [Wanted(promised(member, os.urandom(SIZE)), SIZE)]
    store, limits = parts(hub.app).store, Limits.of(hub.settings)
    with unit_of_work(hub.app) as session:
        node = session.get_one(Node, member.node_id)
        first = granting.promise(session, node, offers, limits=limits, language="zh")
    begun = granting.begin(store, first)
    with unit_of_work(hub.app) as session:
        session.get_one(Upload, begun[offers[0].sha256].opening.upload_id).state = "expired"
    with unit_of_work(hub.app) as session:
        [answer] = granting.grant(session, store, offers, first, begun, language="zh")
    assert (answer["outcome"], answer["code"]) == ("refused", "upload_closed")
    assert member.offer((offers[0].sha256, SIZE))[0]["outcome"] == "granted"


def test_an_upload_that_was_made_whole_by_a_call_that_did_not_live_to_say_so_is_not_sent_again(hub, member):
    data = os.urandom(SIZE)
    sha256 = promised(member, data)
    [granted] = member.offer((sha256, SIZE))
    send_parts(granted, data)
    store_upload_id = store_upload_of(granted)
    parts(hub.app).store.complete_upload(upload_id=granted["upload_id"], store_upload_id=store_upload_id, size=SIZE)
    [again] = member.offer((sha256, SIZE))
    assert (again["outcome"], again["parts"], again["bytes_present"]) == ("granted", [], SIZE)
    done = member.post("/uploads/complete", {"upload_ids": [again["upload_id"]]}).get_json()["uploads"]
    assert [one["outcome"] for one in done] == ["verifying"]


def send_parts(granted, data):
    for part in granted["parts"]:
        piece = data[part["offset"] : part["offset"] + part["size"]]
        requests.put(part["url"], data=piece, timeout=30).raise_for_status()


def store_upload_of(granted):
    """The store's own name of a multipart upload, as the grants carry it."""
    [found] = {parse_qs(urlsplit(part["url"]).query)["uploadId"][0] for part in granted["parts"]}
    return found
