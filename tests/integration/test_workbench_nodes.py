"""The workbench's page on a node: whether both sides hold the same, its keys, and large withdrawals."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from federation import operations, people, standing
from federation.database import unit_of_work
from federation.models.auditing import AuditReason
from federation.models.events import AuditEvent
from federation.models.institutions import Institution, NodeKey
from federation.models.reconciliations import Reconciliation
from shared.reconciliation import bucket_digests
from tests.support.desk import Browser, Desk
from tests.support.hub import Hub, Member
from tests.support.publishing import publish_all
from tests.support.records import make_record


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)


@pytest.fixture
def member(hub: Hub) -> Member:
    return hub.member()


@pytest.fixture
def admin(desk: Desk) -> Browser:
    return desk.signed_in("zhao", people.ADMIN)


def page_of(member: Member) -> str:
    return f"/workbench/admin/nodes/{member.node_id}"


def compare(member: Member, count: int, found: list[dict[str, object]] | None = None) -> None:
    message = {"buckets": bucket_digests([]), "count": count, "cursor": 0}
    member.post("/reconciliation/digests", {**message, "found": found} if found else message)


def test_a_node_that_never_compared_is_told_so(admin: Browser, member: Member) -> None:
    page = admin.page(page_of(member))
    assert "还没有核对过" in page
    assert "在用" in page
    assert member.signer.key_id in page


def test_the_page_shows_the_counts_the_digest_and_what_differed(hub: Hub, admin: Browser, member: Member) -> None:
    record = make_record()
    member.publish(record)
    finding = {"record_id": record["id"], "version": 1, "kind": "absent_at_node", "theirs": None}
    compare(member, 0, [{name: value for name, value in finding.items() if value is not None}])
    page = admin.page(page_of(member))
    for words in ("不一致", record["id"], "节点缺少，已从平台取回", "还没有过"):
        assert words in page
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.get_one(Reconciliation, member.node_id).digest in page
    assert "不一致" in admin.page("/workbench/admin/institutions")


def test_equality_is_shown_among_the_members(admin: Browser, member: Member) -> None:
    compare(member, 0)
    assert "一致</span>" in admin.page("/workbench/admin/institutions")
    assert page_of(member) in admin.page("/workbench/admin/institutions")


def test_a_key_is_suspended_used_again_and_revoked_with_reasons(hub: Hub, admin: Browser, member: Member) -> None:
    place = page_of(member)
    form = f"{place}/keys/{member.signer.key_id}"
    for state, reason in (("suspended", "电脑丢了"), ("active", "找到了"), ("revoked", "又丢了")):
        answer = admin.submit(form, seen_on=place, state=state, reason=reason)
        assert answer.status_code == 303
        with unit_of_work(hub.app, read_only=True) as session:
            key = session.get_one(NodeKey, member.signer.key_id)
            assert (key.state, key.state_reason) == (state, reason)
            happened = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
            assert happened.action == f"key.{state}"
            assert session.get_one(AuditReason, happened.id).reason == reason
        assert reason in admin.page(place)
    again = admin.submit(form, seen_on="/workbench/account", state="active", reason="反悔")
    assert again.status_code == 409
    assert "不能变为" in again.get_data(as_text=True)


def test_a_key_keeps_its_state_without_a_reason_or_for_another_state(
    hub: Hub, admin: Browser, member: Member
) -> None:
    place = page_of(member)
    form = f"{place}/keys/{member.signer.key_id}"
    assert admin.submit(form, seen_on=place, state="revoked", reason=" ").status_code == 422
    assert admin.submit(form, seen_on=place, state="revoked", reason="长" * 501).status_code == 422
    assert admin.submit(form, seen_on=place, state="gone", reason="?").status_code == 422
    other = hub.member("institute-b")
    assert (
        admin.submit(f"{place}/keys/{other.signer.key_id}", seen_on=place, state="revoked", reason="x").status_code
        == 404
    )
    assert admin.get("/workbench/admin/nodes/nothing").status_code == 404
    with unit_of_work(hub.app, read_only=True) as session:
        assert {key.state for key in session.scalars(select(NodeKey))} == {"active"}


def test_a_large_withdrawal_is_agreed_to_for_a_day(hub: Hub, admin: Browser, member: Member) -> None:
    with unit_of_work(hub.app, read_only=True) as session:
        number = session.scalars(select(Institution.id)).one()
    place = page_of(member)
    assert "同意 24 小时" in admin.page(place)
    answer = admin.submit(f"/workbench/admin/institutions/{number}/withdrawals", seen_on=place)
    assert answer.status_code == 303
    assert "已同意" in admin.page(place)
    assert (
        admin.submit("/workbench/admin/institutions/999/withdrawals", seen_on="/workbench/account").status_code == 404
    )


def test_stopped_withdrawals_are_shown_to_all_staff_until_an_admin_agrees(
    hub: Hub, desk: Desk, admin: Browser, member: Member
) -> None:
    reviewer, place = desk.signed_in("li"), page_of(member)
    with unit_of_work(hub.app, read_only=True) as session:
        number = session.scalars(select(Institution.id)).one()
    records = [make_record() for _ in range(4)]
    publish_all(hub, member, [(record, {}) for record in records])
    member.publish(*({**record, "version": 2, "withdrawn": {"reason": "误"}} for record in records))
    assert "要撤回 4 件公开资源" in reviewer.page("/workbench/")
    assert place not in reviewer.page("/workbench/")
    assert f"{place}#withdrawals" in admin.page("/workbench/")
    assert "4 件撤回待同意" in admin.page("/workbench/admin/institutions")
    assert "节点“节点”要撤回 4 件公开资源" in admin.page(place)
    with unit_of_work(hub.app, read_only=True) as session:
        assert [one["withdrawals_held"] for one in operations.institutions(session, quota=0)] == [4]
    assert standing.status(hub.app)["institutions"][member.code]["withdrawals_held"] == 4
    admin.submit(f"/workbench/admin/institutions/{number}/withdrawals", seen_on=place)
    for path in ("/workbench/", "/workbench/admin/institutions", place):
        assert "4 件" not in admin.page(path)


def test_a_held_withdrawal_is_not_said_to_have_been_sent_again(admin: Browser, member: Member) -> None:
    record = make_record()
    compare(member, 1, [{"record_id": record["id"], "version": 2, "kind": "held"}])
    page = admin.page(page_of(member))
    assert "撤回已被平台拦下，等联盟管理员同意" in page
    assert "重新送出" not in page


def test_only_admins_see_and_change_nodes(desk: Desk, member: Member) -> None:
    reviewer = desk.signed_in("li")
    assert reviewer.get(page_of(member)).status_code == 403
    form = f"{page_of(member)}/keys/{member.signer.key_id}"
    assert reviewer.submit(form, seen_on="/workbench/account", state="revoked", reason="x").status_code == 403
    assert desk.browser().get(page_of(member)).status_code in (302, 303)
