"""Petitions at a node: written on the page or by command, sent once, and answered by an event."""

from __future__ import annotations

import json

import pytest

from nodes import petitions
from nodes.hub_client import HubClient
from nodes.models import Petition
from nodes.sync import take_events
from nodes.workplace import Workplace
from tests.support.local_page import Node
from tests.support.played import PlayedHub
from tests.support.processes import Command


@pytest.fixture
def workplace(node: Node) -> Workplace:
    return node.workplace


def rejected(node: Node) -> str:
    node.join()
    record_id = node.put(title={"zh": "水钟"})
    node.set_state(record_id, "rejected", reason="出处不明")
    return record_id


def only(node: Node) -> Petition:
    with node.workplace.database.unit_of_work(read_only=True) as session:
        [found] = session.query(Petition)
        return found


def hear(node: Node, record_id: str, **said: str) -> None:
    event = {"seq": 1, "at": "", "record_id": record_id, "version": 1, **said}
    with node.workplace.database.unit_of_work() as session:
        take_events(session, [event], last=1)


def test_an_appeal_waits_for_the_next_round_and_is_sent_once(
    node: Node, client: HubClient, played: PlayedHub
) -> None:
    record_id = rejected(node)
    where, page = f"/resources/{record_id}/petitions", f"/resources/{record_id}"
    empty = node.submit(where, {"kind": "appeal", "text": " "}, seen_on=page)
    assert (empty.status_code, "理由" in empty.text) == (422, True)
    assert node.submit(where, {"kind": "appeal", "text": "见目录第 3 页"}, seen_on=page).status_code == 302
    assert "下次同步时送出" in node.page(page)
    assert node.submit(where, {"kind": "appeal", "text": "再说一遍"}, seen_on=page).status_code == 409
    number = only(node).id
    played.say({"petitions": [{"petition_id": number, "outcome": "accepted"}]})
    assert [petitions.send(node.workplace, client), petitions.send(node.workplace, client)] == [1, 0]
    [(method, path, _headers, body)] = played.seen
    assert (method, path) == ("POST", "/api/v1/federation/petitions")
    assert json.loads(body)["petitions"] == [
        {"petition_id": number, "record_id": record_id, "version": 1, "kind": "appeal", "text": "见目录第 3 页"}
    ]
    assert "已送达，等答复" in node.page(page)


def test_an_answer_is_shown_and_a_dismissal_leaves_the_decision_as_it_was(node: Node) -> None:
    record_id = rejected(node)
    with node.workplace.database.unit_of_work() as session:
        number = petitions.make(session, record_id, kind="appeal", text="请再看").id
    hear(node, record_id, state="rejected", reason="出处仍查不到", petition_id=number, petition="dismissed")
    page = node.page(f"/resources/{record_id}")
    assert "联盟不同意：" in page
    assert "出处仍查不到" in page
    assert "出处不明" in page
    hear(node, record_id, state="in_review", reason="有道理", petition_id=number, petition="granted")
    assert "联盟同意：" in node.page(f"/resources/{record_id}")


def test_what_the_hub_refuses_is_said_with_its_reason_and_not_sent_again(
    node: Node, client: HubClient, played: PlayedHub
) -> None:
    record_id = rejected(node)
    with node.workplace.database.unit_of_work() as session:
        number = petitions.make(session, record_id, kind="appeal", text="请再看").id
    refused = {"petition_id": number, "outcome": "refused", "code": "petition_stands", "detail": "已经提出过申请。"}
    played.say({"petitions": [refused]})
    assert petitions.send(node.workplace, client) == 0
    page = node.page(f"/resources/{record_id}")
    assert "平台没有接收：" in page
    assert "已经提出过申请。" in page


def test_the_day_of_publication_and_the_end_of_a_term_are_shown_and_a_renewal_can_be_asked_for(node: Node) -> None:
    record_id = rejected(node)
    hear(node, record_id, state="approved", reason="", effective_on="2026-05-20")
    command = Command("nodes", {"COMMONS_NODE_DATA": str(node.workplace.folder)})
    assert "2026-05-20发布" in command.run("status").stdout
    assert "2026-05-20发布" in node.page("/resources")
    assert "2026-05-20发布" in node.page(f"/resources/{record_id}")
    hear(node, record_id, state="published", reason="", effective_on="2026-06-20")
    page = node.page(f"/resources/{record_id}")
    assert "公开到 2026-06-20" in page
    assert "申请续期" in page
    assert "提出申诉" not in page


def test_the_commands_write_a_petition_down_or_say_why_there_is_nothing_to_ask(node: Node) -> None:
    record_id = rejected(node)
    command = Command("nodes", {"COMMONS_NODE_DATA": str(node.workplace.folder)})
    assert "没有可以申请的事" in command.run("renew", record_id, "--reason", "x", check=5).stderr
    assert "申诉已记下" in command.run("appeal", record_id, "--reason", "见目录").stdout
    assert "nobody" in command.run("appeal", "nobody", "--reason", "x", check=5).stderr
    assert only(node).text == "见目录"


@pytest.mark.parametrize("kind", ["", "plea", "renewal"])
def test_a_kind_that_is_not_open_is_refused_in_plain_words(node: Node, kind: str) -> None:
    record_id = rejected(node)
    answer = node.submit(
        f"/resources/{record_id}/petitions", {"kind": kind, "text": "x"}, seen_on=f"/resources/{record_id}"
    )
    assert answer.status_code == 409
