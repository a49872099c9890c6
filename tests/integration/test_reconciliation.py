"""Backups restored on either side, databases lost: hub and node converge, nothing is lost, nothing stands twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.processes import Command, HubProcess, running_hub_process

COURSE = "course"


def describe(number: int, **changes: object) -> dict[str, object]:
    return {
        "title": {"zh": f"第 {number} 件"},
        "summary": {"zh": "一件资源。"},
        "type": "article",
        "themes": ["knowledge"],
        "language": ["zh"],
        "license": "CC-BY-4.0",
        "links": [{"url": "https://example.org/"}],
        **changes,
    }


def register(
    node: Command, folder: Path, number: int, *words: str, files: Sequence[Path] = (), **changes: object
) -> str:
    path = folder / "draft.json"
    listed = {"files": [{"path": str(one)} for one in files]} if files else {}
    path.write_text(json.dumps(describe(number, **listed, **changes)), encoding="utf-8")
    return str(node.json("register", "--from", str(path), *words)["id"])


def data(node: Command) -> Path:
    return Path(node.environ["COMMONS_NODE_DATA"])


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy, as a backup makes it."""
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
    live.close()
    copy.close()


def put_back(copy: Path, target: Path) -> None:
    for path in (target, target.with_name(target.name + "-wal"), target.with_name(target.name + "-shm")):
        path.unlink(missing_ok=True)
    shutil.copy(copy, target)


def approve(hub: HubProcess, code: str) -> None:
    hub.command.run("approve", "--institution", code, "--reviewer", code, "--reason", "核对无误")


@pytest.fixture(scope="module")
def hub(live_hub: HubProcess) -> HubProcess:
    return live_hub


@pytest.fixture
def node(hub: HubProcess, tmp_path: Path) -> Command:
    code = "r" + tmp_path.name.replace("_", "-")[-40:].strip("-").lower() + f"-{abs(hash(str(tmp_path))) % 10**6}"
    return hub.node(tmp_path / "node", code)


def test_hub_and_node_are_proved_equal_and_a_second_time_nothing_is_done(node: Command, tmp_path: Path) -> None:
    for number in range(3):
        register(node, tmp_path, number)
    first = node.json("reconcile")
    assert (first["equal"], first["node_count"], first["hub_count"], first["findings"]) == (True, 3, 3, [])
    again = node.json("reconcile")
    assert (again["equal"], again["mended"], again["digest"]) == (True, False, first["digest"])


def test_a_dry_run_says_what_differs_and_changes_nothing(node: Command, tmp_path: Path) -> None:
    register(node, tmp_path, 1)
    for _ in range(2):
        done = node.json("reconcile", "--dry-run", check=5)
        assert [one["kind"] for one in done["findings"]] == ["absent_at_hub"]
        assert (done["equal"], done["hub_count"]) == (False, 0)
    assert "平台缺少 1" in node.run("reconcile", "--dry-run", check=5).stdout


def test_what_a_dry_run_found_is_mended_at_the_next_opportunity_and_not_a_day_later(
    node: Command, tmp_path: Path
) -> None:
    register(node, tmp_path, 1)
    node.run("reconcile", "--dry-run", check=5)
    assert node.json("sync")["reconciled"]["equal"]


def test_a_node_restored_from_yesterdays_backup_gets_back_what_it_published_since(
    node: Command, tmp_path: Path
) -> None:
    old = register(node, tmp_path, 1)
    node.run("sync")
    database = data(node) / "node.sqlite"
    copy_database(database, tmp_path / "backup.sqlite")
    register(node, tmp_path, 2, "--id", old)
    new = register(node, tmp_path, 3)
    before = node.json("reconcile")
    put_back(tmp_path / "backup.sqlite", database)
    after = node.json("reconcile")
    assert after["equal"]
    assert after["digest"] == before["digest"]
    kinds = sorted(one["kind"] for one in after["findings"])
    assert kinds == ["absent_at_node", "absent_at_node"]
    assert {row["id"]: row["version"] for row in node.json("status")["resources"]} == {old: 2, new: 1}


