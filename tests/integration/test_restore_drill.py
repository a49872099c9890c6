"""The drill: a hub at work is backed up, goes on, burns down, and is restored on another machine. Nothing is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from federation.backups import folder
from tests.support.forwarder import Forwarder, forwarding
from tests.support.processes import PASSWORD, Command, HubProcess, eventually, running_hub_process

# One machine with all that it brings; between engines, backups are restored in federation/test_backups.py.
pytestmark = pytest.mark.only_on("sqlite")
CODES = ("institute-a", "institute-b")


@pytest.fixture
def address() -> Iterator[Forwarder]:
    """The hub's public address, which outlives the machine behind it."""
    with forwarding() as made:
        yield made


def running(address: Forwarder, var: Path) -> Any:
    return running_hub_process(var, COMMONS_PUBLIC_ORIGIN=address.origin)


def register(node: Command, place: Path, title: str) -> str:
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{title}.txt"
    path.write_text(f"{title}的内容 {place}", encoding="utf-8")
    words = ["--title-zh", title, "--summary-zh", "一件资源", "--type", "article", "--theme", "knowledge"]
    return str(node.json("register", *words, "--license", "CC-BY-4.0", "--file", str(path))["id"])


def publish(hub: HubProcess, node: Command, code: str) -> None:
    node.run("sync", "--wait", "60")
    hub.command.run("approve", "--institution", code, "--reviewer", "reviewer", "--reason", "核对无误")
    node.run("sync")


def standing(node: Command) -> dict[str, tuple[str, str]]:
    return {row["id"]: (row["state"], row["ark"]) for row in node.json("status")["resources"]}


def join(hub: HubProcess, address: Forwarder, place: Path, code: str) -> Command:
    node = Command("nodes", {"COMMONS_NODE_DATA": str(place / code)})
    node.run("init")
    node.run("join", address.origin, hub.institution(code))
    return node


def audit_log(var: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(var / "hub.sqlite")) as database:
        return database.execute("SELECT id, action, subject, entry FROM audit_events ORDER BY id").fetchall()


def downloads(hub: HubProcess, node: Command, place: Path) -> None:
    """Every public file of a member has the bytes that it registered."""
    for row in node.json("status")["resources"]:
        answer = hub.get(f"/resources/{row['ark']}/files/{quote(row['title'])}.txt")
        assert answer.status_code == 200
        assert answer.content == (place / f"{row['title']}.txt").read_bytes()


def revoke(hub: Command, node: Command) -> None:
    hub.run("key", "set", node.json("key", "show")["id"], "revoked", "--reason", "私钥泄露")


def lose_one(kept: Path) -> str:
    """The medium of the backup has lost one object, too: its digest."""
    path = next(path for path in (kept / folder.POOL).rglob("*") if path.is_file())
    path.unlink()
    return path.name


def test_a_hub_that_burned_down_comes_back_with_what_was_backed_up_and_what_came_after(
    tmp_path: Path, address: Forwarder
) -> None:
    kept, files = tmp_path / "backups", tmp_path / "files"
    with running(address, tmp_path / "var") as hub:
        address.port = hub.port
        hub.command.run("user", "add", "reviewer", "--password", PASSWORD)
        nodes = {code: join(hub, address, tmp_path, code) for code in CODES}
        for code, node in nodes.items():
            register(node, files / code, "杆秤")
            publish(hub, node, code)
        waiting = register(nodes[CODES[0]], files / CODES[0], "待审的砝码")
        nodes[CODES[0]].run("sync", "--wait", "60")
        leaked = join(hub, address, tmp_path, "institute-c")
        made = hub.command.json("backup", str(kept), "--objects")
        assert (made["objects"], made["copied"], made["lacking"]) == (3, 3, {})
        log = audit_log(hub.var)
        revoke(hub.command, leaked)
        for code, node in nodes.items():
            register(node, files / code, "后来的天平")
            publish(hub, node, code)
        before = {code: standing(node) for code, node in nodes.items()}
        assert all(state == "published" for found in before.values() for state, _ in found.values())
        hub.stop()
    shutil.rmtree(tmp_path / "var")
    lost = lose_one(kept)

    restored = tmp_path / "restored"
    command = Command("federation", {"COMMONS_VAR": str(restored), "COMMONS_PUBLIC_ORIGIN": address.origin})
    done = command.json("restore", str(kept), check=1)
    assert (done["put_back"], done["lacking"], done["other_origin"]) == (2, {lost: "missing"}, False)
    # First the keys, then the service: what was revoked after the backup is good again.
    assert done["undone"]["active_keys"] == 3
    revoke(command, leaked)
    with running(address, restored) as hub:
        address.port = hub.port
        assert "密钥已停用（私钥泄露）" in leaked.run("sync", check=4).stderr
        for code, node in nodes.items():
            # What was sent again is being read for a moment; what was approved after the backup waits for approval.
            eventually(lambda node=node: node.json("reconcile", check=None)["equal"], seconds=60)
            publish(hub, node, code)
            assert node.json("reconcile")["equal"]
            assert standing(node) == before[code]
        eventually(lambda: not hub.command.json("status")[0]["objects_damaged"], seconds=60)
        for code, node in nodes.items():
            downloads(hub, node, files / code)
        assert waiting in before[CODES[0]]
        assert eventually(lambda: hub.get("/api/v1/search").json()["total"] == 5, seconds=60)
        after = audit_log(restored)
        assert after[: len(log)] == log
        published = [row[2] for row in after if row[1] == "version.published"]
        assert sorted(published) == sorted(f"resource:{record}" for found in before.values() for record in found)
        assert after[len(log)][1] == "hub.restored"


def test_what_hinders_is_said_in_words(tmp_path: Path) -> None:
    command = Command("federation", {"COMMONS_VAR": str(tmp_path / "var"), "COMMONS_LOG_LEVEL": "ERROR"})
    for words in (("verify-backup",), ("restore",)):
        done = command.run(*words, str(tmp_path / "nothing"), check=5)
        assert done.stderr.startswith("错误：")
        assert "没有完成的备份" in done.stderr
    assert "commons-hub migrate" in command.run("backup", str(tmp_path / "backups"), check=5).stderr
    assert not (tmp_path / "backups" / folder.UNFINISHED).exists()
