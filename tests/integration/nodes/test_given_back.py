"""What a node without a network has lost comes back with a receipt, and what the hub has lost goes out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from federation import giving_back, lifecycle, publication, receipts
from federation.database import unit_of_work
from federation.models.events import FeedEntry
from federation.models.institutions import Node
from federation.models.links import VersionLink
from federation.models.resources import Resource as HubResource
from federation.models.resources import ResourceVersion, VersionFile, VersionTerm
from nodes import carried_enrolment, registration
from nodes.models import Membership, OutboxEntry, Resource, Version
from shared import hub_answers
from shared.canonical import canonical, digest
from shared.identifiers import fresh_id
from shared.reconciliation import bucket_of
from tests.support.hub import Hub
from tests.support.offline import Isolated, enrolled, isolated, lose_database
from tests.support.records import make_record

CODE = "isolated"
SECOND = "019712a0-7c00-7000-8000-0000000000b9"
"""Another node of the institution."""


@pytest.fixture
def node(hub: Hub, tmp_path: Path) -> Isolated:
    return isolated(hub, tmp_path / CODE, CODE)


def carry(node: Isolated, name: str) -> Any:
    """A bag there and its receipt back: what the node makes of it."""
    return node.take(node.import_(node.export(name)))


def come_back(node: Isolated) -> None:
    """Ask by stick for the place that the key had, and read the reply."""
    request, reply = node.folder / "back.jws", node.folder / "back.reply.jws"
    carried_enrolment.write_request(node.workplace, request, token=node.hub.invite(CODE), node_name="离线节点")
    reply.write_bytes(hub_answers.sign_reply(enrolled(node.hub, request), key=node.hub_key))
    carried_enrolment.take_reply(node.workplace, reply)


def held(node: Isolated) -> list[tuple[Any, ...]]:
    """All that the node knows of its versions."""
    columns = (Version.resource_id, Version.number, Version.sha256, Version.jws, Version.state, Version.reason)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        rows = session.execute(select(*columns, Resource.ark).join(Resource).order_by(*columns[:2]))
        return [tuple(row) for row in rows]


def at_the_hub(hub: Hub) -> list[tuple[Any, ...]]:
    with unit_of_work(hub.app, read_only=True) as session:
        columns = (
            ResourceVersion.resource_id,
            ResourceVersion.version,
            ResourceVersion.sha256,
            ResourceVersion.state,
        )
        return [tuple(row) for row in session.execute(select(*columns).order_by(*columns[:2]))]


def several(node: Isolated) -> list[str]:
    """Records in several states, one of them in two versions and published."""
    ids = [node.register(title={"zh": f"资源 {number}"}) for number in range(3)]
    carry(node, "first")
    node.register(ids[0], summary={"zh": "四步读准。"})
    carry(node, "second")
    with unit_of_work(node.hub.app) as session:
        versions = {one.resource_id: one for one in session.scalars(select(ResourceVersion).order_by("version"))}
        publication.publish(session, [versions[ids[0]]], actor="test", naan="99999")
        lifecycle.advance(session, [versions[ids[1]]], to="rejected", actor="test", reason="出处不明")
    carry(node, "news")
    return ids


def forget(hub: Hub, record_id: str) -> None:
    """Let the hub be as it was before it had heard of that record."""
    with unit_of_work(hub.app) as session:
        ids = list(session.scalars(select(ResourceVersion.id).where(ResourceVersion.resource_id == record_id)))
        for part in (VersionFile, VersionTerm, VersionLink, FeedEntry):
            session.execute(delete(part).where(part.version_id.in_(ids)))
        session.execute(delete(ResourceVersion).where(ResourceVersion.resource_id == record_id))
        session.execute(delete(HubResource).where(HubResource.id == record_id))


def test_a_node_that_lost_its_database_gets_all_its_records_back(hub: Hub, node: Isolated) -> None:
    several(node)
    before, there = held(node), at_the_hub(hub)
    lose_database(node)
    come_back(node)
    done = carry(node, "empty")
    assert held(node) == before
    assert (done.restored, done.unverified, done.unfinished, done.good) == (len(before), 0, False, True)
    receipt = node.import_(node.export("nothing to send"))
    assert (receipt["records"], receipt["files"], receipt["holdings"]["buckets"]) == ([], [], [])
    assert at_the_hub(hub) == there


def test_what_does_not_fit_into_one_receipt_comes_with_the_next(
    hub: Hub, node: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(node)
    before = held(node)
    lose_database(node)
    come_back(node)
    monkeypatch.setattr(giving_back, "MAX_GIVEN_BACK", 3500)
    bags = 0
    while carry(node, f"bag {bags}").unfinished:
        bags += 1
    assert bags > 0
    assert held(node) == before


def register_in(node: Isolated, bucket: int, versions: int) -> str:
    """Register so many versions of a record that lies in that bucket; its id."""
    record_id = fresh_id()[:-2] + f"{bucket:02x}"
    for number in range(versions):
        content = {**make_record(summary={"zh": f"第 {number} 版"})}
        content = {name: value for name, value in content.items() if name not in ("id", "version")}
        named = {"record_id": record_id} if number else {"new_id": record_id}
        with node.workplace.database.unit_of_work() as session:
            registration.register(session, content, [], key=node.workplace.key, **named)
    return record_id


def test_a_bucket_too_large_for_what_is_left_comes_first_the_next_time_and_one_too_large_at_all_blocks_none(
    hub: Hub, node: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge, large, small = [register_in(node, bucket, versions) for bucket, versions in ((1, 9), (2, 4), (3, 1))]
    carry(node, "first")
    lose_database(node)
    come_back(node)
    monkeypatch.setattr(giving_back, "MAX_GIVEN_BACK", 2500)
    monkeypatch.setattr(giving_back, "MAX_BUCKET_GIVEN", 6500)
    given = []
    for number in range(3):
        receipt = node.import_(node.export(f"bag {number}"))
        given.append({one["record_id"] for bucket in receipt["holdings"]["buckets"] for one in bucket["versions"]})
        assert node.take(receipt).unfinished
    assert given == [{large}, {small}, set()]
    monkeypatch.setattr(giving_back, "MAX_BUCKET_GIVEN", 100_000)
    assert not carry(node, "all").unfinished
    assert {row[0] for row in held(node)} == {huge, large, small}


def test_events_with_long_reasons_do_not_make_a_receipt_larger_than_a_node_reads(
    node: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(node)
    monkeypatch.setattr(receipts, "MAX_EVENTS", 2)
    monkeypatch.setattr(receipts, "MAX_EVENT_BYTES", 1)
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Membership).values(cursor=0))
    read, bags = 0, 0
    while (done := carry(node, f"bag {bags}")).unfinished:
        assert done.events == 2
        read, bags = read + done.events, bags + 1
    assert bags > 1
    assert done.again == 0


def test_a_single_record_that_was_lost_is_noticed_by_the_hub(hub: Hub, node: Isolated) -> None:
    """The node was restored from a backup; only the bucket that differs is sent."""
    lost = several(node)[0]
    before = held(node)
    with node.workplace.database.unit_of_work() as session:
        session.execute(delete(Version).where(Version.resource_id == lost))
        session.execute(delete(Resource).where(Resource.id == lost))
    receipt = node.import_(node.export("restored"))
    assert [bucket["bucket"] for bucket in receipt["holdings"]["buckets"]] == [bucket_of(lost)]
    node.take(receipt)
    assert [row[:6] for row in held(node)] == [row[:6] for row in before]


def test_a_record_that_the_hub_has_lost_goes_out_again_with_its_file(hub: Hub, node: Isolated) -> None:
    lost = node.register("", node.file("尺.txt", b"calipers"))
    carry(node, "first")
    forget(hub, lost)
    assert carry(node, "news").again == 1
    receipt = node.import_(node.export("again"))
    assert [answer["outcome"] for answer in receipt["records"]] == ["accepted"]
    node.take(receipt)
    assert (node.states(), hub.states(lost)) == (["in_review"], ["in_review"])
    assert carry(node, "nothing more").again == 0


def test_a_permanent_identifier_that_a_restored_hub_has_lost_comes_back(hub: Hub, node: Isolated) -> None:
    """It comes with the record, so before anybody can publish it under another."""
    published = several(node)[0]
    [before] = [row for row in held(node) if row[:2] == (published, 2)]
    forget(hub, published)
    carry(node, "restored")
    receipt = node.import_(node.export("again"))
    assert receipt["words"]["arks"] == 1
    node.take(receipt)
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.get_one(HubResource, published).ark == before[-1]
    assert node.import_(node.export("no more"))["holdings"]["buckets"] == []


def test_what_was_registered_since_the_export_is_neither_taken_for_lost_nor_sent_twice(node: Isolated) -> None:
    several(node)
    receipt = node.import_(node.export("before"))
    waiting = node.register()
    node.take(receipt)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert [entry.resource_id for entry in session.scalars(select(OutboxEntry))] == [waiting]


def test_a_record_with_a_fault_does_not_bring_all_others_back_with_each_receipt(node: Isolated) -> None:
    several(node)
    node.register()
    with node.workplace.database.unit_of_work() as session:
        entry = session.scalars(select(OutboxEntry)).one()
        named = (Version.resource_id == entry.resource_id, Version.number == entry.number)
        session.execute(update(Version).where(*named).values(jws="not.a.jws"))
    for name in ("faulty", "after it"):
        receipt = node.import_(node.export(name))
        assert receipt["holdings"]["buckets"] == []
        node.take(receipt)


def test_what_another_node_of_the_institution_has_published_since_is_left_to_it(hub: Hub, node: Isolated) -> None:
    moved = node.register()
    carry(node, "first")
    with unit_of_work(hub.app) as session:
        mine = session.get_one(Node, node.node_id)
        session.add(
            Node(id="019712a0-7c00-7000-8000-0000000000b9", institution_id=mine.institution_id, name="第二个")
        )
        session.flush()
        session.get_one(HubResource, moved).node_id = "019712a0-7c00-7000-8000-0000000000b9"
    assert carry(node, "second").again == 0
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert session.get_one(Resource, moved).elsewhere
    assert node.import_(node.export("third"))["holdings"]["buckets"] == []


def test_a_record_that_does_not_bear_our_signature_is_not_taken_and_said(hub: Hub, node: Isolated) -> None:
    """The hub's word is the last on states, never on what we have said."""
    altered = several(node)[1]
    lose_database(node)
    come_back(node)
    receipt = node.import_(node.export("empty"))
    given = [version for bucket in receipt["holdings"]["buckets"] for version in bucket["versions"]]
    [version] = [version for version in given if version["record_id"] == altered]
    version["jws"] += "x"
    done = node.take(receipt)
    assert (done.unverified, done.good) == (1, False)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert session.get(Resource, altered) is None