def test_what_the_hub_refuses_when_it_is_sent_again_is_said_and_is_no_success(node: Command, tmp_path: Path) -> None:
    record_id = register(node, tmp_path, 1)
    with sqlite3.connect(data(node) / "node.sqlite") as database:
        database.execute("DELETE FROM outbox")
        damaged = """record = replace(record, '"type":"article"', '"type":"nonsense"'), state = 'in_review'"""
        assert database.execute(f"UPDATE versions SET {damaged}").rowcount == 1
    database.close()
    done = node.json("reconcile", check=5)
    assert [(one["record_id"], one["kind"]) for one in done["findings"]] == [(record_id, "refused")]
    assert done["equal"] is False


def test_withdrawals_that_the_hub_holds_are_said_to_be_held_and_are_not_mended(
    hub: HubProcess, tmp_path: Path
) -> None:
    code = "held-museum"
    node = hub.node(tmp_path / "node", code)
    ids = [register(node, tmp_path, number) for number in range(3)]
    node.run("sync")
    hub.reviewer(code)
    approve(hub, code)
    node.run("sync")
    for record_id in ids:
        node.run("withdraw", record_id, "--reason", "误操作")
    for words in ((), ("--dry-run",)):
        done = node.json("reconcile", *words, check=5)
        assert sorted((one["record_id"], one["kind"]) for one in done["findings"]) == [(one, "held") for one in ids]
        assert (done["equal"], done["mended"]) == (False, False)
    assert "撤回被平台拦下 3：等联盟管理员确认" in node.run("reconcile", check=5).stdout
    hub.command.run("institution", "allow-withdrawals", code)
    node.run("sync")
    done = node.json("reconcile")
    assert (done["equal"], done["findings"]) == (True, [])


def test_a_number_that_a_restored_node_used_again_becomes_a_new_version(node: Command, tmp_path: Path) -> None:
    record_id = register(node, tmp_path, 1)
    node.run("sync")
    database = data(node) / "node.sqlite"
    copy_database(database, tmp_path / "backup.sqlite")
    register(node, tmp_path, 2, "--id", record_id)
    node.run("sync")
    put_back(tmp_path / "backup.sqlite", database)
    register(node, tmp_path, 99, "--id", record_id)
    done = node.json("reconcile")
    assert done["equal"]
    versions = node.json("status", record_id)
    assert [version["version"] for version in versions] == [3, 2, 1]
    assert node.json("status")["resources"][0]["title"] == "第 99 件"


def test_a_number_that_was_used_again_after_the_news_had_been_read_becomes_a_new_version(
    node: Command, tmp_path: Path
) -> None:
    """The hub's answer was a conflict, and no later event says what stands there."""
    record_id = register(node, tmp_path, 1)
    node.run("sync")
    database = data(node) / "node.sqlite"
    copy_database(database, tmp_path / "backup.sqlite")
    register(node, tmp_path, 2, "--id", record_id)
    node.run("sync")
    put_back(tmp_path / "backup.sqlite", database)
    node.run("sync")
    register(node, tmp_path, 99, "--id", record_id)
    assert node.json("sync", check=5)["refused"][0]["outcome"] == "conflict"
    done = node.json("reconcile")
    assert [(one["version"], one["kind"]) for one in done["findings"]] == [(2, "content_differs")]
    assert [version["version"] for version in node.json("status", record_id)] == [3, 2, 1]
    assert node.json("status")["resources"][0]["title"] == "第 99 件"


def test_a_resource_that_came_back_from_another_node_since_the_backup_is_ours_again(
    node: Command, tmp_path: Path
) -> None:
    record_id = register(node, tmp_path, 1)
    before = node.json("reconcile")
    with closing(sqlite3.connect(data(node) / "node.sqlite")) as database, database:
        database.execute("UPDATE resources SET elsewhere = 1")
    done = node.json("reconcile")
    assert (done["equal"], done["digest"]) == (True, before["digest"])
    assert [(one["record_id"], one["kind"]) for one in done["findings"]] == [(record_id, "state_differs")]


def test_the_files_of_a_version_that_got_a_new_number_are_sent_and_it_is_reviewed(
    node: Command, tmp_path: Path
) -> None:
    pages = [tmp_path / f"{number}.txt" for number in range(2)]
    for path in pages:
        path.write_text(f"{path} {node.environ}", encoding="utf-8")
    record_id = register(node, tmp_path, 1)
    node.run("sync")
    database = data(node) / "node.sqlite"
    copy_database(database, tmp_path / "backup.sqlite")
    register(node, tmp_path, 2, "--id", record_id, files=[pages[0]])
    node.run("sync", "--wait", "60")
    put_back(tmp_path / "backup.sqlite", database)
    register(node, tmp_path, 99, "--id", record_id, files=[pages[1]])
    # The file is still being read when the two are compared, perhaps.
    node.run("reconcile", check=None)
    node.run("sync", "--wait", "60")
    assert node.json("reconcile")["equal"]
    [row] = node.json("status")["resources"]
    assert (row["version"], row["state"]) == (3, "in_review")


