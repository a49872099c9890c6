"""The review policy in the browser: reading it, changing it with its faults said, experts, and second looks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from federation import people
from federation.database import unit_of_work
from federation.sampling import draw
from tests.support.desk import APPROVAL, Browser, Desk
from tests.support.hub import Hub, Member

POLICY, RULES = "/workbench/policy/", "/workbench/rules/"


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)


def filled(browser: Browser) -> dict[str, Any]:
    """The form as it stands: every field with its value, boxes only when they are ticked."""
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]+>", browser.page(RULES)):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name is None or value is None or ('type="checkbox"' in tag and " checked" not in tag):
            continue
        values.setdefault(name[1], []).append(value[1])
    return values


def test_the_policy_is_read_by_every_reviewer_and_changed_in_the_form(desk: Desk, member: Member) -> None:
    boss, li = desk.signed_in("boss", people.ADMIN), desk.signed_in("li")
    assert "修改规则" not in li.page(POLICY)
    form = {
        **filled(boss),
        "needed": "2",
        "item-7-code": "voices",
        "item-7-zh": "方言",
        "item-7-en": "Dialects",
    }
    form |= {"item-7-question-zh": "说方言的人听得懂吗？", "item-7-question-en": "Do speakers of dialects follow it?"}
    form |= {"item-7-place": "0", "item-0-remove": "1", "reason": "加上方言"}
    assert boss.submit(RULES, **form).headers["Location"] == POLICY
    page = li.page(POLICY)
    assert page.index("方言") < page.index("科学性")
    assert "正确导向" not in page
    assert "加上方言" in page
    assert "正确导向" in li.page(POLICY + "1")
    _, path = desk.waiting(member)
    submission = li.page(path)
    assert "需要 2 位审核人通过" in submission
    assert "说方言的人听得懂吗？" in submission
    assert li.submit(path, **APPROVAL).status_code == 422


def test_who_has_read_another_checklist_is_shown_the_new_one_without_ticks(desk: Desk, member: Member) -> None:
    boss, li = desk.signed_in("boss", people.ADMIN), desk.signed_in("li")
    record, path = desk.waiting(member)
    number = re.search(r'name="policy" value="(\d+)"', li.page(path))
    assert number is not None
    changed = {**filled(boss), "item-0-question-zh": "另一个问题？", "reason": "改问法"}
    assert boss.submit(RULES, **changed).status_code == 303
    stale = {**APPROVAL, "policy": number[1], "reason": "都看过了"}
    for address, further in (
        (path, {}),
        (f"/workbench/together/?version={path.split('/')[-1]}", {"seen": path.split("/")[-1]}),
    ):
        answer = li.submit(address, **stale, **further)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "审核清单改成了第 2 版" in page
        assert "另一个问题？" in page
        assert "都看过了" in page
        assert 'name="checklist" value="science" checked' not in page
    assert desk.hub.states(record["id"]) == ["in_review"]
    assert li.submit(path, **APPROVAL, policy="2").status_code == 303


def test_the_form_says_each_fault_at_its_field_and_keeps_what_was_typed(desk: Desk) -> None:
    boss = desk.signed_in("boss", people.ADMIN)
    form = {**filled(boss), "days": "0", "item-1-zh": "", "item-2-code": "Not Good", "reason": "试试"}
    refused = boss.submit(RULES, **form)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    for words in (
        "审核天数：应在 1 到 365 之间",
        "清单第 2 项中文名",
        "清单第 3 项代码",
        'value="Not Good"',
        "试试</textarea>",
    ):
        assert words in page
    assert page.count('aria-invalid="true"') == 3
    assert "第 1 版" in boss.page(POLICY)


def test_who_changes_what_somebody_else_has_changed_is_told_and_loses_nothing(desk: Desk) -> None:
    boss = desk.signed_in("boss", people.ADMIN)
    form = filled(boss)
    boss.submit(RULES, **{**form, "days": "5", "reason": "先"})
    late = boss.submit(RULES, **{**form, "days": "6", "reason": "后"})
    assert late.status_code == 409
    assert "已改为第 2 版" in late.get_data(as_text=True)
    assert 'value="6"' in late.get_data(as_text=True)


@pytest.mark.parametrize("number", ["0", "2", "99999999999", "x"])
def test_a_version_of_the_policy_that_is_not_there_is_not_found(desk: Desk, number: str) -> None:
    assert desk.signed_in("li").get(POLICY + number).status_code == 404


def test_experts_are_set_on_their_page(desk: Desk) -> None:
    desk.person("li")
    boss = desk.signed_in("boss", people.ADMIN)
    action = re.findall(r'action="(/workbench/rules/experts/[^"]+)"', boss.page(POLICY + "experts"))
    assert len(action) == 2
    boss.submit(action[1], seen_on=POLICY + "experts", disciplines=["length"])
    read = desk.signed_in("zhao", people.AUDITOR).page(POLICY + "experts")
    assert "几何量" in read
    assert "/workbench/rules/" not in read
    assert "几何量" in boss.page(POLICY + "experts").split("<details>")[1].rpartition("</details>")[2]
    assert boss.submit(RULES + "experts/nobody", seen_on=POLICY + "experts").status_code == 404


def test_what_was_drawn_is_looked_at_again_on_its_page(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member, title={"zh": "水钟"})
    boss, li = desk.signed_in("boss", people.ADMIN), desk.signed_in("li")
    boss.submit(path, **APPROVAL)
    form = {**filled(boss), "sample_percent": "100", "reason": "抽查"}
    boss.submit(RULES, **form)
    with unit_of_work(desk.hub.app) as session:
        draw(session, choose=lambda found, _size: list(found))
    assert "这一版本是您通过的" in boss.page("/workbench/rereviews/")
    [action] = re.findall(r'action="(/workbench/rereviews/\d+)"', li.page("/workbench/rereviews/"))
    refused = li.submit(action, seen_on="/workbench/rereviews/", outcome="doubtful")
    assert (refused.status_code, "请填写理由" in refused.get_data(as_text=True)) == (422, True)
    li.submit(action, seen_on="/workbench/rereviews/", outcome="doubtful", note="数据已过时")
    page = li.page("/workbench/rereviews/")
    assert "数据已过时" in page
    assert "没有等着抽查的资源" in page
