"""The workbench over HTTP: the door, the desk, and the admin part, on a real hub."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from federation import operations, people
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.institutions import Invitation
from federation.models.people import PersonSession, SignInAttempt
from federation.models.resources import ResourceVersion
from federation.tasks import queue
from federation.transparency.keys import log_keys
from tests.support.desk import APPROVAL, DOOR, Desk
from tests.support.hub import ORIGIN, Hub, Member
from tests.support.publishing import counted_queries
from tests.support.records import make_file
from tests.support.reviewing import PASSWORD


@pytest.fixture
def desk(hub: Hub) -> Iterator[Desk]:
    return Desk(hub)


# -- the door ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/workbench/",
        "/workbench/versions/1",
        "/workbench/versions/1/files/0",
        "/workbench/account",
        "/workbench/admin/institutions",
        "/workbench/admin/users",
    ],
)
def test_who_is_not_signed_in_is_led_to_the_door_and_back(desk: Desk, path: str) -> None:
    answer = desk.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{DOOR}?next={path}"


def test_signing_in_leads_back_to_the_page_that_was_wanted(desk: Desk) -> None:
    desk.person("li")
    answer = desk.browser().enter("li", query="?next=/en/workbench/?theme=law")
    assert answer.headers["Location"] == "/en/workbench/?theme=law"


@pytest.mark.parametrize(
    "bad",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/%09/evil", "", "evil"],
)
def test_no_address_elsewhere_is_led_to(desk: Desk, bad: str) -> None:
    desk.person("li")
    answer = desk.browser().enter("li", query=f"?next={bad}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/workbench/"


def test_a_refused_sign_in_is_counted_and_then_throttled(desk: Desk) -> None:
    desk.person("li")
    browser = desk.browser()
    for _ in range(5):
        refused = browser.enter("li", "wrong")
        assert refused.status_code == 401
        assert "用户名或密码不正确" in refused.get_data(as_text=True)
    throttled = browser.enter("li")
    assert throttled.status_code == 429
    assert 0 < int(throttled.headers["Retry-After"]) <= 900
    assert desk.actions().count("user.sign_in_failed") == 5
    with unit_of_work(desk.hub.app) as session:
        for attempt in session.scalars(select(SignInAttempt)):
            attempt.at = now() - timedelta(hours=1)
    assert browser.enter("li").status_code == 303


def test_a_refusal_does_not_say_what_was_typed_as_html(desk: Desk) -> None:
    page = desk.browser().enter('"><script>alert(1)</script>', "x").get_data(as_text=True)
    assert "<script>" not in page


@pytest.mark.parametrize("path", [DOOR, "/workbench/sign-out", "/workbench/account", "/workbench/admin/users"])
def test_no_form_is_taken_without_its_token(desk: Desk, path: str) -> None:
    browser = desk.signed_in("boss", people.ADMIN)
    answer = browser.client.post(path, data={"name": "boss", "password": PASSWORD}, base_url=ORIGIN)
    assert answer.status_code == 400
    assert "表单已失效" in answer.get_data(as_text=True)


def test_a_decision_without_its_token_changes_nothing(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    browser = desk.signed_in("li")
    assert browser.client.post(path, data=APPROVAL, base_url=ORIGIN).status_code == 400
    assert desk.hub.states(record["id"]) == ["in_review"]


def test_signing_in_takes_nothing_over_from_the_session_before(desk: Desk) -> None:
    desk.person("li")
    browser = desk.browser()
    with browser.client.session_transaction(base_url=ORIGIN) as planted:
        planted["planted"] = "by somebody else"
    browser.enter("li")
    with browser.client.session_transaction(base_url=ORIGIN) as session:
        assert "planted" not in session
        assert "_user_id" in session


def test_the_cookie_is_kept_from_scripts_and_other_sites(desk: Desk) -> None:
    desk.person("li")
    cookie = desk.browser().enter("li").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_copied_cookie_ends_with_the_sign_out(desk: Desk) -> None:
    browser = desk.signed_in("li")
    stolen = browser.client.get_cookie("session", domain="hub.test")
    assert stolen is not None
    assert browser.submit("/workbench/sign-out", seen_on="/workbench/").status_code == 303
    thief = desk.browser()
    thief.client.set_cookie("session", stolen.value, domain="hub.test")
    assert thief.get("/workbench/").status_code == 303
    assert desk.actions()[-1] == "user.signed_out"


def test_a_session_ends_by_time(desk: Desk) -> None:
    browser = desk.signed_in("li")
    with unit_of_work(desk.hub.app) as session:
        session.scalars(select(PersonSession)).one().expires_at = now()
    assert browser.get("/workbench/").status_code == 303


def test_a_session_ends_when_the_account_is_closed(desk: Desk) -> None:
    browser = desk.signed_in("li")
    with unit_of_work(desk.hub.app) as session:
        people.deactivate(session, operations.user(session, "li"), actor="operator")
    assert browser.get("/workbench/").status_code == 303


def test_pages_of_the_workbench_are_kept_by_nobody(desk: Desk) -> None:
    browser = desk.signed_in("li")
    for path in ("/workbench/", "/workbench/account", DOOR):
        assert "no-store" in browser.get(path).headers["Cache-Control"]


def test_pages_for_the_public_do_not_look_at_the_session(desk: Desk) -> None:
    browser = desk.signed_in("li")
    answer = browser.get("/healthz")
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Set-Cookie" not in answer.headers


# -- the desk ------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_with_what_a_reviewer_asks(desk: Desk, member: Member, other: Member) -> None:
    desk.waiting(member, title={"zh": "商鞅方升"}, themes=["history"])
    desk.waiting(other, title={"zh": "公平秤"})
    page = desk.signed_in("li", institution="institute-b").page("/workbench/")
    assert page.index("商鞅方升") < page.index("公平秤")
    for words in ("institute-a院", "计量史", "需 2 人通过，已有 0 人", "本单位，须由他人审"):
        assert words in page
    filtered = desk.signed_in("wang").page("/workbench/?theme=history")
    assert "商鞅方升" in filtered
    assert "公平秤" not in filtered


@pytest.mark.parametrize(
    "query", ["page=0", "page=-5", "page=9999999999999999999999", "page=x", "type='", "institution=x"]
)
def test_a_strange_query_is_no_fault(desk: Desk, member: Member, query: str) -> None:
    desk.waiting(member)
    assert desk.signed_in("li").get(f"/workbench/?{query}").status_code == 200


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999999", "x", "-1"])
def test_a_version_that_is_not_there_is_not_found(desk: Desk, number: str) -> None:
    browser = desk.signed_in("li")
    assert browser.get(f"/workbench/versions/{number}").status_code == 404
    assert browser.get(f"/workbench/versions/{number}/files/0").status_code == 404


def test_a_claim_is_seen_by_the_next_reviewer_who_may_still_decide(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    first, second = desk.signed_in("li"), desk.signed_in("wang")
    assert first.submit(path + "/claim", seen_on=path).headers["Location"] == path
    assert "您已领取" in first.page(path)
    assert "li在审" in second.page("/workbench/")
    assert "li正在审这一件" in second.page(path)
    refused = second.submit(path + "/claim", seen_on=path)
    assert refused.status_code == 409
    assert "li正在审这一件。" in refused.get_data(as_text=True)
    second.submit(path, **APPROVAL)
    assert desk.hub.states(record["id"]) == ["published"]


def test_a_claim_can_be_given_back(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member)
    browser = desk.signed_in("li")
    browser.submit(path + "/claim", seen_on=path)
    assert browser.submit(path + "/claim", seen_on=path, release="1").status_code == 303
    assert "让别人知道您在审" in browser.page(path)


def test_the_way_through_the_queue_keeps_its_filters(desk: Desk, member: Member) -> None:
    _, first = desk.waiting(member, type="video")
    desk.waiting(member)
    _, third = desk.waiting(member, type="video")
    browser = desk.signed_in("li")
    assert f'href="{first}?type=video"' in browser.page("/workbench/?type=video&page=1&x=y")
    assert browser.get(first + "/next?type=video").headers["Location"] == third + "?type=video"
    decided = browser.submit(first + "?type=video", **APPROVAL)
    assert decided.headers["Location"] == third + "?type=video"
    assert browser.submit(third + "?type=video", **APPROVAL).headers["Location"] == "/workbench/?type=video"


def test_what_is_overdue_is_said(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member)
    browser = desk.signed_in("li")
    assert "还有 10 天" in browser.page("/workbench/")
    with unit_of_work(desk.hub.app) as session:
        session.get_one(ResourceVersion, int(path.rpartition("/")[2])).due_at = now() - timedelta(days=3)
    for page in ("/workbench/", path):
        assert "逾期 3 天" in browser.page(page)
    assert "1 项已逾期" in browser.page("/workbench/")


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def together(*paths: str) -> str:
    return "/workbench/together/?" + "&".join(f"version={path.rpartition('/')[2]}" for path in paths)


def test_several_are_decided_together_but_only_those_that_were_ticked(desk: Desk, member: Member) -> None:
    records, paths = zip(*(desk.waiting(member, title={"zh": f"第{n}件"}) for n in range(3)), strict=True)
    browser = desk.signed_in("li")
    page = browser.page(together(*paths))
    assert [f"第{n}件" in page for n in range(3)] == [True] * 3
    seen = [path.rpartition("/")[2] for path in paths[:2]]
    answer = browser.submit(together(*paths[:2]), **{**APPROVAL, "reason": "同一批", "seen": seen[:1]})
    assert answer.headers["Location"] == "/workbench/"
    assert [desk.hub.states(record["id"]) for record in records] == [["published"], ["in_review"], ["in_review"]]
    assert "通过：1 件" in browser.page("/workbench/")


def test_what_may_not_be_judged_has_no_tick_and_is_left_out(desk: Desk, member: Member, other: Member) -> None:
    (own, mine), (foreign, theirs) = desk.waiting(member), desk.waiting(other)
    browser = desk.signed_in("li", institution="institute-a")
    page = browser.page(together(mine, theirs))
    assert page.count('name="seen"') == 1
    assert "审核人不得审核本单位提交的资源" in page
    seen = [path.rpartition("/")[2] for path in (mine, theirs)]
    browser.submit(together(mine, theirs), **{**APPROVAL, "reason": "同一批", "seen": seen})
    assert (desk.hub.states(own["id"]), desk.hub.states(foreign["id"])) == (["in_review"], ["published"])
    assert "没有处理：审核人不得审核本单位" in browser.page("/workbench/")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"seen": []}, "打勾"),
        ({"reason": " "}, "请填写理由"),
        ({"checklist": ["science"]}, "逐项确认审核清单"),
        ({"verdict": ""}, "请选择审核结论"),
    ],
)
def test_an_incomplete_decision_on_several_changes_nothing_and_keeps_the_ticks(
    desk: Desk, member: Member, values: dict[str, Any], words: str
) -> None:
    record, path = desk.waiting(member)
    number = path.rpartition("/")[2]
    form = {**APPROVAL, "reason": "同一批", "seen": [number], **values}
    answer = desk.signed_in("li").submit(together(path), **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert (f'name="seen" value="{number}" checked' in page) == bool(form["seen"])
    assert desk.hub.states(record["id"]) == ["in_review"]


@pytest.mark.parametrize("query", ["", "version=x", "version=99999999999999999999", "version=-1&version=7777"])
def test_nothing_chosen_to_be_judged_together_leads_back(desk: Desk, query: str) -> None:
    assert "还没有选中资源" in desk.signed_in("li").page("/workbench/together/?" + query)


def test_an_approval_publishes_and_leads_to_the_next(desk: Desk, member: Member) -> None:
    first, path = desk.waiting(member)
    _, following = desk.waiting(member)
    browser = desk.signed_in("li")
    answer = browser.submit(path, **APPROVAL)
    assert (answer.status_code, answer.headers["Location"]) == (303, following)
    assert "已发布" in browser.page(following)
    assert desk.hub.states(first["id"]) == ["published"]
    assert browser.submit(following, **APPROVAL).headers["Location"] == "/workbench/"
    assert "都审完了" in browser.page("/workbench/")


def test_the_node_sees_the_decision_and_its_reason(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    desk.signed_in("li").submit(path, verdict="request_changes", reason="第二段数据有误。")
    last = member.events()[-1]
    assert (last["state"], last["reason"]) == ("changes_requested", "第二段数据有误。")
    assert desk.hub.states(record["id"]) == ["changes_requested"]


def test_two_reviewers_publish_what_is_sensitive(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member, themes=["red-metrology"])
    first, second = desk.signed_in("li"), desk.signed_in("wang")
    assert "敏感主题，需 2 人通过" in first.page(path)
    answer = first.submit(path, **APPROVAL)
    assert answer.headers["Location"] == "/workbench/"
    assert "还需另一位审核人通过" in first.page("/workbench/")
    assert desk.hub.states(record["id"]) == ["in_review"]
    assert "您已通过这一版本" in first.page(path)
    first.submit(path, **APPROVAL)
    assert desk.hub.states(record["id"]) == ["in_review"]
    second.submit(path, **APPROVAL)
    assert desk.hub.states(record["id"]) == ["published"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"verdict": "reject", "reason": " "}, "请填写理由"),
        ({"verdict": "approve", "checklist": ["science"]}, "逐项确认审核清单"),
        ({"reason": "x"}, "请选择审核结论"),
        ({"verdict": "maybe"}, "请选择审核结论"),
        ({"verdict": "reject", "reason": "长" * 4001}, "理由：最多 4000 个字符"),
        ({**APPROVAL, "publish_on": "2026-02-30"}, "发布日期：没有这一天"),
        ({**APPROVAL, "checklist": ["taste"]}, "不在词表"),
    ],
)
def test_an_incomplete_decision_is_said_on_the_page_and_keeps_what_was_typed(
    desk: Desk, member: Member, values: dict[str, Any], words: str
) -> None:
    record, path = desk.waiting(member)
    answer = desk.signed_in("li").submit(path, **values)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    if values.get("reason", "").strip():
        assert values["reason"] in page
    if "science" in values.get("checklist", []):
        assert 'value="science" checked' in page
    assert desk.hub.states(record["id"]) == ["in_review"]


def test_a_reviewer_of_the_own_institution_sees_the_page_and_decides_nothing(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    browser = desk.signed_in("li", institution="institute-a")
    page = browser.page(path)
    assert "审核人不得审核本单位提交的资源" in page
    assert 'name="verdict"' not in page
    assert browser.submit(path, **APPROVAL).status_code == 403
    assert desk.hub.states(record["id"]) == ["in_review"]


def test_an_auditor_reads_everything_and_decides_nothing(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    browser = desk.signed_in("shen", people.AUDITOR)
    assert "没有进行此操作的权限" in browser.page(path)
    assert browser.submit(path, **APPROVAL).status_code == 403
    assert desk.hub.states(record["id"]) == ["in_review"]


def test_an_old_version_is_not_judged_and_the_page_says_so(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    browser = desk.signed_in("li")
    token = browser.token(path)
    member.publish({**record, "version": 2})
    answer = browser.client.post(path, data={"csrf_token": token, **APPROVAL}, base_url=ORIGIN)
    assert answer.status_code == 409
    assert "第 2 版" in answer.get_data(as_text=True)
    assert desk.hub.states(record["id"]) == ["superseded", "in_review"]


def test_a_decision_that_somebody_else_was_quicker_with_is_told_in_plain_words(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member)
    first, second = desk.signed_in("li"), desk.signed_in("wang")
    token = second.token(path)
    first.submit(path, verdict="reject", reason="重复")
    answer = second.client.post(path, data={"csrf_token": token, **APPROVAL}, base_url=ORIGIN)
    assert answer.status_code == 409
    assert "现在的状态是“不予通过”" in answer.get_data(as_text=True)


def test_the_page_shows_the_difference_to_what_is_public(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member, keywords=["尺"], rights_holder="甲")
    browser = desk.signed_in("li")
    assert "首次提交" in browser.page(path)
    browser.submit(path, **APPROVAL)
    changed = {**record, "version": 2, "license": "CC0-1.0", "summary": {"zh": "五步读准游标卡尺。"}, "keywords": []}
    del changed["rights_holder"]
    member.publish(changed)
    page = browser.page(f"/workbench/versions/{desk.version_id(changed)}")
    assert "与已发布的第 1 版相比" in page
    assert "<del>三</del>步读准游标卡尺" in page
    assert "<ins>五</ins>步读准游标卡尺" in page
    assert "CC0 1.0" in page
    assert "<del>尺</del>" in page
    assert "<del>甲</del>" in page
    assert "文件没有改动" in page


def test_the_page_shows_the_difference_file_by_file_with_both_to_open(desk: Desk, member: Member) -> None:
    bodies = [b"one", b"two"]
    old, new = (make_file(name="a.txt", media_type="text/plain", size=3, sha256=sha(body)) for body in bodies)
    record, path = desk.waiting(member, files=[old])
    for body in bodies:
        member.upload(sha(body), body)
        desk.hub.work()
        if body == bodies[0]:
            browser = desk.signed_in("li")
            browser.submit(path, **APPROVAL)
            member.publish({**record, "version": 2, "files": [new, make_file()]})
    page = browser.page(f"/workbench/versions/{desk.version_id({**record, 'version': 2})}")
    changed = page[page.index("<h3>文件</h3>") :]
    assert "内容已换" in changed
    assert "新增" in changed
    assert f'href="{path}/files/0"' in changed


def test_a_question_goes_to_the_node_and_its_answer_comes_back_to_the_page(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    browser = desk.signed_in("li")
    refused = browser.submit(path + "/questions", seen_on=path, question=" ")
    assert (refused.status_code, "请写下要问的话" in refused.get_data(as_text=True)) == (422, True)
    assert browser.submit(path + "/questions", seen_on=path, question="<b>谁</b>拍的？").headers["Location"] == path
    assert "等单位回答" in browser.page(path)
    event = member.events()[-1]
    assert (event["state"], event["reason"]) == ("in_review", "<b>谁</b>拍的？")
    said = {"answers": [{"question_id": event["question_id"], "text": "本院 <i>摄</i>"}]}
    for outcome in ("accepted", "duplicate"):
        answer = member.post("/answers", said)
        assert [one["outcome"] for one in answer.get_json()["answers"]] == [outcome]
    page = browser.page(path)
    assert "本院 &lt;i&gt;摄&lt;/i&gt;" in page
    assert "&lt;b&gt;谁&lt;/b&gt;拍的？" in page
    assert desk.hub.states(record["id"]) == ["in_review"]


def test_what_is_taken_down_says_why_to_the_public_and_comes_back_under_its_name(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member, title={"zh": "水钟"})
    boss = desk.signed_in("boss", people.ADMIN)
    boss.submit(path, **APPROVAL)
    ark = member.events()[-1]["ark"]
    where = {"seen_on": path, "takedown-reason": ""}
    refused = boss.submit(path + "/takedown", **where)
    assert (refused.status_code, "请填写理由" in refused.get_data(as_text=True)) == (422, True)
    boss.submit(path + "/takedown", **{**where, "takedown-reason": "照片侵权"})
    assert desk.hub.states(record["id"]) == ["taken_down"]
    gone = boss.get(f"/resources/{ark}")
    assert (gone.status_code, "照片侵权" in gone.get_data(as_text=True)) == (410, True)
    assert member.events()[-1]["reason"] == "照片侵权"
    assert boss.submit(path + "/takedown", **{**where, "takedown-reason": "再一次"}).status_code == 409
    boss.submit(path + "/takedown", **{**where, "takedown-reason": "已取得授权", "back": "1"})
    assert desk.hub.states(record["id"]) == ["published"]
    assert boss.get(f"/resources/{ark}").status_code == 200
    assert "takedown-reason" not in desk.signed_in("li").page(path)
    assert desk.actions().count("version.taken_down") == 1


def test_a_note_on_a_question_is_kept_and_shown_with_the_question(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member)
    browser = desk.signed_in("li")
    refused = browser.submit(path, verdict="reject", reason="", **{"note-science": "单位写错了"})
    assert 'value="单位写错了"' in refused.get_data(as_text=True)
    browser.submit(path, verdict="reject", reason="见备注", **{"note-science": "单位写错了", "note-privacy": " "})
    page = browser.page(path)
    assert "科学性：单位写错了" in page
    assert 'href="/workbench/policy/1"' in page


def test_findings_stand_beside_the_checklist_and_in_the_list_of_several(desk: Desk, member: Member) -> None:
    text = "游标卡尺怎样读数：先看主尺上游标零线左边的整毫米数，再找游标上与主尺刻线对齐的那一条。"
    _, path = desk.waiting(member, title={"zh": "甲"}, summary={"zh": text})
    browser = desk.signed_in("li")
    browser.submit(path, **APPROVAL)
    queue(desk.hub.app).sweep()
    _, copy = desk.waiting(member, title={"zh": "乙"}, summary={"zh": text}, rights_holder="电话 13912345678")
    for page in (browser.page(copy), browser.page(together(copy))):
        assert "文字与已发布的《甲》" in page
        assert f'href="{path}"' in page
        assert "像是手机号码：139******78" in page
    assert "自动检查发现" in browser.page(copy)
    assert "This looks like a mobile phone number" in browser.page("/en" + copy)


def test_findings_cost_the_same_number_of_queries_for_one_as_for_many(desk: Desk, member: Member) -> None:
    paths = [desk.waiting(member)[1] for _ in range(5)]
    browser = desk.signed_in("li")
    counts = []
    for chosen in (paths[:1], paths):
        with counted_queries(desk.hub) as seen:
            browser.page(together(*chosen))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_html_in_a_record_is_shown_as_text(desk: Desk, member: Member) -> None:
    nasty = '<img src=x onerror="alert(1)">'
    _, path = desk.waiting(
        member,
        title={"zh": nasty, "en": nasty},
        summary={"zh": nasty},
        description={"zh": nasty},
        keywords=[nasty],
        creators=[{"name": nasty}],
        links=[{"url": "https://example.org/", "label": nasty}],
        themes=["history"],
        evidence=[{"source": nasty, "method": nasty, "verified_by": nasty}],
    )
    browser = desk.signed_in("li")
    for page in (browser.page(path), browser.page("/workbench/"), browser.page("/en" + path)):
        assert "onerror" in page
        assert "<img src=x" not in page


def test_a_reason_with_html_is_shown_as_text_among_the_decisions(desk: Desk, member: Member) -> None:
    _, path = desk.waiting(member)
    browser = desk.signed_in("li")
    browser.submit(path, verdict="reject", reason="<b>不</b>")
    assert "&lt;b&gt;不&lt;/b&gt;" in browser.page(path)


def test_a_file_opens_through_the_store_and_an_active_one_only_as_an_attachment(desk: Desk, member: Member) -> None:
    bodies = {"卡尺.png": b"\x89PNG not much", "卡尺.html": b"<script>alert(1)</script>"}
    types = {"卡尺.png": "image/png", "卡尺.html": "text/html"}
    files = [
        make_file(name=name, media_type=types[name], size=len(body), sha256=hashlib.sha256(body).hexdigest())
        for name, body in bodies.items()
    ]
    record, path = desk.waiting(member, files=files)
    browser = desk.signed_in("li")
    assert "尚未核验" in browser.page(path)
    assert browser.get(f"{path}/files/0").status_code == 404
    for body in bodies.values():
        member.upload(hashlib.sha256(body).hexdigest(), body)
    desk.hub.work()
    assert desk.hub.states(record["id"]) == ["in_review"]
    assert f'<img src="{path}/files/0"' in browser.page(path)
    for number, (name, kind) in enumerate(zip(bodies, ("inline", "attachment"), strict=True)):
        answer = browser.get(f"{path}/files/{number}")
        assert answer.status_code == 302
        got = requests.get(answer.headers["Location"], timeout=10)
        assert got.content == bodies[name]
        assert got.headers["Content-Disposition"].startswith(kind)
    framed = browser.get(f"{path}/files/1", headers={"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"})
    got = requests.get(framed.headers["Location"], timeout=10)
    assert got.headers["Content-Disposition"].startswith("inline")
    assert re.search(rf'<iframe src="{path}/files/1"[^>]* sandbox="allow-scripts"></iframe>', browser.page(path))
    store = desk.hub.settings.store_endpoint
    assert f"frame-src 'self' {store}" in browser.get(path).headers["Content-Security-Policy"]
    assert "frame-src" not in browser.get("/workbench/").headers["Content-Security-Policy"]
    download = browser.get(f"{path}/files/0?download=1")
    got = requests.get(download.headers["Location"], timeout=10)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert browser.get(f"{path}/files/2").status_code == 404


# -- the account ---------------------------------------------------------------------------------------------


def test_a_new_password_keeps_this_session_and_ends_the_others(desk: Desk) -> None:
    browser = desk.signed_in("li")
    elsewhere = desk.browser()
    elsewhere.enter("li")
    new = "一二三四五六七八九十"
    answer = browser.submit("/workbench/account", old=PASSWORD, new=new, again=new)
    assert answer.status_code == 303
    assert browser.get("/workbench/").status_code == 200
    assert elsewhere.get("/workbench/").status_code == 303
    assert desk.browser().enter("li").status_code == 401
    assert desk.browser().enter("li", new).status_code == 303


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ({"old": "wrong", "new": "a long new one", "again": "a long new one"}, 401, "现在的密码不正确"),
        ({"old": PASSWORD, "new": "a long new one", "again": "another one"}, 422, "两次输入的新密码不一致"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, 422, "至少 10 个字符"),
        ({}, 422, "至少 10 个字符"),
    ],
)
def test_a_password_that_will_not_do_is_refused(desk: Desk, values: dict[str, str], status: int, words: str) -> None:
    browser = desk.signed_in("li")
    answer = browser.submit("/workbench/account", **values)
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)
    assert desk.browser().enter("li").status_code == 303


# -- the admin part ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "reads"), [(people.REVIEWER, 403), (people.AUDITOR, 200)])
def test_only_admins_change_the_admin_part_and_auditors_read_it(desk: Desk, role: str, reads: int) -> None:
    browser = desk.signed_in("li", role)
    for path in ("/workbench/admin/institutions", "/workbench/admin/users"):
        answer = browser.get(path)
        assert answer.status_code == reads
        assert f'action="{path}' not in answer.get_data(as_text=True)
        assert browser.submit(path, seen_on="/workbench/account", code="x").status_code == 403


def test_a_new_institution_gets_an_invitation_that_is_shown_once_and_works(desk: Desk, member: Member) -> None:
    browser = desk.signed_in("boss", people.ADMIN)
    answer = browser.submit(
        "/workbench/admin/institutions", code="ustc", kind="university", name_zh="某大学", name_en="A University"
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    found = re.search(r"commons-node join \S+ ([A-Za-z0-9_-]{20,})", page)
    assert found is not None
    assert log_keys(desk.hub.settings).fingerprint in page
    assert desk.hub.enrolment(found[1], member.signer.__class__()).status_code == 201
    again = browser.page("/workbench/admin/institutions")
    assert "某大学" in again
    assert found[1] not in again
    with unit_of_work(desk.hub.app, read_only=True) as session:
        assert all(found[1] != invitation.token_sha256 for invitation in session.scalars(select(Invitation)))


@pytest.mark.parametrize(
    "values", [{}, {"code": "a b", "name_zh": "甲"}, {"code": "x", "kind": "guild", "name_zh": "甲"}]
)
def test_a_bad_institution_is_refused_on_the_page(desk: Desk, values: dict[str, str]) -> None:
    browser = desk.signed_in("boss", people.ADMIN)
    answer = browser.submit("/workbench/admin/institutions", **{"kind": "university", **values})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.get_data(as_text=True)


def test_a_code_that_is_taken_is_refused_on_the_page(desk: Desk, member: Member) -> None:
    browser = desk.signed_in("boss", people.ADMIN)
    answer = browser.submit("/workbench/admin/institutions", code=member.code, kind="university", name_zh="甲")
    assert answer.status_code == 409
    assert f"{member.code}已存在" in answer.get_data(as_text=True)


def test_a_further_invitation_can_be_made_for_a_member(desk: Desk, member: Member) -> None:
    browser = desk.signed_in("boss", people.ADMIN)
    page = browser.page("/workbench/admin/institutions")
    [path] = re.findall(r'action="(/workbench/admin/institutions/\d+/invitation)"', page)
    assert "commons-node join" in browser.submit(path, seen_on="/workbench/admin/institutions").get_data(as_text=True)
    assert browser.submit("/workbench/admin/institutions/999/invitation", seen_on="/workbench/").status_code == 404


def quota_path(desk: Desk, code: str) -> str:
    with unit_of_work(desk.hub.app, read_only=True) as session:
        return f"/workbench/admin/institutions/{operations.institution(session, code).id}/quota"


def test_an_admin_changes_what_an_institution_may_store(desk: Desk, member: Member) -> None:
    browser, path = desk.signed_in("boss", people.ADMIN), quota_path(desk, member.code)
    for given, shown in (("200 GB", 'value="200 GB"'), ("", 'placeholder="不限" value=""')):
        assert browser.submit(path, seen_on="/workbench/admin/institutions", quota=given).status_code == 303
        assert shown in browser.page("/workbench/admin/institutions")
    assert desk.actions().count("institution.quota_set") == 2


def test_a_quota_that_is_no_size_is_refused_on_the_page(desk: Desk, member: Member) -> None:
    browser, path = desk.signed_in("boss", people.ADMIN), quota_path(desk, member.code)
    answer = browser.submit(path, seen_on="/workbench/admin/institutions", quota="很多")
    assert answer.status_code == 422
    assert "“很多”不是大小" in answer.get_data(as_text=True)
    assert browser.submit(path.replace("/quota", "9/quota"), seen_on="/workbench/", quota="1").status_code == 404


@pytest.mark.parametrize("role", [people.REVIEWER, people.AUDITOR])
def test_nobody_but_an_admin_changes_a_quota(desk: Desk, member: Member, role: str) -> None:
    path = quota_path(desk, member.code)
    browser = desk.signed_in("li", role, member.code if role == people.REVIEWER else "")
    assert browser.submit(path, seen_on="/workbench/account", quota="9 TB").status_code == 403
    assert browser.client.post(path, data={"quota": "9 TB"}, base_url=ORIGIN).status_code in (400, 403)
    assert desk.browser().client.post(path, data={"quota": "9 TB"}, base_url=ORIGIN).status_code in (303, 400)
    assert "institution.quota_set" not in desk.actions()
