"""Readers ask, and point out mistakes: the form without an account, and what of it everybody sees in the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import Client, TestResponse

from federation import days, feedback
from federation.database import unit_of_work
from federation.models.auditing import AuditReason
from federation.models.events import NodeEvent
from federation.models.feedback import Feedback
from federation.models.resources import ResourceVersion
from federation.reports import contribution, period
from federation.roles import CHIEF_REVIEWER
from tests.support.desk import TOKEN, Desk
from tests.support.exhibition import HOSTILE, Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.stores import RunningStore

TEXT = "主尺和游标哪个先读？"


@pytest.fixture
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("voices"), store) as found:
        yield found


def form(shown: Exhibition, name: str = "caliper", prefix: str = "") -> str:
    return f"{prefix}/resources/{shown.arks[name]}/feedback"


def send(shown: Exhibition, *, client: Client | None = None, prefix: str = "", **fields: Any) -> TestResponse:
    browser = client or shown.hub.app.test_client()
    found = TOKEN.search(browser.get(form(shown, prefix=prefix), base_url=ORIGIN).text)
    assert found is not None
    data = {"csrf_token": found[1], "kind": "question", "text": TEXT, **fields}
    return browser.post(form(shown, prefix=prefix), data=data, base_url=ORIGIN)


def answered(shown: Exhibition, text: str) -> None:
    member = shown.member
    with unit_of_work(shown.hub.app, read_only=True) as session:
        asked = session.scalars(select(NodeEvent.question_id).where(NodeEvent.feedback != "")).all()
    said = {"answers": [{"question_id": one, "text": text} for one in asked]}
    reply = member.post("/answers", said).get_json()
    assert [one["outcome"] for one in reply["answers"]] == ["accepted"] * len(asked)


def kept(shown: Exhibition) -> int:
    with unit_of_work(shown.hub.app, read_only=True) as session:
        return session.scalar(select(func.count(Feedback.id))) or 0


def test_a_reader_asks_without_an_account_and_everybody_reads_the_answer(shown: Exhibition) -> None:
    assert "提问，或指出错误" in shown.page("caliper").text
    sent = send(shown)
    assert sent.status_code == 303
    assert "收到了，谢谢" in shown.get(sent.headers["Location"].removeprefix(ORIGIN)).text
    assert TEXT not in shown.page("caliper").text, "nothing is public that nobody has read"
    answered(shown, "先读主尺。")
    page = shown.page("caliper").text
    assert TEXT in page
    assert "先读主尺。" in page
    assert "先读主尺。" in shown.page("caliper", prefix="/en").text


def test_what_will_not_do_is_said_in_the_reader_s_language_and_what_was_typed_stays(shown: Exhibition) -> None:
    refused = send(shown, text="打 13800138000 给我")
    assert (refused.status_code, "请删去" in refused.text, "打 13800138000 给我" in refused.text) == (422, True, True)
    assert "Leave it out" in send(shown, prefix="/en", text="打 13800138000 给我").text
    assert "必填" in send(shown, text=" ").text
    assert send(shown, kind="praise").status_code == 422
    assert kept(shown) == 0
    assert send(shown, text="字\r\n" * 500).status_code == 303, "a browser counts the end of a line once"


def test_a_request_without_the_form_s_token_is_refused(shown: Exhibition) -> None:
    answer = shown.hub.app.test_client().post(form(shown), data={"kind": "question", "text": TEXT}, base_url=ORIGIN)
    assert answer.status_code == 400
    assert kept(shown) == 0


def test_a_program_that_fills_in_what_nobody_sees_is_thanked_and_not_heard(shown: Exhibition) -> None:
    assert send(shown, website="https://spam.example").status_code == 303
    assert kept(shown) == 0


def test_too_much_from_one_place_has_to_wait(shown: Exhibition) -> None:
    client = shown.hub.app.test_client()
    answers = [send(shown, client=client, text=f"第 {number} 问") for number in range(6)]
    assert [one.status_code for one in answers] == [303] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 3000
    assert "请在 60 分钟后重试" in answers[-1].text
    assert "第 5 问" in answers[-1].text


def test_the_form_is_for_one_reader_and_the_resource_s_page_for_all(shown: Exhibition) -> None:
    assert shown.get(form(shown)).headers["Cache-Control"] == "private, no-store"
    assert shown.page("caliper").headers["Cache-Control"] == "public, no-cache"


def test_nothing_is_said_of_what_was_withdrawn_or_never_was(shown: Exhibition) -> None:
    assert shown.get(form(shown, "gone")).status_code == 410
    assert shown.get("/resources/ark:99999/nothing/feedback").status_code == 404
    for path in ("nonsense", "ark:99999/nothing"):
        client = shown.hub.app.test_client()
        found = TOKEN.search(client.get(form(shown), base_url=ORIGIN).text)
        assert found is not None
        data = {"csrf_token": found[1], "kind": "question", "text": TEXT}
        assert client.post(f"/resources/{path}/feedback", data=data, base_url=ORIGIN).status_code == 404


def test_what_readers_write_is_text_on_every_page(shown: Exhibition) -> None:
    send(shown, text=HOSTILE)
    assert HOSTILE not in Desk(shown.hub).signed_in("wang", CHIEF_REVIEWER).page("/workbench/feedback/")
    answered(shown, HOSTILE)
    assert HOSTILE not in shown.page("caliper").text


def test_the_alliance_hides_what_should_not_be_seen_and_says_why(shown: Exhibition) -> None:
    send(shown, text="骂人的话")
    answered(shown, "不该回答的。")
    browser = Desk(shown.hub).signed_in("wang", CHIEF_REVIEWER)
    page = browser.page("/workbench/feedback/")
    [hiding] = re.findall(r'action="(/workbench/feedback/[^"]+/hiding)"', page)
    assert "请填写理由" in browser.submit(hiding, reason=" ", seen_on="/workbench/feedback/").text
    assert "最多 500 个字符" in browser.submit(hiding, reason="长" * 501, seen_on="/workbench/feedback/").text
    done = browser.submit(f"{hiding}?state=answered", reason="辱\u202e骂", seen_on="/workbench/feedback/")
    assert done.headers["Location"].endswith("/workbench/feedback/?state=answered")
    with unit_of_work(shown.hub.app, read_only=True) as session:
        assert "辱骂" in session.scalars(select(AuditReason.reason)).all()
    assert "骂人的话" not in shown.page("caliper").text
    assert "骂人的话" in browser.page("/workbench/feedback/?state=hidden")
    assert "骂人的话" not in browser.page("/workbench/feedback/?state=answered")
    erasing = hiding.replace("hiding", "erasing")
    page = browser.page("/workbench/feedback/?state=hidden")
    assert erasing in page
    browser.submit(erasing, reason="点了别人的名", seen_on="/workbench/feedback/")
    page = browser.page("/workbench/feedback/")
    assert "骂人的话" not in page
    assert "不该回答的" not in page
    assert "内容已于" in page
    assert erasing not in page


def test_what_somebody_says_who_is_signed_in_is_answered_as_any_other_and_not_counted_as_the_public_s(
    shown: Exhibition,
) -> None:
    send(shown)
    send(shown, client=Desk(shown.hub).signed_in("wang", CHIEF_REVIEWER).client, text="自己人问的")
    answered(shown, "先读主尺。")
    assert "自己人问的" in shown.page("caliper").text
    with unit_of_work(shown.hub.app, read_only=True) as session:
        made = contribution.report(session, period.asked_for("", "", today=days.today()))
    assert (made.total.feedback, made.total.feedback_answered) == (1, 1)


def test_much_feedback_is_shown_page_by_page_and_a_page_too_far_is_the_last(shown: Exhibition) -> None:
    with unit_of_work(shown.hub.app) as session:
        version = session.scalars(select(ResourceVersion).where(ResourceVersion.state == "published")).first()
        assert version is not None
        for number in range(120):
            given = Feedback(id=f"{number:036}", version_id=version.id, resource_id=version.resource_id)
            given.kind, given.text = "question", f"第 {number} 问"
            session.add(given)
    with unit_of_work(shown.hub.app, read_only=True) as session:
        first, last = (feedback.listed(session, state="", page=page) for page in (1, 999))
        assert (first.pages, len(first.rows), last.page, len(last.rows)) == (3, 50, 3, 20)
