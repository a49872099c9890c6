"""The node's local page, as the staff of an institution use it: what they have, what became of it, and the sync."""

from __future__ import annotations

import re

import pytest

from nodes import joining, outbox
from nodes.hub_client import HubClient
from nodes.models import Reconciliation
from nodes.wording import STATES
from tests.support.local_page import GOOD, Node, faults_at, upload
from tests.support.processes import HubProcess, eventually
from tests.support.rounds import put_round, round_of, task


def test_a_new_node_says_how_to_begin_and_how_to_join(node: Node) -> None:
    page = node.page("/")
    assert "先用三步加入平台" in page
    assert 'action="/join/invitation"' in page
    assert "/resources/new" in page
    assert "从第一件开始" in node.page("/resources")


def test_the_list_shows_every_state_by_its_name_and_filters_by_it(node: Node) -> None:
    ids = {state: node.put(title={"zh": f"资源 {state}"}) for state in STATES}
    for state, record_id in ids.items():
        node.set_state(record_id, state, reason=f"理由 {state}" if state == "changes_requested" else "")
    page = node.page("/resources")
    for state, name in STATES.items():
        assert f"资源 {state}" in page
        assert f'">{name}</span>' in page
        only = node.page(f"/resources?state={state}")
        assert [one for one in ids.values() if f"/resources/{one}" in only] == [ids[state]]
    assert "理由 changes_requested" in page
    assert "没有处于此状态的资源" in node.page("/resources?state=nonsense")


def test_a_long_list_has_pages(node: Node) -> None:
    for number in range(52):
        node.put(title={"zh": f"第 {number} 件"})
    assert node.page("/resources").count('class="what"') == 50
    assert node.page("/resources?page=2").count('class="what"') == 2
    assert "1 / 2" in node.page("/resources?state=registered")


@pytest.mark.parametrize("number", ["0", "-1", "x", "999", "99999999999999999999999"])
def test_a_page_that_is_not_there_is_the_nearest_one(node: Node, number: str) -> None:
    node.put()
    assert "游标卡尺怎么读" in node.page(f"/resources?page={number}")


def test_a_resource_page_shows_what_was_said_and_what_became_of_it(node: Node) -> None:
    record_id = node.registered(**{"new-files": upload(("图.png", b"\x89PNG"))})
    fault = {"pointer": "/title/zh", "code": "too_short", "params": {"min": 3}}
    node.set_state(record_id, "refused", reason="平台说有误", errors=[fault])
    page = node.page(f"/resources/{record_id}")
    for words in (
        "一杆秤怎样称准",
        "民生计量",
        "署名 4.0",
        "图.png",
        "4\u00a0B",
        "平台说有误",
        "至少 3 个看得见的字符",
        "平台未接收",
    ):
        assert words in page
    assert f"/resources/{record_id}/edit" in page


def test_a_new_version_keeps_what_the_form_does_not_show(node: Node) -> None:
    place = {"place": {"name": {"zh": "西安", "fr": "Xi'an"}}}
    record_id = node.put(coverage=place, title={"zh": "旧题", "fr": "Ancien"}, language=["zh", "fr"])
    path = f"/resources/{record_id}/edit"
    form = node.page(path)
    assert "旧题" in form
    assert 'value="fr" checked' in form
    assert "保存后成为第 2 版" in form
    answer = node.submit(path, {**GOOD, "title.zh": "新题"})
    assert answer.headers["Location"] == f"/resources/{record_id}"
    latest, first = node.records(record_id)
    assert (latest["version"], latest["title"]) == (2, {"zh": "新题", "fr": "Ancien"})
    assert latest["coverage"] == place
    assert first["title"]["zh"] == "旧题"
    page = node.page(f"/resources/{record_id}")
    assert "第 2 版" in page
    assert "第 1 版" in page


def test_a_new_version_keeps_drops_and_adds_files(node: Node) -> None:
    record_id = node.registered(**{"new-files": upload(("甲.txt", b"1"), ("乙.txt", b"2"))})
    path = f"/resources/{record_id}/edit"
    keys = re.findall(r'name="file-\d-key" value="(sha256:[0-9a-f]{64})"', node.page(path))
    values = {"file-0-key": keys[0], "file-0-name": "甲.txt", "file-0-role": "main"}
    values |= {"file-1-key": keys[1], "file-1-name": "乙.txt", "file-1-role": "main", "file-1-keep": "1"}
    node.submit(path, {**GOOD, **values, "new-files": upload(("丙.txt", b"3")), "new-role": "source"})
    files = node.records(record_id)[0]["files"]
    assert [(one["name"], one["role"]) for one in files] == [("乙.txt", "main"), ("丙.txt", "source")]


