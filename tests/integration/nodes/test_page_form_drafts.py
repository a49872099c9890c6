"""Drafts of the form: kept as they are typed, never overwritten unseen, gone when registered; and copies."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from nodes.models import FormDraft
from shared.identifiers import fresh_id
from tests.support.counting import statements
from tests.support.local_page import GOOD, Node, sent_by, upload
from tests.support.records import make_record

NEW = "/resources/new"
EVERYTHING: dict[str, Any] = {
    "title": {"zh": "秤", "en": "Scale", "ja": "秤"},
    "description": {"zh": "一\n二", "ja": "三"},
    "disciplines": ["mechanics"],
    "audiences": ["everyone"],
    "occasions": ["world-metrology-day"],
    "stage": "protection",
    "keywords": ["杆秤", "定盘星"],
    "language": ["zh", "ja"],
    "creators": [{"name": "张三"}, {"name": "甲院", "role": "producer", "affiliation": "甲市"}],
    "contributors": [{"name": "李四", "role": "reviewer"}, {"name": "王五"}],
    "created": "-0343~",
    "coverage": {
        "period": {"name": {"zh": "战国", "ja": "戦国"}, "from": -474, "until": 0},
        "place": {"name": {"en": "Xianyang"}, "latitude": 34.33, "longitude": -0.000001},
    },
    "rights_holder": "甲院",
    "evidence": [{"source": "书\n二", "method": "对照", "verified_by": "李四"}],
    "relations": [{"type": "is-part-of", "target": fresh_id()}, {"type": "references", "target": fresh_id()}],
    "identifiers": [{"scheme": "doi", "value": "10.1/x"}, {"scheme": "local", "value": "0217"}],
    "embargo_until": "2027-05-20",
    "links": [{"url": "https://example.org/a", "label": "甲"}, {"url": "https://example.org/b"}],
}


def live(node: Node, what: str, values: dict[str, Any], record_id: str = "new") -> TestResponse:
    """What the form's script sends."""
    return node.client.post(f"/live/{record_id}/{what}", data=values)


def drafts(node: Node) -> list[FormDraft]:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return list(session.query(FormDraft))


def test_saving_what_the_page_shows_of_a_record_with_every_field_changes_nothing(node: Node) -> None:
    record_id = node.put(**EVERYTHING)
    page = node.page(f"/resources/{record_id}/edit")
    assert 'value="-475"' in page, "years before Christ are written as people do"
    answer = node.client.post(f"/resources/{record_id}/edit", data=sent_by(page))
    assert "内容没有变化" in node.page(answer.headers["Location"])
    assert node.client.post(f"/resources/{record_id}/draft", data=sent_by(page)).status_code == 302
    kept = node.page(f"/drafts/{record_id}")
    node.client.post(f"/resources/{record_id}/edit", data=sent_by(kept))
    assert len(node.records(record_id)) == 1


def test_what_a_picture_shows_is_kept_in_every_language_and_can_be_said_on_the_form(node: Node) -> None:
    record_id = node.registered(**{"new-files": upload(("图.png", b"\x89PNG\r\n\x1a\n"))})
    sent = sent_by(node.page(f"/resources/{record_id}/edit"))
    sent["file-0-alt.zh"] = ["一杆秤"]
    node.client.post(f"/resources/{record_id}/edit", data=sent)
    assert node.records(record_id)[0]["files"][0]["alt"] == {"zh": "一杆秤"}
    assert 'value="一杆秤"' in node.page(f"/resources/{record_id}/edit")


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"coverage.period.from": "战国"}, "coverage-period-from", "应为整数"),
        ({"coverage.period.from": "5", "coverage.period.name.zh": ""}, "coverage-period-name-zh", "必填"),
        ({"coverage.place.name.zh": "咸阳", "coverage.place.latitude": "北"}, "coverage-place-latitude", "不是数字"),
        ({"contributors.name": [""], "contributors.affiliation": ["甲"]}, "contributors-0-name", "必填"),
        ({"identifiers.scheme": ["doi"], "identifiers.value": ["x" * 501]}, "identifiers-0-value", "最多 500"),
        ({"relations.type": ["references"], "relations.target": ["秤"]}, "relations-0-target", "UUIDv7"),
        ({"embargo_until": "明年"}, "embargo_until", "日期写法不对"),
    ],
)
def test_faults_of_the_further_fields_stand_beside_them_in_a_part_that_is_open(
    node: Node, changes: dict[str, Any], place: str, words: str
) -> None:
    answer = node.register(**changes)
    assert answer.status_code == 422
    assert words in answer.text.partition(f'id="{place}-fault"')[2].partition("</span>")[0]
    assert '<details class="more" id="part-further" open>' in answer.text


def test_a_draft_keeps_everything_typed_right_or_wrong_and_its_files_until_it_is_registered(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD, "created": "二〇二六", "keywords": "秤；", "evidence.source": ["《汉书》"]}
    answer = node.client.post(f"{NEW}/draft", data={**form, "new-files": upload(("图.png", b"\x89PNG"))})
    assert answer.headers["Location"] == f"/drafts/{form['record']}"
    page = node.page(f"/drafts/{form['record']}")
    for typed in ("一杆秤怎样称准", 'value="二〇二六"', "《汉书》", 'value="图.png"'):
        assert typed in page
    assert "一杆秤怎样称准" in node.page("/")
    assert node.counts() == (0, 0, 0)
    sent = {**sent_by(page), "created": "2026", "evidence.source": ""}
    made = node.client.post(NEW, data=sent)
    assert made.headers["Location"] == f"/resources/{form['record']}"
    assert drafts(node) == []
    assert node.get(f"/drafts/{form['record']}").headers["Location"] == made.headers["Location"]


