"""Joining begins with who answers: a hub by its own address, or somebody else, and the command says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.joining import hub_origin
from shared.messages import PREFIX
from tests.support.played import PlayedHub
from tests.support.processes import Command, HubProcess
from tests.support.stores import RunningStore


@pytest.fixture
def newcomer(tmp_path: Path) -> Command:
    """A node that has joined nothing, and has little patience."""
    node = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "newcomer"), "COMMONS_NODE_ATTEMPTS": "1"})
    node.run("init")
    return node


@pytest.mark.parametrize("typed", ["https://hub.example.org/en", "https://hub.example.org/en/"])
def test_the_address_of_the_english_portal_is_the_hub_s(typed: str) -> None:
    assert hub_origin(typed) == "https://hub.example.org"


def test_a_node_joins_by_the_english_address(live_hub: HubProcess, newcomer: Command) -> None:
    token = live_hub.institution("english-address")
    assert "已加入平台" in newcomer.run("join", f"{live_hub.origin}/en/", token).stdout


def test_an_address_that_the_hub_does_not_go_by_names_the_one_that_it_does(
    live_hub: HubProcess, newcomer: Command
) -> None:
    token = live_hub.institution("other-address")
    said = newcomer.run("join", f"http://localhost:{live_hub.port}", token, check=5).stderr
    assert f"请改用 {live_hub.origin} 加入" in said
    newcomer.run("join", live_hub.origin, token)


def test_a_page_of_the_portal_is_no_hub(live_hub: HubProcess, newcomer: Command) -> None:
    said = newcomer.run("join", f"{live_hub.origin}/resources", "x" * 32, check=5).stderr
    assert "不是联盟的平台" in said


def test_an_object_store_is_no_hub(store: RunningStore, newcomer: Command) -> None:
    said = newcomer.run("join", store.endpoint, "x" * 32, check=5).stderr
    assert "不是联盟的平台" in said
    assert "核对网址" in said


def test_a_hub_of_another_protocol_gets_no_invitation(played: PlayedHub, newcomer: Command) -> None:
    played.say({"protocol": 2, "origin": played.origin, "hub_name": {"zh": "新平台"}})
    said = newcomer.run("join", played.origin, "x" * 32, check=4).stderr
    assert "第 1 版" in said
    assert "第 2 版" in said
    assert len(played.seen) == 1


@pytest.mark.parametrize(
    "answer", [{}, [], {"protocol": 1}, {"origin": "https://x.example"}, {"protocol": 1, "origin": 7}]
)
def test_what_does_not_introduce_itself_is_no_hub_and_gets_no_invitation(
    played: PlayedHub, newcomer: Command, answer: object
) -> None:
    played.say(answer)
    assert "不是联盟的平台" in newcomer.run("join", played.origin, "x" * 32, check=5).stderr
    assert [path for _, path, _, _ in played.seen] == [PREFIX + "/"]


def test_a_member_hears_that_it_is_one_whoever_answers(live_hub: HubProcess, newcomer: Command) -> None:
    newcomer.run("join", live_hub.origin, live_hub.institution("joined-already"))
    assert "已加入" in newcomer.run("join", "http://127.0.0.1:1", "x" * 32, check=5).stderr
