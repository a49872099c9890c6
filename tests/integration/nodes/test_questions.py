"""Questions of reviewers and of the public at a node: they come as events, are answered here, and go out once."""

from __future__ import annotations

import json

import pytest

from nodes import questions
from nodes.hub_client import HubClient
from nodes.models import Question
from nodes.sync import take_events
from nodes.workplace import Workplace
from shared import answering
from shared.errors import AlreadyDone
from tests.support.local_page import Node
from tests.support.played import PlayedHub
from tests.support.processes import Command

ASKED = "019712a0-7c00-7000-8000-0000000000d1"


@pytest.fixture
def workplace(node: Node) -> Workplace:
    return node.workplace


def asked_about(node: Node, times: int = 1, **more: str) -> str:
    record_id = node.put(title={"zh": "水钟"})
    event = {"record_id": record_id, "version": 1, "state": "in_review", "reason": "谁拍的？", "question_id": ASKED}
    event |= more
    node.set_state(record_id, "in_review", reason="")
    for _ in range(times):
        with node.workplace.database.unit_of_work() as session:
            take_events(session, [{"seq": 1, "at": "", **event}], last=1)
    return record_id


def question(node: Node) -> Question:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return session.get_one(Question, ASKED)


def test_a_question_is_shown_and_changes_nothing_of_the_version_however_often_it_comes(node: Node) -> None:
    node.join()
    record_id = asked_about(node, times=2)
    overview = node.page("/")
    assert "有 1 个提问或反馈等着回答" in overview
    assert f"/conversation#q-{ASKED}" in overview
    assert f'id="q-{ASKED}"' in node.page("/conversation")
    page = node.page(f"/resources/{record_id}")
    assert "谁拍的？" in page
    assert "平台的答复" not in page


def test_an_answer_on_the_page_waits_for_the_next_round_and_is_sent_once(
    node: Node, client: HubClient, played: PlayedHub
) -> None:
    node.join()
    record_id = asked_about(node)
    where, page = f"/resources/{record_id}/questions/{ASKED}", f"/resources/{record_id}"
    for nothing in (" ", "\u2800"):
        empty = node.submit(where, {"text": nothing}, seen_on=page)
        assert (empty.status_code, "请写下回答" in empty.text) == (422, True)
    assert node.submit(where, {"text": "本院。"}, seen_on=page).status_code == 302
    assert "下次同步时送出" in node.page(page)
    played.say({"answers": [{"question_id": ASKED, "outcome": "accepted"}]})
    assert questions.send(node.workplace, client) == 1
    assert questions.send(node.workplace, client) == 0
    [(method, path, _headers, body)] = played.seen
    assert (method, path) == ("POST", "/api/v1/federation/answers")
    assert json.loads(body) == {"answers": [{"question_id": ASKED, "text": "本院。"}]}
    assert "改回答" not in node.page(page)
    assert node.client.post(where, data={**node.opened("/resources/new"), "text": "别的"}).status_code == 409
    assert "个提问或反馈等着回答" not in node.page("/")


def test_an_answer_that_another_node_was_quicker_with_is_said_and_not_sent_again(
    node: Node, client: HubClient, played: PlayedHub
) -> None:
    node.join()
    record_id = asked_about(node)
    with node.workplace.database.unit_of_work() as session:
        questions.answer(session, ASKED, "本院。")
    played.say({"answers": [{"question_id": ASKED, "outcome": "conflict"}]})
    assert questions.send(node.workplace, client) == 0
    assert "平台先收到了另一个回答" in node.page(f"/resources/{record_id}")
    assert question(node).sent


def test_an_answer_that_was_changed_while_the_first_was_under_way_is_not_said_to_have_arrived(node: Node) -> None:
    node.join()
    record_id = asked_about(node, feedback="question")
    with node.workplace.database.unit_of_work() as session:
        questions.answer(session, ASKED, "九张。")
        [carried] = questions.unsent(session)
    for text, private in (("十张。", False), ("九张。", True)):
        with node.workplace.database.unit_of_work() as session:
            questions.answer(session, ASKED, text, private=private)
            questions.note_outcomes(session, [answering.outcome_of(carried, "accepted")])
            [again] = questions.unsent(session)
        assert (again["text"], again.get("private", False)) == (text, private)
    with node.workplace.database.unit_of_work() as session:
        questions.note_outcomes(session, [answering.outcome_of(again, "conflict")])
    assert "平台先收到了另一个回答" in node.page(f"/resources/{record_id}")


def test_a_hub_that_speaks_of_other_words_is_asked_once_in_a_round(
    node: Node, client: HubClient, played: PlayedHub
) -> None:
    node.join()
    asked_about(node)
    with node.workplace.database.unit_of_work() as session:
        questions.answer(session, ASKED, "本院。")
    played.say({"answers": [{"question_id": ASKED, "outcome": "accepted", "sha256": "0" * 64}]})
    questions.send(node.workplace, client)
    assert len(played.seen) == 1
    assert not question(node).sent


