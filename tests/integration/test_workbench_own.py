"""What contributors and managers see: all of their own institution's things, and nothing of others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from federation import roles
from federation.database import unit_of_work
from federation.models.reviews import Claim
from tests.support.desk import APPROVAL, DOOR, Desk
from tests.support.hub import Hub, Member

OWN = "/workbench/own/"


@pytest.fixture
def desk(hub: Hub) -> Iterator[Desk]:
    return Desk(hub)


def own(path: str) -> str:
    return path.replace("/workbench/", OWN)


@pytest.mark.parametrize("role", [roles.CONTRIBUTOR, roles.MANAGER])
def test_members_begin_at_their_own_things_and_see_no_others(
    desk: Desk, member: Member, other: Member, role: str
) -> None:
    _, path = desk.waiting(member, title={"zh": "甲的尺"})
    _, foreign = desk.waiting(other, title={"zh": "乙的秤"})
    desk.person("zhang", role, member.code)
    browser = desk.browser()
    assert browser.enter("zhang", query="?next=/workbench/").headers["Location"] == OWN
    page = browser.page(OWN)
    assert "甲的尺" in page
    assert "乙的秤" not in page
    assert "甲的尺" in browser.page(own(path))
    assert browser.get(own(foreign)).status_code == 404
    assert [browser.get(one).status_code for one in ("/workbench/", path)] == [403, 403]
    assert browser.get(DOOR).headers["Location"] == OWN


def test_members_read_what_was_decided_and_why_but_not_by_whom(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    desk.signed_in("reviewer-lihui").submit(path, verdict="request_changes", reason="第二段数据有误。")
    second = {**record, "version": 2}
    member.publish(second)
    desk.signed_in("reviewer-wang").submit(f"/workbench/versions/{desk.version_id(second)}", **APPROVAL)
    browser = desk.signed_in("zhang", roles.CONTRIBUTOR, member.code)
    assert "已发布" in browser.page(OWN)
    first, latest = browser.page(own(path)), browser.page(f"{OWN}versions/{desk.version_id(second)}")
    for page in (first, latest):
        assert "第二段数据有误。" in page
        assert "reviewer-" not in page
    assert "看公开页面" in latest
    assert "看公开页面" not in first


def test_members_see_who_reviews_what_since_when_and_when_it_is_due(
    desk: Desk, member: Member, other: Member
) -> None:
    record, path = desk.waiting(member, title={"zh": "甲的尺"}, themes=["red-metrology"])
    _, foreign = desk.waiting(other, title={"zh": "乙的秤"})
    first, second = desk.signed_in("wang-yuan"), desk.signed_in("li-hui")
    first.submit(path, **APPROVAL)
    browser = desk.signed_in("zhang", roles.CONTRIBUTOR, member.code)
    for page in (browser.page(OWN), browser.page(own(path))):
        assert "还没有人领取" in page
        assert "需 2 人通过，已有 1 人" in page
        assert "还有 10 天" in page
        assert "wang-yuan" not in page, "a decision is the alliance's"
    second.submit(f"{path}/claim", seen_on=path)
    first.submit(f"{foreign}/claim", seen_on=foreign)
    since = claim_of(desk, record)
    second.submit(f"{path}/claim", seen_on=path)
    assert claim_of(desk, record) == since, "claiming again only makes it last longer"
    for page in (browser.page(OWN), browser.page(own(path))):
        assert "li-hui在审" in page
        assert "wang-yuan" not in page, "that one is at work on another member's"


def claim_of(desk: Desk, record: dict[str, Any]) -> datetime:
    with unit_of_work(desk.hub.app, read_only=True) as session:
        claim = session.get(Claim, desk.version_id(record))
        assert claim is not None
        return claim.since


def test_members_read_what_was_asked_and_that_it_waits_for_them(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member)
    desk.signed_in("li-hui").submit(f"{path}/questions", seen_on=path, question="出自哪一年的档案？")
    page = desk.signed_in("zhang", roles.MANAGER, member.code).page(own(path))
    assert page.count("出自哪一年的档案？") == 1
    assert "等本单位在节点上回答" in page
    assert "li-hui" not in page


def test_the_list_can_be_narrowed_to_a_state_and_paged(desk: Desk, member: Member, monkeypatch) -> None:
    monkeypatch.setattr("federation.contributions.PAGE_SIZE", 2)
    paths = [desk.waiting(member, title={"zh": f"第{number}件"})[1] for number in range(3)]
    desk.signed_in("li").submit(paths[0], verdict="reject", reason="重复")
    browser = desk.signed_in("zhang", roles.CONTRIBUTOR, member.code)
    assert "第 1 页，共 2 页" in browser.page(OWN)
    rejected = browser.page(f"{OWN}?state=rejected")
    assert "第0件" in rejected
    assert "第1件" not in rejected
    for query in ("page=99", "page=x", "state=nothing", "page=-1"):
        assert browser.get(f"{OWN}?{query}").status_code == 200


def test_an_institution_that_has_contributed_nothing_is_told_how(desk: Desk, member: Member) -> None:
    assert "还没有资源" in desk.signed_in("zhang", roles.MANAGER, member.code).page(OWN)


@pytest.mark.parametrize("role", [roles.CONTRIBUTOR, roles.MANAGER])
def test_an_account_of_a_member_needs_its_institution(desk: Desk, role: str) -> None:
    boss = desk.signed_in("boss", roles.ADMIN)
    answer = boss.submit("/workbench/admin/users", name="zhang", display_name="张", role=role, institution="")
    assert answer.status_code == 422
    assert 'class="fault"' in answer.get_data(as_text=True)
