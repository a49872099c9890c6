"""A member that would take back much of what it has in public is stopped, and asked, before anything is gone."""

from __future__ import annotations

import pytest

from federation import operations, withdrawals
from federation.database import unit_of_work
from tests.support.publishing import publish_all
from tests.support.records import make_record


def ending(record):
    return {**record, "version": 2, "withdrawn": {"reason": "误操作"}}


@pytest.fixture
def shown(hub, member):
    records = [make_record() for _ in range(40)]
    publish_all(hub, member, [(record, {}) for record in records], indexed=False)
    return records


def test_too_many_withdrawals_wait_and_all_else_goes_on(hub, member, shown):
    new = make_record()
    results = member.publish(*[ending(record) for record in shown[:13]], new)
    assert [result.get("code", "") for result in results] == ["mass_withdrawal"] * 13 + [""]
    assert hub.states(shown[0]["id"]) == ["published"]
    assert hub.states(new["id"]) == ["in_review"]


def test_what_is_withdrawn_bit_by_bit_is_counted_together(hub, member, shown):
    for record in shown[:12]:
        assert member.publish(ending(record))[0]["outcome"] == "accepted"
    assert member.publish(ending(shown[12]))[0]["code"] == "mass_withdrawal"


def test_a_few_withdrawals_are_never_questioned(hub, member):
    records = [make_record() for _ in range(10)]
    publish_all(hub, member, [(record, {}) for record in records], indexed=False)
    assert {result["outcome"] for result in member.publish(*map(ending, records))} == {"accepted"}


def test_once_a_person_has_said_yes_all_of_them_pass(hub, member, shown):
    with unit_of_work(hub.app) as session:
        withdrawals.allow(session, operations.institution(session, member.code), hours=1, actor="operator")
    assert {result["outcome"] for result in member.publish(*map(ending, shown))} == {"accepted"}
    assert hub.states(shown[0]["id"]) == ["withdrawn", "withdrawn"]


def test_another_member_is_not_hindered(hub, member, other, shown):
    member.publish(*[ending(record) for record in shown])
    record = make_record()
    publish_all(hub, other, [(record, {})], indexed=False)
    assert other.publish(ending(record))[0]["outcome"] == "accepted"