def test_the_script_saves_again_and_again_and_a_second_window_is_told_before_it_overwrites(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    assert live(node, "draft", form).get_json()["revision"] == 1
    assert live(node, "draft", {**form, "revision": "1", "title.zh": "改了"}).get_json()["revision"] == 2
    other = live(node, "draft", {**form, "revision": "1", "title.zh": "另一个窗口"})
    assert (other.status_code, other.get_json()["revision"]) == (409, 2)
    assert "请选一份留下" in other.get_json()["detail"]
    assert drafts(node)[0].title == "改了"
    same = live(node, "draft", {**form, "revision": "1", "title.zh": "改了"})
    assert same.status_code == 200, "what is the same overwrites nothing"
    page = node.client.post(f"{NEW}/draft", data={**form, "revision": "1", "title.zh": "另一个窗口"})
    assert page.status_code == 409
    assert "另一个窗口" in page.text
    assert "以这里填的为准" in page.text
    node.client.post(f"{NEW}/draft", data={**form, "over": "1", "title.zh": "另一个窗口"})
    assert drafts(node)[0].title == "另一个窗口"


def test_a_late_word_of_a_form_that_is_registered_makes_no_draft(node: Node) -> None:
    form = {**node.opened(NEW), **GOOD}
    record_id = node.client.post(NEW, data=form).headers["Location"].rsplit("/", 1)[1]
    answer = live(node, "draft", form)
    assert (answer.status_code, answer.get_json()["title"]) == (409, "draft spent")
    assert drafts(node) == []
    page = node.client.post(f"{NEW}/draft", data={**form, "title.zh": "没按登记"})
    assert (page.status_code, "另外登记一件" in page.text, "没按登记" in page.text) == (409, True, True)
    edit = sent_by(node.page(f"/resources/{record_id}/edit"))
    assert live(node, "draft", edit, record_id).status_code == 200
    assert "没改完的草稿" in node.page(f"/resources/{record_id}/edit")
    node.client.post(f"/resources/{record_id}/edit", data={**edit, "title.zh": "新标题"})
    assert drafts(node) == []
    assert live(node, "draft", edit, record_id).status_code == 409


def test_a_draft_is_thrown_away_with_the_files_that_only_it_wants(node: Node) -> None:
    shared, own = node.send("甲.png", b"1"), node.send("乙.png", b"2")
    row = {"file-0-name": "a", "file-0-role": "main", "file-0-keep": "1"}
    node.registered(**row, **{"file-0-key": f"upload:{shared}"})
    more = {"file-1-key": f"upload:{shared}", "file-1-name": "b", "file-1-role": "main", "file-1-keep": "1"}
    form = {**node.opened(NEW), **row, "file-0-key": f"upload:{own}", **more}
    node.client.post(f"{NEW}/draft", data=form)
    node.submit(f"/drafts/{form['record']}/deletion", seen_on="/")
    assert drafts(node) == []
    assert [path.name for path in node.uploads()] == ["甲.png"]


def test_the_list_of_drafts_asks_the_database_as_often_for_many_as_for_one(node: Node) -> None:
    counted = []
    for many in (1, 40):
        for _ in range(many):
            live(node, "draft", {**GOOD, "csrf_token": node.opened(NEW)["csrf_token"], "record": fresh_id()})
        with statements(node.workplace.database.engine) as asked:
            node.page("/drafts")
        counted.append(len(asked))
    assert counted[0] == counted[1]
    assert "全部草稿（41 份）" in node.page("/")


def test_a_copy_has_the_words_of_an_earlier_resource_and_not_what_is_its_alone(node: Node) -> None:
    record_id = node.put(**{**EVERYTHING, "files": None})
    page = node.page(f"/resources/{record_id}/copy")
    sent = sent_by(page)
    made = node.client.post(NEW, data={**sent, "title.zh": "戥子"}).headers["Location"].rsplit("/", 1)[1]
    [copy] = node.records(made)
    assert made != record_id
    assert (copy["creators"], copy["keywords"]) == (EVERYTHING["creators"], EVERYTHING["keywords"])
    assert not {"identifiers", "evidence", "files", "embargo_until"} & copy.keys()


@pytest.mark.parametrize(
    "path", ["/drafts/x", "/drafts/01890a5d-ac96-774b-bcce-b302099a8057", "/drafts/x/preview", "/resources/x/copy"]
)
def test_what_is_not_there_is_said_to_be_so(node: Node, path: str) -> None:
    assert node.get(path).status_code == 404


def test_html_in_a_draft_is_shown_as_text(node: Node) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    form = {**node.opened(NEW), **make_record(), "title.zh": hostile, "keywords": hostile, "creators.name": [hostile]}
    form.pop("title"), form.pop("summary"), form.pop("links")
    node.client.post(f"{NEW}/draft", data={**form, "type": hostile, "license": hostile})
    for path in ("/", "/drafts", f"/drafts/{form['record']}", f"/drafts/{form['record']}/preview"):
        assert "<img src=x" not in node.page(path)