def test_a_version_that_got_a_new_number_and_is_refused_under_it_is_said_and_is_no_success(
    node: Command, tmp_path: Path
) -> None:
    record_id = register(node, tmp_path, 1)
    node.run("sync")
    database = data(node) / "node.sqlite"
    copy_database(database, tmp_path / "backup.sqlite")
    node.run("withdraw", record_id, "--reason", "重复登记")
    node.run("sync")
    put_back(tmp_path / "backup.sqlite", database)
    register(node, tmp_path, 99, "--id", record_id)
    done = node.json("reconcile", check=5)
    kinds = [(one["version"], one["kind"]) for one in done["findings"]]
    assert kinds == [(2, "content_differs"), (3, "refused")]
    assert not done["equal"]


def test_a_node_that_lost_its_database_and_kept_key_and_files_comes_back_whole(
    hub: HubProcess, node: Command, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "讲义.txt").write_text("杠杆", encoding="utf-8")
    lesson = describe(1, id="lesson", files=[{"path": "files/讲义.txt"}])
    course = describe(2, id="course", relations=[{"type": "has-part", "target": "lesson"}])
    source = tmp_path / "source.jsonl"
    source.write_text("\n".join(json.dumps(row) for row in (course, lesson)), encoding="utf-8")
    assert node.json("import", str(source))["created"] == 2
    node.run("sync", "--wait", "30")
    before = node.json("reconcile")
    for path in data(node).glob("node.sqlite*"):
        path.unlink()
    node.run("init")
    node.run("join", hub.origin)
    after = node.json("reconcile", "--files", str(files))
    assert (after["equal"], after["digest"]) == (True, before["digest"])
    again = node.json("import", str(source))
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    assert node.json("sync")["bytes_sent"] == 0
    with sqlite3.connect(data(node) / "node.sqlite") as database:
        assert database.execute("SELECT count(*) FROM local_files").fetchone() == (1,)
    database.close()


def test_a_stranger_is_not_let_in_without_an_invitation(hub: HubProcess, tmp_path: Path) -> None:
    stranger = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "stranger")})
    stranger.run("init")
    refused = stranger.run("join", hub.origin, check=4)
    assert "没有登记此密钥" in refused.stderr


def test_a_hub_restored_from_yesterdays_backup_gets_all_of_it_again_under_the_same_names(tmp_path: Path) -> None:
    with running_hub_process(tmp_path / "var") as hub:
        node = hub.node(tmp_path / "node", "museum")
        hub.reviewer("museum")
        old = register(node, tmp_path, 1)
        node.run("sync")
        approve(hub, "museum")
        node.run("sync")
        hub.database.back_up(tmp_path / "backup")
        path = tmp_path / "新.txt"
        path.write_text("新的内容", encoding="utf-8")
        options = ["--title-zh", "新的", "--summary-zh", "新", "--type", "article", "--theme", "knowledge"]
        new = node.json("register", *options, "--license", "CC-BY-4.0", "--file", str(path))["id"]
        node.run("sync", "--wait", "30")
        approve(hub, "museum")
        node.run("sync")
        arks = {row["id"]: row["ark"] for row in node.json("status")["resources"]}
        assert arks[new]
        hub.stop()
        hub.database.put_back(tmp_path / "backup")
        hub.start()
        done = node.json("reconcile")
        assert [one["kind"] for one in done["findings"]] == ["absent_at_hub"]
        node.run("sync", "--wait", "30")
        approve(hub, "museum")
        node.run("sync")
        assert node.json("reconcile")["equal"]
        rows = node.json("status")["resources"]
        assert {row["id"]: (row["state"], row["ark"]) for row in rows} == {
            old: ("published", arks[old]),
            new: ("published", arks[new]),
        }
        assert hub.get(f"/resources/{arks[new]}").status_code == 200
