"""A member that would take back much of what it has in public is stopped, and asked, before anything is gone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from federation import operations, publication, withdrawals
from federation.database import unit_of_work
from federation.models.events import AuditEvent
from federation.models.resources import ResourceVersion
from federation.parts import attach, parts
from shared.reconciliation import Item, bucket_digests
from tests.support.publishing import publish_all
from tests.support.records import make_record


def ending(record):
    return {**record, "version": 2, "withdrawn": {"reason": "误操作"}}


def codes(results):
    return [result.get("code", "") for result in results]


def standing(hub):
    with unit_of_work(hub.app, read_only=True) as session:
        return [(one.node.id, one.count) for one in withdrawals.held(session)]


def said(hub):
    """What the audit log has of stopped withdrawals."""
    query = select(AuditEvent.entry).where(AuditEvent.action == "institution.withdrawals_held")
    with unit_of_work(hub.app, read_only=True) as session:
        return [json.loads(entry) for entry in session.scalars(query.order_by(AuditEvent.at))]


def allow(hub, member):
    with unit_of_work(hub.app) as session:
        withdrawals.allow(session, operations.institution(session, member.code), hours=1, actor="operator")


def take_down(hub, record):
    with unit_of_work(hub.app) as session:
        versions = session.scalars(select(ResourceVersion).where(ResourceVersion.resource_id == record["id"])).all()
        publication.remove(session, versions, to="taken_down", actor="test", reason="侵权")


def publish_some(hub, member, count):
    records = [make_record() for _ in range(count)]
    publish_all(hub, member, [(record, {}) for record in records], indexed=False)
    return records


@pytest.fixture
def shown(hub, member):
    return publish_some(hub, member, 40)


def test_too_many_withdrawals_wait_and_all_else_goes_on(hub, member, shown):
    new = make_record()
    assert codes(member.publish(*map(ending, shown[:13]), new)) == ["mass_withdrawal"] * 13 + [""]
    assert hub.states(shown[0]["id"]) == ["published"]
    assert hub.states(new["id"]) == ["in_review"]


def test_what_is_withdrawn_bit_by_bit_is_counted_together(hub, member, shown):
    for record in shown[:12]:
        assert member.publish(ending(record))[0]["outcome"] == "accepted"
    assert codes(member.publish(ending(shown[12]))) == ["mass_withdrawal"]


@pytest.mark.parametrize(("public", "wanted"), [(2, 2), (10, 10), (16, 9), (3, 2)])
def test_a_small_member_is_asked_like_a_large_one(hub, member, public, wanted):
    records = publish_some(hub, member, public)
    assert codes(member.publish(*map(ending, records[:wanted]))) == ["mass_withdrawal"] * wanted


def test_one_withdrawal_a_day_is_never_questioned(hub, member):
    first, second = publish_some(hub, member, 2)
    assert member.publish(ending(first))[0]["outcome"] == "accepted"
    assert codes(member.publish(ending(second))) == ["mass_withdrawal"]


@pytest.mark.parametrize(("unasked", "outcome"), [(0, "rejected"), (5, "accepted")])
def test_how_many_are_never_questioned_is_the_alliances_choice(hub, member, unasked, outcome):
    attach(hub.app, replace(parts(hub.app), settings=replace(hub.settings, max_withdrawn_unasked=unasked)))
    records = publish_some(hub, member, max(unasked, 1))
    assert {result["outcome"] for result in member.publish(*map(ending, records))} == {outcome}


def test_what_the_alliance_took_down_is_not_held_against_the_member(hub, member):
    first, second, _ = publish_some(hub, member, 3)
    take_down(hub, first)
    assert member.publish(ending(second))[0]["outcome"] == "accepted"


def test_a_withdrawal_that_is_sent_again_or_takes_nothing_from_the_public_is_not_stopped(hub, member, shown):
    unseen = make_record()
    member.publish(unseen, ending(shown[0]))
    results = member.publish(ending(shown[0]), ending(unseen), *map(ending, shown[1:13]))
    assert [result["outcome"] for result in results] == ["duplicate", "accepted"] + ["rejected"] * 12


def test_once_a_person_has_said_yes_all_of_them_pass(hub, member, shown):
    member.publish(*map(ending, shown))
    allow(hub, member)
    assert standing(hub) == []
    assert {result["outcome"] for result in member.publish(*map(ending, shown))} == {"accepted"}
    assert hub.states(shown[0]["id"]) == ["withdrawn", "withdrawn"]


def test_another_member_is_not_hindered(hub, member, other, shown):
    member.publish(*map(ending, shown))
    [record] = publish_some(hub, other, 1)
    assert other.publish(ending(record))[0]["outcome"] == "accepted"
    assert standing(hub) == [(member.node_id, 40)]


def test_stopped_withdrawals_are_noted_once_however_often_the_node_asks(hub, member, shown):
    for _ in range(3):
        member.publish(*map(ending, shown[:20]))
    member.publish(*map(ending, shown[20:]))
    assert standing(hub) == [(member.node_id, 40)]
    [entry] = said(hub)
    assert entry["actor"] == f"node:{member.node_id}"
    assert entry["subject"] == f"institution:{member.code}"
    assert entry["detail"] == {"count": 20}


def test_after_a_person_has_said_yes_the_next_time_is_noted_anew(hub, member, shown):
    member.publish(*map(ending, shown))
    allow(hub, member)
    member.publish(*map(ending, shown[:20]))
    with unit_of_work(hub.app) as session:
        operations.institution(session, member.code).withdrawals_allowed_until = None
    member.publish(*map(ending, shown[20:]))
    assert standing(hub) == [(member.node_id, 20)]
    assert len(said(hub)) == 2


def test_a_withdrawal_that_passed_after_all_is_no_longer_held(hub, member, shown):
    member.publish(*map(ending, shown))
    assert member.publish(ending(shown[0]))[0]["outcome"] == "accepted"
    assert standing(hub) == [(member.node_id, 39)]


def test_a_node_that_holds_the_same_as_the_hub_no_longer_asks_for_any(hub, member, shown):
    member.publish(*map(ending, shown))
    with unit_of_work(hub.app, read_only=True) as session:
        digests = {one.resource_id: one.sha256 for one in session.scalars(select(ResourceVersion))}
    items = [Item(record["id"], 1, digests[record["id"]], "published") for record in shown]
    for count, left in ((39, [(member.node_id, 40)]), (40, [])):
        message = {"buckets": bucket_digests(items[:count]), "count": count, "cursor": 0}
        assert member.post("/reconciliation/digests", message).status_code == 200
        assert standing(hub) == left


def test_a_stranger_to_a_resource_neither_holds_nor_releases_its_withdrawal(hub, member, other, shown):
    member.publish(*map(ending, shown))
    other.publish(ending(shown[0]))
    assert standing(hub) == [(member.node_id, 40)]
