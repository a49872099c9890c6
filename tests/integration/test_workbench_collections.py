"""Collections in the workbench: plain forms that make, order, propose and show them, and lose nothing typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from federation import roles
from tests.support.desk import Browser, Desk
from tests.support.hub import ORIGIN, Hub
from tests.support.publishing import publish, withdraw
from tests.support.records import make_record

LIST = "/workbench/collections/"
ITEM = re.compile(r'name="item-\d+-resource" value="([^"]+)"')


class Editor:
    """A browser on the page of one collection, which sends the whole form as it stands."""

    def __init__(self, browser: Browser, title: str = "量尺", kind: str = "collection") -> None:
        self.browser = browser
        made = browser.submit(LIST, kind=kind, slug="", title=title)
        assert made.status_code == 303, made.text
        self.path = made.headers["Location"].split("?")[0]

    def page(self) -> str:
        return self.browser.page(self.path)

    def items(self) -> list[str]:
        return ITEM.findall(self.page())

    def press(self, button: str, **typed: str) -> int:
        """Press a button of the form, with what stands in it and what is typed beside; the answer's status."""
        page = self.page()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        fields |= dict(re.findall(r'<input id="[^"]+" name="([^"]+)"[^>]* value="([^"]*)"', page))
        fields |= dict(re.findall(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>([^<]*)</textarea>', page))
        self.answer = self.browser.client.post(self.path, data={**fields, "do": button, **typed}, base_url=ORIGIN)
        return self.answer.status_code

    def step(self, name: str, **more: str) -> int:
        based_on = re.search(r'name="based_on" value="(\d+)"', self.page())
        data = {"step": name, "based_on": based_on[1] if based_on else "0", **more}
        self.answer = self.browser.submit(f"{self.path}/standing", seen_on=self.path, **data)
        return self.answer.status_code


@dataclass
class Stocked(Desk):
    """A desk, and three resources that are public."""

    records: list[dict[str, Any]]
    arks: list[str]


@pytest.fixture
def desk(hub: Hub) -> Stocked:
    member = hub.member("institute-a")
    records = [make_record(title={"zh": title}) for title in ("游标卡尺", "铜权", "漏刻")]
    return Stocked(hub, records, [publish(hub, member, record) for record in records])


def test_a_collection_is_made_filled_ordered_and_shown_with_plain_forms(desk: Stocked) -> None:
    arks, ids = desk.arks, [record["id"] for record in desk.records]
    editor = Editor(desk.signed_in("lead", roles.CHIEF_REVIEWER))
    assert editor.press("save", introduction_zh="从布手知尺说起。") == 303
    assert editor.press("add", add=f"{arks[0]}\n{ORIGIN}/resources/{arks[1]}") == 303
    assert editor.press("find", find="漏刻") == 303
    assert editor.browser.page(editor.answer.headers["Location"].split("#")[0]).count(f'value="add-{arks[2]}"') == 1
    assert editor.press(f"add-{arks[2]}") == 303
    assert editor.items() == ids
    assert editor.press("up-2", **{"item-0-note_zh": "从这件看起"}) == 303
    assert editor.items() == [ids[0], ids[2], ids[1]]
    assert "从这件看起" in editor.page(), "what was typed is kept whichever button is pressed"
    assert editor.press("remove-1") == 303
    assert editor.items() == ids[:2]
    slug = re.search(r"/collections/(c-[0-9a-f]+)<", editor.page())
    assert slug is not None
    public = f"/collections/{slug[1]}"
    assert desk.hub.open("GET", public).status_code == 404
    assert "从这件看起" in editor.browser.page(f"{editor.path}/preview")
    assert editor.step("show") == 303
    assert "从这件看起" in desk.hub.open("GET", public).text
    withdraw(desk.hub, desk.records[0], "有误")
    assert "公众看不到" in editor.page()
    assert "1 件资源已不公开" in editor.browser.page(LIST)
    assert "1 个专题里有资源已不公开" in desk.signed_in("admin", roles.ADMIN).page("/workbench/admin/")


def test_what_is_wrong_is_said_beside_what_was_typed(desk: Stocked) -> None:
    editor = Editor(desk.signed_in("lead", roles.CHIEF_REVIEWER))
    assert editor.press("add", add="no such thing", introduction_zh="写了半天") == 422
    assert "写了半天" in editor.answer.text
    assert "“no”不是公开资源的永久标识或网址" in editor.answer.text
    assert editor.press("save", title_zh=" ", introduction_zh="还在") == 422
    assert "还在" in editor.answer.text
    assert editor.step("show") == 422
    assert "没有一件公开的资源" in editor.answer.text
    assert editor.browser.submit(LIST, kind="?", slug="A B", title="还在").status_code == 422


def test_two_editors_do_not_overwrite_each_other(desk: Stocked) -> None:
    editor = Editor(desk.signed_in("lead", roles.CHIEF_REVIEWER))
    assert editor.press("save", introduction_zh="先到的") == 303
    assert editor.press("save", introduction_zh="后到的", based_on="1") == 409
    assert "后到的" in editor.answer.text
    assert "先到的" in editor.page()


def test_a_manager_proposes_and_the_alliance_sends_back_or_shows(desk: Stocked) -> None:
    arks = desk.arks
    manager = Editor(desk.signed_in("manager", roles.MANAGER, "institute-a"))
    manager.press("add", add=arks[0], introduction_zh="本院的尺。")
    assert manager.step("show") == 403
    assert manager.step("propose") == 303
    lead = desk.signed_in("lead", roles.CHIEF_REVIEWER)
    there = Editor.__new__(Editor)
    there.browser, there.path = lead, manager.path
    assert 'name="title_zh"' not in there.page(), "the alliance does not edit an institution's words"
    assert there.press("save") == 403
    assert there.step("return", reason="引言太短") == 303
    assert "引言太短" in manager.page()
    manager.press("save", introduction_zh="本院的尺，从铜尺到激光。")
    assert manager.step("propose") == 303
    assert there.step("show") == 303
    assert there.step("hide", reason="") == 422
    assert there.step("nonsense") == 404
    auditor = desk.signed_in("auditor", roles.AUDITOR)
    assert auditor.get(manager.path).status_code == 200
    desk.hub.member("institute-b")
    stranger = desk.signed_in("stranger", roles.MANAGER, "institute-b")
    assert stranger.get(manager.path).status_code == 404
    told = [action for action in desk.actions() if action.startswith("collection.")]
    assert told == [
        "collection.created",
        "collection.revised",
        "collection.proposed",
        "collection.returned",
        "collection.revised",
        "collection.proposed",
        "collection.shown",
    ]
