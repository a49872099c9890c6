"""A node's key changes hands: the old one endorses the new one, nothing waits in vain, and no crash locks it out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nodes import key_files, keys, rotation, rounds
from nodes.hub_client import HubClient, RefusedByHub
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace
from shared.endorsement import endorse
from tests.support.processes import Command, HubProcess

RECORD = ("--title-zh", "题", "--summary-zh", "简", "--type", "article", "--theme", "knowledge")


@pytest.fixture
def node(live_hub: HubProcess, tmp_path: Path) -> Command:
    return live_hub.node(tmp_path / "node", f"k-{abs(hash(str(tmp_path))) % 10**9}")


def register(node: Command) -> str:
    return str(node.json("register", *RECORD, "--license", "CC-BY-4.0", "--link", "https://example.org/")["id"])


def folder(node: Command) -> Path:
    return Path(node.environ["COMMONS_NODE_DATA"])


def states(hub: HubProcess, node: Command) -> dict[str, str]:
    known = {row["key"]: row["state"] for row in hub.command.json("key", "list")}
    present = keys.load_key(folder(node))
    mine = [present.id, *keys.former_keys(folder(node), present)]
    return {kid: known[kid] for kid in mine}


def test_what_waits_is_signed_anew_and_published(live_hub: HubProcess, node: Command) -> None:
    register(node)
    node.run("sync")
    register(node)
    node.run("key", "rotate")
    done = node.json("sync")
    assert (done["accepted"], done["refused"]) == (1, [])
    assert list(states(live_hub, node).values()) == ["active", "retired"]
    assert node.json("reconcile")["equal"]


def test_a_second_rotation_makes_a_longer_chain(live_hub: HubProcess, node: Command) -> None:
    node.run("key", "rotate")
    node.run("key", "rotate")
    assert list(states(live_hub, node).values()) == ["active", "retired", "retired"]
    assert "从前的密钥" in node.run("key", "show").stdout
    assert len(node.json("key", "show")["former"]) == 2


@pytest.fixture
def killed(node: Command) -> Command:
    """The hub has taken the new key, and the node died before it knew: the old one is out of use already."""
    register(node)
    before = folder(node).with_name("before")
    workplace = open_workplace(NodeSettings(data=str(folder(node))))
    keys.make_key(folder(node), name=key_files.NEXT)
    shutil.copytree(folder(node), before)
    rotation.rotate(workplace)
    workplace.database.close()
    shutil.rmtree(folder(node))
    before.rename(folder(node))
    return node


def test_a_node_killed_before_it_used_the_new_key_goes_on_with_it(live_hub: HubProcess, killed: Command) -> None:
    done = killed.json("sync")
    assert (done["accepted"], done["refused"]) == (1, [])
    assert list(states(live_hub, killed).values()) == ["active", "retired"]


def test_such_a_node_compares_with_the_hub_under_the_new_key(live_hub: HubProcess, killed: Command) -> None:
    assert killed.json("reconcile")["equal"]
    assert list(states(live_hub, killed).values()) == ["active", "retired"]


def test_such_a_node_checks_the_log_under_the_new_key(live_hub: HubProcess, killed: Command) -> None:
    killed.run("audit", "verify")
    assert list(states(live_hub, killed).values()) == ["active", "retired"]


def test_a_key_that_was_stolen_and_revoked_cannot_be_rotated_away(live_hub: HubProcess, node: Command) -> None:
    kid = keys.load_key(folder(node)).id
    live_hub.command.run("key", "set", kid, "revoked", "--reason", "笔记本被盗")
    refused = node.run("key", "rotate", check=4)
    assert "笔记本被盗" in refused.stderr
    again = live_hub.command.run("key", "set", kid, "active", "--reason", "找到了", check=5)
    assert "不能变为" in again.stderr


def test_a_change_of_key_that_the_hub_refused_does_not_happen_unasked_later(
    live_hub: HubProcess, node: Command
) -> None:
    kid = keys.load_key(folder(node)).id
    live_hub.command.run("key", "set", kid, "suspended", "--reason", "等电话核实")
    node.run("key", "rotate", check=4)
    live_hub.command.run("key", "set", kid, "active", "--reason", "已核实")
    node.run("sync")
    assert (keys.load_key(folder(node)).id, states(live_hub, node)) == (kid, {kid: "active"})


def test_nobody_takes_a_key_for_another_node(live_hub: HubProcess, node: Command, tmp_path: Path) -> None:
    stranger = keys.make_key(tmp_path)
    victim = keys.load_key(folder(node))
    client = HubClient(live_hub.origin, stranger, NodeSettings(attempts=1))

    forged = endorse(stranger.private.public_key(), origin=live_hub.origin, by=stranger.private)
    wrong_hub = endorse(stranger.private.public_key(), origin="https://other.example", by=victim.private)
    other_key = endorse(victim.private.public_key(), origin=live_hub.origin, by=victim.private)
    codes = []
    for token in (forged, wrong_hub, other_key, "x.y.z"):
        with pytest.raises(RefusedByHub) as caught:
            client.ask("/keys", {"public_key": stranger.jwk, "endorsement": token}, object)
        codes.append(caught.value.problem_code)
    assert codes == ["key_unknown", "signature_invalid", "signature_invalid", "signature_invalid"]


def test_a_protected_key_works_with_its_passphrase_and_says_so_without(node: Command) -> None:
    node.run("key", "protect", "--new-passphrase", "三把尺子")
    refused = node.run("sync", check=4)
    assert "COMMONS_NODE_KEY_PASSPHRASE" in refused.stderr
    opened = Command("nodes", {**node.environ, "COMMONS_NODE_KEY_PASSPHRASE": "三把尺子"})
    opened.run("sync")
    opened.run("key", "rotate")
    assert key_files.is_locked(folder(node))
    opened.run("key", "protect", "--new-passphrase", "")
    node.run("sync")


def test_a_passphrase_waits_until_a_change_of_key_has_ended(node: Command) -> None:
    """The key that was read before the change would be written over the new one, which nobody could make again."""
    workplace = open_workplace(NodeSettings(data=str(folder(node))))
    with rounds.alone(workplace):
        refused = node.run("key", "protect", "--new-passphrase", "三把尺子", check=3)
    workplace.database.close()
    assert "正在" in refused.stderr
    assert not key_files.is_locked(folder(node))


def test_a_new_passphrase_is_taken_from_the_environment_too(node: Command) -> None:
    Command("nodes", {**node.environ, "COMMONS_NODE_NEW_PASSPHRASE": "三把尺子"}).run("key", "protect")
    node.run("sync", check=4)
    Command("nodes", {**node.environ, "COMMONS_NODE_KEY_PASSPHRASE": "三把尺子"}).run("sync")