def test_nobody_is_given_what_another_institution_has_published(hub: Hub, node: Isolated, tmp_path: Path) -> None:
    """A hostile member shows digests of nothing, and names the other's records in its bag."""
    theirs = several(node)
    stranger = isolated(hub, tmp_path / "stranger", "stranger")
    own = stranger.register()
    carry(stranger, "first")
    with stranger.workplace.database.unit_of_work() as session:
        session.execute(delete(Version))
        session.execute(delete(Resource))
    for record_id in theirs:
        registration_of(stranger, record_id)
    receipt = stranger.import_(stranger.export("hostile"))
    assert {answer["code"] for answer in receipt["records"]} == {"not_yours"}
    given = {one["record_id"] for bucket in receipt["holdings"]["buckets"] for one in bucket["versions"]}
    named = {one["record_id"] for bucket in receipt["holdings"]["buckets"] for one in bucket["elsewhere"]}
    assert (given, named) == ({own}, set())


def registration_of(node: Isolated, record_id: str) -> None:
    """A record under an id that the node has not made itself, as a program of its own could sign it."""
    content = make_record(id=record_id, version=1)
    payload = canonical(content)
    with node.workplace.database.unit_of_work() as session:
        session.add(Resource(id=record_id))
        session.flush()
        signed = node.workplace.key.sign_record(payload)
        session.add(
            Version(resource_id=record_id, number=1, record=payload.decode(), sha256=digest(payload), jws=signed)
        )
        session.add(OutboxEntry(resource_id=record_id, number=1))


def test_a_receipt_that_gives_back_is_taken_twice_without_harm_and_an_older_one_not_at_all(node: Isolated) -> None:
    ids = several(node)
    lose_database(node)
    come_back(node)
    receipt = node.import_(node.export("empty"))
    for _ in range(2):
        node.take(receipt)
    before = held(node)
    node.register(ids[2], summary={"zh": "改好了。"})
    carry(node, "later")
    node.take(receipt)
    assert len(held(node)) == len(before) + 1
    assert node.states() == ["in_review", "published", "rejected"]


def test_a_receipt_with_a_bucket_twice_or_a_record_in_the_wrong_one_does_no_harm(node: Isolated) -> None:
    several(node)
    before = held(node)
    lose_database(node)
    come_back(node)
    receipt = node.import_(node.export("empty"))
    buckets = receipt["holdings"]["buckets"]
    strays = [{**buckets[0], "bucket": (buckets[0]["bucket"] + 1) % 256}]
    node.take({**receipt, "holdings": {"buckets": [*buckets, *buckets, *strays], "more": False}})
    assert held(node) == before
