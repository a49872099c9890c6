"""A node whose key the hub does not take comes back, by itself or with a new invitation, and has all that it had."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nodes import joining, key_files, keys
from nodes import membership as memberships
from nodes.hub_client import HubClient
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace
from shared.messages import EnrolmentReply, PublishReply, RecordsReply
from tests.support.processes import Command, HubProcess, running_hub_process
from tests.support.records import Signer, make_record

pytestmark = pytest.mark.xdist_group("coming back")
RECORD = ("--summary-zh", "简", "--type", "article", "--theme", "knowledge", "--license", "CC-BY-4.0")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub_process(tmp_path_factory.mktemp("hub") / "var") as running:
        yield running


@pytest.fixture
def code(tmp_path: Path) -> str:
    return f"back-{abs(hash(str(tmp_path))) % 10**9}"


@pytest.fixture
def node(hub: HubProcess, tmp_path: Path, code: str) -> Command:
    return hub.node(tmp_path / "node", code)


def folder(node: Command) -> Path:
    return Path(node.environ["COMMONS_NODE_DATA"])


def register(node: Command, title: str, *words: str) -> str:
    link = ("--link", "https://example.org/")
    return str(node.json("register", "--title-zh", title, *RECORD, *link, *words)["id"])


def put_back(copy: Path, target: Path) -> None:
    shutil.rmtree(target)
    shutil.copytree(copy, target)


def back_up(hub: HubProcess, place: Path) -> None:
    hub.database.back_up(place / "backup")


def restore(hub: HubProcess, place: Path) -> None:
    hub.stop()
    hub.database.put_back(place / "backup")
    hub.start()


def key_of(node: Command) -> str:
    return str(node.json("key", "show")["id"])


def revoke(hub: HubProcess, node: Command) -> None:
    hub.command.run("key", "set", key_of(node), "revoked", "--reason", "笔记本被盗")


def invite(hub: HubProcess, code: str) -> str:
    return hub.command.run("invite", code).stdout.strip()


class Thief:
    """Somebody of another institution, who says to be a node that the hub has forgotten."""

    def __init__(self, hub: HubProcess, place: Path) -> None:
        place.mkdir()
        self.key = keys.make_key(place)
        self.signer = Signer()
        self.signer.private_key, self.signer.key_id = self.key.private, self.key.id
        self.client = HubClient(hub.origin, self.key, NodeSettings())

    def enrol(self, token: str, **said: str) -> dict[str, Any]:
        """Join with an invitation, which is good."""
        asked = joining.request(self.key, token=token, node_name="另一个", **said)
        return self.client.ask("/enrolments", asked, EnrolmentReply)

    def publish(self, *tokens: str) -> list[tuple[str, str]]:
        """What the hub says of these signed records."""
        results = self.client.ask("/records", {"records": list(tokens)}, PublishReply)["results"]
        return [(one["outcome"], one.get("code", "")) for one in results]


def test_a_hub_restored_from_before_two_changes_of_key_knows_the_node_again_by_itself(
    hub: HubProcess, node: Command, tmp_path: Path
) -> None:
    register(node, "从前的")
    node.run("sync")
    back_up(hub, tmp_path)
    node.run("key", "rotate")
    register(node, "用第二把钥匙签的")
    node.run("sync")
    node.run("key", "rotate")
    register(node, "用第三把钥匙签的")
    before = node.json("reconcile")
    restore(hub, tmp_path)
    node.run("sync")
    after = node.json("reconcile")
    assert (after["equal"], after["digest"], after["hub_count"]) == (True, before["digest"], 3)
    states = {row["key"]: row["state"] for row in hub.command.json("key", "list")}
    shown = node.json("key", "show")
    assert [states[kid] for kid in (*shown["former"], shown["id"])] == ["retired", "retired", "active"]


def test_a_key_that_was_revoked_after_the_backup_does_not_come_in_again_and_its_node_does_with_another(
    hub: HubProcess, node: Command, code: str, tmp_path: Path
) -> None:
    register(node, "从前的")
    node.run("sync")
    back_up(hub, tmp_path)
    node.run("key", "rotate")
    register(node, "用泄露的钥匙签的")
    node.run("sync")
    leaked = key_of(node)
    revoke(hub, node)
    restore(hub, tmp_path)
    revoke(hub, node)
    assert "笔记本被盗" in node.run("sync", check=4).stderr
    states = {row["key"]: row["state"] for row in hub.command.json("key", "list")}
    assert (states[leaked], states[node.json("key", "show")["former"][0]]) == ("forbidden", "active")
    node.run("join", hub.origin, invite(hub, code))
    node.run("sync")
    assert node.json("reconcile")["equal"]
    assert {row["state"] for row in node.json("status")["resources"]} == {"in_review"}


def test_a_key_can_be_changed_at_a_hub_that_has_forgotten_the_present_one(
    hub: HubProcess, node: Command, tmp_path: Path
) -> None:
    back_up(hub, tmp_path)
    node.run("key", "rotate")
    restore(hub, tmp_path)
    node.run("key", "rotate")
    assert node.json("reconcile")["equal"]


def test_a_node_whose_key_was_revoked_comes_back_with_a_new_invitation_and_speaks_for_what_it_published(
    hub: HubProcess, node: Command, code: str
) -> None:
    record_id = register(node, "从前的")
    node.run("sync")
    revoked = key_of(node)
    revoke(hub, node)
    waiting = register(node, "还没送出的")
    assert "新的邀请码" in node.run("sync", check=4).stderr
    assert "已加入" in node.run("join", hub.origin, invite(hub, code)).stdout
    assert node.json("sync")["accepted"] == 1
    node.run("withdraw", record_id, "--reason", "重复登记")
    node.run("sync")
    assert node.json("reconcile")["equal"]
    found = {row["id"]: row["state"] for row in node.json("status")["resources"]}
    assert found == {record_id: "withdrawn", waiting: "in_review"}
    states = {row["key"]: row["state"] for row in hub.command.json("key", "list")}
    assert (states[revoked], states[key_of(node)]) == ("revoked", "active")


def test_a_node_restored_from_before_its_change_of_key_comes_back_with_a_new_invitation(
    hub: HubProcess, node: Command, code: str, tmp_path: Path
) -> None:
    register(node, "从前的")
    node.run("sync")
    shutil.copytree(folder(node), tmp_path / "yesterday")
    node.run("key", "rotate")
    register(node, "用丢了的钥匙签的")
    before = node.json("reconcile")
    put_back(tmp_path / "yesterday", folder(node))
    assert "新的邀请码" in node.run("sync", check=4).stderr
    node.run("join", hub.origin, invite(hub, code))
    node.run("sync")
    after = node.json("reconcile")
    assert (after["equal"], after["digest"], after["node_count"]) == (True, before["digest"], 2)


def test_what_was_signed_with_the_key_before_stays_in_the_outbox_and_is_signed_anew(
    hub: HubProcess, node: Command
) -> None:
    """Somebody registers while the key changes hands, or the hub hears of the change in the middle of a batch."""
    record_id = register(node, "换钥匙时登记的")
    with closing(sqlite3.connect(folder(node) / "node.sqlite")) as database:
        [before] = database.execute("SELECT jws FROM versions").fetchone()
        node.run("key", "rotate")
        database.execute("UPDATE versions SET jws = ?", (before,))
        database.commit()
    done = node.json("sync")
    assert (done["accepted"], done["refused"]) == (1, [])
    assert [(row["id"], row["state"]) for row in node.json("status")["resources"]] == [(record_id, "in_review")]


def test_two_changes_of_key_at_once_are_one_after_the_other(hub: HubProcess, node: Command) -> None:
    begun = [node.start("key", "rotate") for _ in range(2)]
    ends = sorted((process.communicate(timeout=60), process.returncode)[1] for process in begun)
    assert ends in ([0, 0], [0, 3])
    register(node, "之后的")
    assert node.json("sync")["accepted"] == 1


def test_a_node_whose_next_key_was_revoked_before_it_was_used_comes_back_with_another(
    hub: HubProcess, node: Command, code: str
) -> None:
    revoke(hub, node)
    next_key = keys.make_key(folder(node), name=key_files.NEXT)
    workplace = open_workplace(NodeSettings(data=str(folder(node))))
    with workplace.database.unit_of_work(read_only=True) as session:
        said = {"token": invite(hub, code), "node_name": code, "node_id": memberships.current(session).node_id}
    client = HubClient(hub.origin, next_key, workplace.settings)
    client.ask("/enrolments", joining.request(next_key, **said), EnrolmentReply)
    workplace.database.close()
    hub.command.run("key", "set", next_key.id, "revoked", "--reason", "也被盗了")
    node.run("join", hub.origin, invite(hub, code))
    register(node, "之后的")
    assert node.json("sync")["accepted"] == 1
    assert key_of(node) != next_key.id


def lose_database(node: Command) -> None:
    for path in folder(node).glob("node.sqlite*"):
        path.unlink()


@pytest.mark.parametrize("loses", ["revoked", "rotated away"])
def test_a_node_that_lost_its_database_and_whose_key_is_out_of_use_comes_back_with_another(
    hub: HubProcess, node: Command, code: str, tmp_path: Path, loses: str
) -> None:
    record_id = register(node, "从前的")
    before = node.json("reconcile")
    former = key_of(node)
    if loses == "revoked":
        revoke(hub, node)
    else:
        shutil.copytree(folder(node), tmp_path / "yesterday")
        node.run("key", "rotate")
        put_back(tmp_path / "yesterday", folder(node))
    lose_database(node)
    assert "新的邀请码" in node.run("join", hub.origin, check=4).stderr
    said = node.run("join", hub.origin, invite(hub, code)).stdout
    assert key_of(node) != former
    assert f"换用了新的：{key_of(node)}" in said
    node.run("reconcile")
    after = node.json("reconcile")
    assert (after["equal"], after["digest"]) == (True, before["digest"])
    assert [row["id"] for row in node.json("status")["resources"]] == [record_id]


def test_a_node_that_lost_its_database_and_whose_key_is_good_needs_no_invitation_and_keeps_it(
    hub: HubProcess, node: Command, code: str, tmp_path: Path
) -> None:
    register(node, "从前的")
    node.run("sync")
    former = key_of(node)
    lose_database(node)
    token = invite(hub, code)
    said = node.run("join", hub.origin, token).stdout
    assert (key_of(node), "换用了新的" in said) == (former, False)
    assert node.json("reconcile")["hub_count"] == 1
    other = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "other")})
    other.run("init")
    other.run("join", hub.origin, token)


@pytest.mark.parametrize("with_invitation", [True, False])
def test_a_node_that_lost_its_database_takes_its_place_at_a_hub_that_has_forgotten_its_key(
    hub: HubProcess, node: Command, code: str, tmp_path: Path, with_invitation: bool
) -> None:
    """Both have lost something: the hub the change of key, the node all but its keys."""
    record_id = register(node, "从前的")
    before, place = node.json("reconcile"), place_of(node)
    back_up(hub, tmp_path)
    node.run("key", "rotate")
    kid = key_of(node)
    restore(hub, tmp_path)
    lose_database(node)
    node.run("join", hub.origin, *([invite(hub, code)] if with_invitation else []))
    assert (place_of(node), key_of(node)) == (place, kid)
    node.run("reconcile")
    after = node.json("reconcile")
    assert (after["equal"], after["digest"]) == (True, before["digest"])
    assert [row["id"] for row in node.json("status")["resources"]] == [record_id]


def test_a_node_that_lost_its_database_and_was_killed_on_its_way_back_goes_on(
    hub: HubProcess, node: Command, code: str
) -> None:
    """The hub has taken the new key, and the node died before it used it."""
    former = key_of(node)
    revoke(hub, node)
    lose_database(node)
    token = invite(hub, code)
    next_key = keys.make_key(folder(node), name=key_files.NEXT)
    client = HubClient(hub.origin, next_key, NodeSettings())
    said = {"token": token, "node_name": code, "former_key": former}
    client.ask("/enrolments", joining.request(next_key, **said), EnrolmentReply)
    node.run("join", hub.origin, token)
    assert key_of(node) == next_key.id
    node.run("sync")


def test_a_hub_restored_from_before_the_node_joined_takes_it_in_again_with_all_it_has(
    hub: HubProcess, tmp_path: Path, code: str
) -> None:
    back_up(hub, tmp_path)
    node = hub.node(tmp_path / "node", code)
    register(node, "从前的")
    node.run("sync")
    restore(hub, tmp_path)
    node.run("sync", check=4)
    kid = key_of(node)
    node.run("join", hub.origin, hub.institution(code))
    node.run("sync")
    after = node.json("reconcile")
    assert (after["equal"], after["hub_count"]) == (True, 1)
    assert key_of(node) == kid


def signed_by(node: Command) -> list[str]:
    with closing(sqlite3.connect(folder(node) / "node.sqlite")) as database:
        return [jws for (jws,) in database.execute("SELECT jws FROM versions")]


def place_of(node: Command) -> str:
    with closing(sqlite3.connect(folder(node) / "node.sqlite")) as database:
        return str(database.execute("SELECT node_id FROM membership").fetchone()[0])


def test_a_node_whose_place_was_taken_at_a_hub_that_forgot_it_gets_another_for_all_it_has(
    hub: HubProcess, tmp_path: Path, code: str
) -> None:
    back_up(hub, tmp_path)
    node = hub.node(tmp_path / "node", code)
    record_id = register(node, "从前的")
    before, place = node.json("reconcile"), place_of(node)
    restore(hub, tmp_path)
    thief = Thief(hub, tmp_path / "thief")
    assert thief.enrol(hub.institution(f"{code}-thief"), node_id=place)["node_id"] == place
    # What was signed by another is not the thief's to publish, whoever has its place.
    assert thief.publish(*signed_by(node)) == [("rejected", "key_unknown")]

    node.run("join", hub.origin, hub.institution(code))
    assert place_of(node) != place
    after = node.json("reconcile")
    assert (after["equal"], after["digest"], after["hub_count"]) == (True, before["digest"], 1)
    assert [(row["id"], row["state"]) for row in node.json("status")["resources"]] == [(record_id, "in_review")]

    theirs = thief.signer.sign(make_record(id=record_id, version=2))
    assert thief.publish(*signed_by(node), theirs) == [("rejected", "key_unknown"), ("rejected", "not_yours")]
    message = {"records": [{"record_id": record_id, "version": 1}]}
    assert thief.client.ask("/reconciliation/records", message, RecordsReply)["records"] == []
    node.run("withdraw", record_id, "--reason", "重复登记")
    node.run("sync")
    assert node.json("status")["states"] == {"withdrawn": 1}


def test_a_member_in_good_standing_cannot_join_again_nor_with_the_invitation_of_another(
    hub: HubProcess, node: Command, code: str
) -> None:
    token = invite(hub, code)
    assert "已加入" in node.run("join", hub.origin, token, check=5).stderr
    revoke(hub, node)
    assert "另一个单位" in node.run("join", hub.origin, hub.institution(f"{code}-other"), check=4).stderr
    node.run("join", hub.origin, token)
    node.run("sync")