@pytest.mark.parametrize(("number", "said_again"), [(2, False), (10_000_002, True)])
def test_a_hub_that_skips_numbers_was_restored_and_is_told_the_answer_once_more(
    node: Node, client: HubClient, played: PlayedHub, number: int, said_again: bool
) -> None:
    node.join()
    record_id = asked_about(node)
    with node.workplace.database.unit_of_work() as session:
        questions.answer(session, ASKED, "本院。")
    played.say({"answers": [{"question_id": ASKED, "outcome": "accepted"}]})
    questions.send(node.workplace, client)
    event = {"seq": number, "at": "", "record_id": record_id, "version": 1, "state": "published"}
    with node.workplace.database.unit_of_work() as session:
        take_events(session, [event], last=number)
    assert question(node).sent is not said_again


def test_a_hub_that_is_away_leaves_the_answer_to_be_sent(node: Node, client: HubClient, played: PlayedHub) -> None:
    node.join()
    asked_about(node)
    with node.workplace.database.unit_of_work() as session:
        questions.answer(session, ASKED, "本院。")
    played.say({}, status=400)
    with pytest.raises(Exception, match="400"):
        questions.send(node.workplace, client)
    assert not question(node).sent


def test_the_command_lists_questions_and_takes_an_answer(node: Node) -> None:
    node.join()
    asked_about(node)
    command = Command("nodes", {"COMMONS_NODE_DATA": str(node.workplace.folder)})
    assert ASKED in command.run("answer").stdout
    assert "回答已记下" in command.run("answer", ASKED, "本院。").stdout
    assert "没有找到提问" in command.run("answer", "nobody", "x", check=5).stderr
    assert question(node).answer == "本院。"


def test_what_the_public_says_is_shown_as_that_and_may_be_answered_for_the_alliance_alone(
    node: Node, client: HubClient, played: PlayedHub
) -> None:
    node.join()
    record_id = asked_about(node, feedback="mistake")
    where, page = f"/resources/{record_id}/questions/{ASKED}", f"/resources/{record_id}"
    assert "公众指出的错误" in node.page("/")
    assert "公众会在资源的页面上看到" in node.page(page)
    node.submit(where, {"text": "是广告。", "private": "1"}, seen_on=page)
    assert "不公开，只给联盟看" in node.page(page)
    played.say({"answers": [{"question_id": ASKED, "outcome": "accepted"}]})
    questions.send(node.workplace, client)
    [(_method, _path, _headers, body)] = played.seen
    assert json.loads(body) == {"answers": [{"question_id": ASKED, "text": "是广告。", "private": True}]}


def test_what_the_alliance_has_hidden_waits_for_no_answer_until_it_is_shown_again(node: Node) -> None:
    node.join()
    page = f"/resources/{asked_about(node, feedback='question')}"

    def told(word: str) -> None:
        event = {"record_id": page.rpartition("/")[2], "version": 1, "state": "published", "reason": "广告"}
        with node.workplace.database.unit_of_work() as session:
            take_events(session, [{"seq": 2, "at": "", "question_id": ASKED, "feedback": word, **event}], last=2)

    told("hidden")
    assert "个提问或反馈等着回答" not in node.page("/")
    assert "不必回答" in node.page(page)
    assert "记下回答" not in node.page(page)
    told("shown")
    assert "等着回答" in node.page("/")
    with node.workplace.database.unit_of_work() as session:
        questions.answer(session, ASKED, "本院。")
    told("hidden")
    with node.workplace.database.unit_of_work() as session:
        questions.note_outcomes(session, [{"question_id": ASKED, "outcome": "accepted"}])
    assert "公众看不到这条反馈和回答" in node.page(page)


def test_of_what_the_alliance_has_erased_the_node_keeps_no_words(node: Node) -> None:
    node.join()
    page = f"/resources/{asked_about(node, feedback='question')}"
    event = {"record_id": page.rpartition("/")[2], "version": 1, "state": "published", "reason": "涉及个人"}
    with node.workplace.database.unit_of_work() as session:
        questions.answer(session, ASKED, "张某，电话……")
        take_events(session, [{"seq": 2, "at": "", "question_id": ASKED, "feedback": "erased", **event}], last=2)
        one = session.get_one(Question, ASKED)
        assert (one.text, one.answer, questions.unsent(session), questions.waiting(session)) == ("", "", [], [])
        with pytest.raises(AlreadyDone):
            questions.answer(session, ASKED, "再答")
    assert "联盟删除了这条反馈和回答的内容" in node.page(page)
    assert "记下回答" not in node.page(page)


def test_what_was_withdrawn_waits_for_no_answer(node: Node) -> None:
    node.join()
    record_id = asked_about(node, feedback="question")
    assert "等着回答" in node.page("/")
    node.set_state(record_id, "withdrawn", reason="")
    assert "个提问或反馈等着回答" not in node.page("/")


def test_a_reviewer_s_question_is_never_public_so_its_answer_needs_no_word_for_that(node: Node) -> None:
    node.join()
    asked_about(node)
    with node.workplace.database.unit_of_work() as session:
        assert not questions.answer(session, ASKED, "本院。", private=True).private
    command = Command("nodes", {"COMMONS_NODE_DATA": str(node.workplace.folder)})
    assert command.json("answer", "--json") == []
