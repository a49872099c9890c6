"""Petitions and days on the workbench's pages: members ask, and who leads the review answers and fixes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from federation import days, roles
from tests.support.desk import APPROVAL, Desk
from tests.support.hub import Hub, Member

PETITIONS = "/workbench/petitions/"


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)


def own(path: str) -> str:
    return path.replace("/workbench/", "/workbench/own/")


def test_a_member_appeals_on_the_page_and_reads_the_answer_there(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member, title={"zh": "甲的尺"})
    desk.signed_in("li").submit(path, verdict="reject", reason="出处不明。")
    keeper = desk.signed_in("zhang", roles.CONTRIBUTOR, member.code)
    assert "提出申诉" in keeper.page(own(path))
    where = own(path) + "/petitions"
    assert keeper.submit(where, seen_on=own(path), kind="appeal", text=" ").status_code == 422
    assert keeper.submit(where, seen_on=own(path), kind="appeal", text="见目录第 3 页。").status_code == 303
    assert "等答复" in keeper.page(own(path))
    chief = desk.signed_in("wang", roles.CHIEF_REVIEWER)
    page = chief.page(PETITIONS)
    assert "见目录第 3 页。" in page
    [address] = [piece.split('"')[0] for piece in page.split('action="') if piece.startswith(PETITIONS)]
    assert chief.submit(address, seen_on=PETITIONS, answer="", reason="x").status_code == 422
    assert chief.submit(address, seen_on=PETITIONS, answer="granted", reason=" ").status_code == 422
    assert chief.submit(address, seen_on=PETITIONS, answer="granted", reason="确有出处").status_code == 303
    assert desk.hub.states(record["id"]) == ["in_review"]
    assert "确有出处" in keeper.page(own(path))
    assert "确有出处" in chief.page(path)
    assert "没有等着答复的申请" in chief.page(PETITIONS)


def test_who_may_not_answer_reads_why_and_finds_no_form(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member)
    chief = desk.signed_in("wang", roles.CHIEF_REVIEWER)
    chief.submit(path, verdict="reject", reason="出处不明。")
    keeper = desk.signed_in("zhang", roles.MANAGER, member.code)
    keeper.submit(own(path) + "/petitions", seen_on=own(path), kind="appeal", text="请再看")
    page = chief.page(PETITIONS)
    assert "要由别人来审" in page
    assert 'name="answer"' not in page


def test_an_approval_for_a_day_waits_and_the_day_can_be_changed_or_taken_back(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    day = (days.today() + timedelta(days=3)).isoformat()
    reviewer = desk.signed_in("li")
    assert reviewer.submit(path, **APPROVAL, publish_on="gestern").status_code == 422
    assert reviewer.submit(path, **APPROVAL, publish_on=day).status_code == 303
    assert desk.hub.states(record["id"]) == ["approved"]
    assert 'name="day"' not in reviewer.page(path)
    keeper = desk.signed_in("zhang", roles.CONTRIBUTOR, member.code)
    assert "已通过，待发布" in keeper.page(own(path))
    chief = desk.signed_in("wang", roles.CHIEF_REVIEWER)
    assert chief.submit(path + "/day", seen_on=path, day=day, **{"day-reason": " "}).status_code == 422
    recalled = chief.submit(path + "/day", seen_on=path, recall="1", day=day, **{"day-reason": "图片有误"})
    assert recalled.status_code == 303
    assert desk.hub.states(record["id"]) == ["in_review"]
    assert "不再作数" in chief.page(path)
    reviewer.submit(path, **APPROVAL, publish_on=day)
    assert chief.submit(path + "/day", seen_on=path, day="", **{"day-reason": "现在就要"}).status_code == 303
    assert desk.hub.states(record["id"]) == ["published"]


def test_what_is_topical_is_set_in_the_policy_s_form(desk: Desk) -> None:
    chief = desk.signed_in("wang", roles.CHIEF_REVIEWER)
    assert 'name="topical_days"' in chief.page("/workbench/rules/")
    assert "有期限的资源" in chief.page("/workbench/policy/")