def test_saving_without_a_change_makes_no_version(node: Node) -> None:
    record_id = node.registered()
    answer = node.submit(f"/resources/{record_id}/edit", {**GOOD, "creators.role": ["author", "author"]})
    assert answer.status_code == 302
    assert "没有变化" in node.page(f"/resources/{record_id}")
    assert len(node.records(record_id)) == 1


def test_a_fault_in_a_new_version_leaves_the_standing_one(node: Node) -> None:
    record_id = node.registered()
    answer = node.submit(f"/resources/{record_id}/edit", {**GOOD, "title.zh": ""})
    assert answer.status_code == 422
    assert "必填" in faults_at(answer.text, "title-zh")
    assert len(node.records(record_id)) == 1


def test_what_is_not_here_is_said_in_words(node: Node) -> None:
    for path in ("/resources/nothing", "/resources/nothing/edit", "/nothing"):
        assert "没有找到" in node.page(path, 404)
    assert node.get("/resources/new/withdraw").status_code == 405


def test_withdrawing_takes_a_reason_and_happens_once(node: Node) -> None:
    record_id = node.registered()
    page, path = f"/resources/{record_id}", f"/resources/{record_id}/withdraw"
    for reason, words in ((" ", "请填写理由"), ("长" * 2001, "最多 2000 个字符，现有 2001 个")):
        answer = node.submit(path, {"reason": reason}, seen_on=page)
        assert answer.status_code == 422
        assert words in faults_at(answer.text, "reason")
        assert reason.strip() in answer.text
        assert len(node.records(record_id)) == 1
    assert node.submit(path, {"reason": "内容有误。"}, seen_on=page).status_code == 302
    said = node.page(page)
    assert "已登记撤回" in said
    assert "内容有误。" in said
    assert path not in said
    assert node.page(f"{page}/edit", 409)
    assert node.submit(path, {"reason": "又一次"}, seen_on="/resources/new").status_code == 302
    assert [one.get("withdrawn") for one in node.records(record_id)] == [{"reason": "内容有误。"}, None]


def test_a_node_without_a_hub_says_how_to_join_before_it_can_sync(node: Node) -> None:
    assert 'href="/join"' in node.page("/sync")
    assert node.submit("/sync", seen_on="/resources/new").status_code == 302
    eventually(lambda: "同步没有完成" in node.page("/sync"))
    assert "尚未加入平台" in node.page("/sync")


def test_a_hub_that_is_away_is_named_and_nothing_is_lost(node: Node) -> None:
    node.join()
    node.put()
    node.submit("/sync", seen_on="/sync")
    page = eventually(lambda: (found := node.page("/sync")) and "同步没有完成" in found and found)
    assert "无法连接平台 http://127.0.0.1:1" in page
    assert "有 1 件待同步" in node.page("/")
    assert node.counts() == (1, 1, 0)


def test_a_running_sync_shows_how_far_it_is_and_can_be_watched_without_renewal(node: Node) -> None:
    put_round(node.workplace, round_of(tasks=[task("发布著录", 40, 40), task("上传文件", 1000, 355)]))
    node.join()
    page = node.page("/sync")
    assert "正在同步" in page
    assert '<progress max="100" value="35"' in page
    assert 'http-equiv="refresh"' in page
    assert 'http-equiv="refresh"' not in node.page("/sync?still=1")
    assert "正在同步" in node.page("/")


def test_the_page_brings_a_resource_to_a_real_hub_and_shows_its_state(node: Node, live_hub: HubProcess) -> None:
    client = HubClient(live_hub.origin, node.workplace.key, node.workplace.settings)
    joining.join(node.workplace, client, token=live_hub.institution("page-node"), node_name="本机")
    client.session.close()
    record_id = node.registered(**{"new-files": upload(("秤.txt", "定盘星".encode()))})
    assert "有 1 件待同步" in node.page("/")
    assert node.submit("/sync", seen_on="/sync").headers["Location"] == "/sync"
    page = eventually(lambda: (found := node.page("/sync")) and "同步完成" in found and found, seconds=40)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert session.get_one(Reconciliation, 1).equal, "the page, too, proves once a day that both hold the same"
    assert "<b>1</b> <span>件著录送达" in page
    assert "<b>1</b> <span>个文件送达" in page
    page = node.page(f"/resources/{record_id}")
    assert "审核中" in page
    assert "已送达" in page
    assert "page-node院" in node.page("/")
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert outbox.waiting(session) == 0
