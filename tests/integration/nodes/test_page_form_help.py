"""Help on the form: checked as it is filled in, proposals, a licence by questions, and what the public will see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.counting import statements
from tests.support.local_page import GOOD, Node, sent_by, upload

NEW = "/resources/new"
DEMO = Path(__file__).parents[3] / "config" / "demo"


def live(node: Node, what: str, values: dict[str, Any]) -> Any:
    answer = node.client.post(f"/live/{what}", data={**node.opened(NEW), **values})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def faults(node: Node, values: dict[str, Any]) -> dict[str, bool]:
    """The places of faults, and whether something is only missing there."""
    return {one["place"]: one["missing"] for one in live(node, "new/faults", values)["faults"]}


def test_the_check_says_all_that_is_missing_and_all_that_is_wrong_and_registers_nothing(node: Node) -> None:
    assert faults(node, {"license": "CC-BY-4.0", "language": "zh", "created": "x"}) == {
        "title-zh": True,
        "summary-zh": True,
        "type": True,
        "themes": True,
        "created": False,
        "new-files": True,
    }
    assert faults(node, GOOD) == {}
    assert faults(node, {**GOOD, "type": "photo", "themes": ["history"]}) == {"evidence-0-source": True}
    assert faults(node, {**GOOD, "description.zh": "长" * 49_000, "description.en": "长" * 49_000}) == {"main": False}
    assert node.counts() == (0, 0, 0)


def test_the_check_takes_the_files_that_have_come_and_says_which_cannot_be_read(node: Node) -> None:
    without = {name: value for name, value in GOOD.items() if not name.startswith("links")}
    row = {"file-0-name": "图.png", "file-0-role": "main", "file-0-keep": "1"}
    there = {**row, "file-0-key": f"upload:{node.send('图.png', b'1')}"}
    assert faults(node, {**without, **there}) == {}
    assert faults(node, {**without, **row, "file-0-key": "upload:" + "0" * 32}) == {"file-0-name": False}
    assert faults(node, {**without, **there, "file-0-name": "a/b"}) == {"file-0-name": False}


def test_the_check_asks_the_database_as_often_for_many_files_as_for_one(node: Node) -> None:
    key, counted = node.send("图.png", b"1"), []
    form = {**node.opened(NEW), **GOOD}
    for many in (1, 30):
        for number in range(many):
            form |= {f"file-{number}-key": f"upload:{key}", f"file-{number}-name": f"{number}.png"}
            form |= {f"file-{number}-role": "main", f"file-{number}-keep": "1"}
        with statements(node.workplace.database.engine) as asked:
            assert node.client.post("/live/new/faults", data=form).get_json() == {"faults": []}
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_files_that_were_read_propose_values_and_keywords(node: Node) -> None:
    key = node.send("ampere.pptx", (DEMO / "institute/files/ampere.pptx").read_bytes())
    node.client.post(f"/uploads/{key}/facts", headers={"X-CSRFToken": node.opened(NEW)["csrf_token"]})
    row = {"file-0-key": f"upload:{key}", "file-0-name": "ampere.pptx", "file-0-role": "main", "file-0-keep": "1"}
    said = live(node, "new/proposals", row)
    assert said["values"]["title.zh"] == ["安培：数电子"]
    assert (said["values"]["type"], said["values"]["language"]) == (["slides"], ["zh"])
    assert "安培" in said["keywords"]
    assert "安培" not in live(node, "new/proposals", {**row, "keywords": "安培"})["keywords"]


def test_keywords_that_the_institution_used_before_are_suggested(node: Node) -> None:
    node.registered(keywords="戥子")
    assert "戥子" in live(node, "new/proposals", {"summary.zh": "药铺用戥子称药。"})["keywords"]


def test_answers_lead_to_a_licence_in_plain_words(node: Node) -> None:
    first = live(node, "licence", {})
    assert (first["asked"], first["code"]) == (["maker"], "")
    answers = {"licence.maker": "ours", "licence.change": "no", "licence.sell-unchanged": "no"}
    found = live(node, "licence", answers)
    assert (found["code"], found["plain"]) == ("CC-BY-NC-ND-4.0", "注明作者即可传播，不得修改，不得用于商业目的。")
    advice = live(node, "licence", {"licence.maker": "others", "licence.consent": "no"})
    assert (advice["code"], "请取得权利人同意" in advice["plain"]) == ("", True)


def test_without_a_script_the_questions_are_answered_by_buttons_and_the_rest_of_the_form_stays(node: Node) -> None:
    answers = {"licence.maker": "ours", "licence.change": "yes", "licence.sell": "free"}
    assert 'data-question="maker">' in node.page(NEW)
    assert 'data-question="sell" hidden>' in node.page(NEW)
    form = {**node.opened(NEW), **GOOD, **answers}
    node.client.post(f"{NEW}/draft", data={**form, "then": "licence"})
    page = node.page(f"/drafts/{form['record']}")
    assert "作者放弃了全部权利" in page
    assert 'data-question="sell">' in page
    assert '<option value="CC-BY-4.0" selected>' in page
    node.client.post(f"{NEW}/draft", data={**sent_by(page), "then": "licence-take"})
    page = node.page(f"/drafts/{form['record']}")
    assert '<option value="CC0-1.0" selected>' in page
    assert "一杆秤怎样称准" in page


def test_the_preview_of_a_draft_shows_words_files_and_the_licence_and_says_what_is_missing(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD, "summary.zh": "", "new-files": upload(("图.png", b"\x89PNG\r\n\x1a\n"))}
    answer = node.client.post(f"{NEW}/draft", data={**form, "then": "preview"})
    page = node.page(answer.headers["Location"])
    for words in ("还有 1 处没填好", "一杆秤怎样称准", "图.png", "注明作者和出处即可自由使用", "民生计量"):
        assert words in page
    assert node.counts() == (0, 0, 0)


def test_the_preview_of_a_resource_shows_it_and_that_of_a_withdrawn_one_says_so(node: Node) -> None:
    record_id = node.registered(keywords="杆秤")
    assert "杆秤" in node.page(f"/resources/{record_id}/preview")
    node.submit(f"/resources/{record_id}/withdraw", {"reason": "有误"}, seen_on=f"/resources/{record_id}")
    assert "已登记撤回" in node.page(f"/resources/{record_id}/preview")


def test_the_part_for_evidence_is_open_and_required_for_what_needs_it(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD, "type": "photo", "themes": ["red-metrology"]}
    node.client.post(f"{NEW}/draft", data=form)
    page = node.page(f"/drafts/{form['record']}")
    assert '<details class="more" id="part-evidence" data-called="考证" open>' in page
    assert "1953 年春" in page
    assert "李某家属" in page
    assert '<details class="more" id="part-evidence" data-called="考证">' in node.page(NEW)


def test_a_button_without_a_script_adds_a_row(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD, "links.url": ["https://a.example/", "https://b.example/"], "then": "links"}
    form["links.label"] = ["", ""]
    answer = node.client.post(f"{NEW}/draft", data=form)
    assert answer.headers["Location"].endswith("#links")
    assert 'id="links-2-url"' in node.page(f"/drafts/{form['record']}")
