"""Each check of what the node holds sees its own real cause, and says how to mend it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from nodes import key_files, keys
from nodes.backups import making
from nodes.checkup import examining, machine, own
from nodes.checkup.findings import BAD, GOOD, NAMES, WARN, Finding
from nodes.files import FileSpec, prepare, remember
from nodes.models import Membership, now
from nodes.rounds import LOCK
from nodes.settings import NodeSettings
from nodes.workplace import DATABASE, Workplace, initialise
from tests.support.rounds import put_round, round_of
from tests.support.small_disks import small_disk


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    """A new node."""
    made = initialise(NodeSettings(data=str(tmp_path / "node")))
    yield made
    made.database.close()


def joined(workplace: Workplace, origin: str = "http://127.0.0.1:1") -> None:
    with workplace.database.unit_of_work() as session:
        names = {"institution_name": {}, "hub_name": {}, "institution_code": "a"}
        limits = {"batch_records": 1, "batch_bytes": 1, "file_bytes": 1}
        session.add(Membership(id=1, origin=origin, node_id="n", **names, **limits))


def said(finding: Finding, level: str) -> str:
    """What it says in Chinese, of that level; whoever is not well is told what to do, in both languages."""
    assert finding.level == level, finding
    for language in ("zh", "en"):
        words = finding.in_words(language)
        assert words["said"]
        assert bool(words["mend"]) is (level != GOOD)
    return finding.said.zh + finding.mend.zh


def test_a_new_node_is_well_and_is_told_what_it_still_lacks(workplace: Workplace) -> None:
    found = {one.check: one.level for one in examining.examine(workplace.settings)}
    well = {"program", "folder", "disk", "key", "database", "round", "files"}
    assert {check for check, level in found.items() if level == GOOD} == well
    assert {check for check, level in found.items() if level == WARN} == {"backup", "service", "membership"}
    assert list(found) == [name for name in NAMES if name in found], "always in one order"


def test_where_there_is_no_node_nothing_is_made_and_it_is_said_how_to_begin(tmp_path: Path) -> None:
    settings = NodeSettings(data=str(tmp_path / "none"))
    assert "commons-node" in said(own.folder(settings), BAD)
    assert [one.check for one in examining.examine(settings)] == ["program", "folder", "disk", "service"]
    assert not (tmp_path / "none").exists()


def test_a_key_that_others_can_read_is_bad(workplace: Workplace) -> None:
    (workplace.folder / key_files.FILE).chmod(0o644)
    assert "chmod 600" in said(own.key(workplace.settings), BAD)


def test_a_key_under_a_passphrase_is_looked_at_with_it_alone(workplace: Workplace) -> None:
    keys.protect(workplace.folder, passphrase="right")
    said(own.key(replace(workplace.settings, key_passphrase="right")), GOOD)
    assert "COMMONS_NODE_KEY_PASSPHRASE" in said(own.key(workplace.settings), WARN)
    said(own.key(replace(workplace.settings, key_passphrase="wrong")), BAD)


def test_a_key_that_is_none_any_more_is_bad(workplace: Workplace) -> None:
    (workplace.folder / key_files.FILE).write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n")
    assert "从备份恢复" in said(own.key(workplace.settings), BAD)


@pytest.mark.parametrize("damage", [b"", b"not a database at all", b"\xff" * 4096])
def test_a_broken_database_is_bad_and_what_needs_it_is_left_out(workplace: Workplace, damage: bytes) -> None:
    workplace.database.close()
    path = workplace.folder / DATABASE
    content = path.read_bytes()
    path.write_bytes(content[: 4096 * 3] + damage + content[4096 * 4 :] if len(damage) == 4096 else damage)
    for log in workplace.folder.glob(f"{DATABASE}-*"):
        log.unlink()
    assert "恢复备份" in said(own.database(workplace.settings), BAD)
    checks = {one.check for one in examining.examine(workplace.settings)}
    assert not checks & {"round", "files", "membership"}


@pytest.mark.parametrize(("standing", "level", "words"), [("9999", BAD, "升级本程序"), ("0001", WARN, "自动升级")])
def test_a_database_of_another_version_is_told(workplace: Workplace, standing: str, level: str, words: str) -> None:
    with closing(sqlite3.connect(workplace.folder / DATABASE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (standing,))
        connection.commit()
    assert words in said(own.database(workplace.settings), level)
    examining.examine(workplace.settings)
    assert not list(workplace.folder.glob("*.before-*")), "an examination changes nothing"


def test_how_the_last_round_went_is_told(workplace: Workplace) -> None:
    said(own.last_round(workplace), GOOD)
    joined(workplace)
    put_round(workplace, round_of(good=True))
    said(own.last_round(workplace), GOOD)
    put_round(workplace, round_of(good=True, started_at=now() - timedelta(days=4)))
    assert "之后没有同步" in said(own.last_round(workplace), WARN)
    put_round(workplace, round_of(good=False, error={"zh": "平台没有应答。", "en": "No answer."}))
    assert "平台没有应答" in said(own.last_round(workplace), WARN)


def test_a_round_that_was_killed_and_one_that_hangs_are_told_from_one_that_runs(workplace: Workplace) -> None:
    joined(workplace)
    put_round(workplace, round_of())
    assert "中途停止" in said(own.last_round(workplace), WARN)
    with FileLock(workplace.folder / LOCK):
        said(own.last_round(workplace), GOOD)
        put_round(workplace, round_of(beat_at=now() - timedelta(hours=1)))
        assert "没有动静" in said(own.last_round(workplace), BAD)


def test_files_that_vanished_or_changed_are_counted_and_named(workplace: Workplace, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.txt" for name in ("秤", "尺", "斗")]
    for path in paths:
        path.write_text(path.name, encoding="utf-8")
    with workplace.database.unit_of_work() as session:
        remember(session, prepare(FileSpec(path) for path in paths))
    said(own.files(workplace), GOOD)
    paths[0].unlink()
    os.utime(paths[1], (0, 0))
    words = said(own.files(workplace), WARN)
    assert "1 个不在原处，1 个改动过：秤.txt、尺.txt" in words
    assert "commons-node reconcile --files" in words


def test_a_disk_that_is_nearly_full_is_bad(tmp_path: Path) -> None:
    said(machine.disk(NodeSettings(data=str(tmp_path / "not" / "made" / "yet"))), GOOD)
    with small_disk(tmp_path / "disk", mib=2) as disk:
        assert "腾出空间" in said(machine.disk(NodeSettings(data=str(disk / "node"))), BAD)


def test_backups_that_are_missing_or_old_are_told(workplace: Workplace, tmp_path: Path) -> None:
    assert "backup_folder" in said(machine.backup(workplace.settings), WARN)
    settings = replace(workplace.settings, backup_folder=str(tmp_path / "backups"))
    said(machine.backup(settings), BAD)
    made = making.make(workplace, tmp_path / "backups", with_files=False)
    said(machine.backup(settings), GOOD)
    made.path.rename(made.path.with_name("2026-01-01T000000.000000Z"))
    assert "2026-01-01" in said(machine.backup(settings), WARN)


def test_a_check_that_fails_itself_is_a_finding_too(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_settings: NodeSettings) -> Finding:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(machine, "disk", broken)
    [found] = [one for one in examining.examine(workplace.settings) if one.check == "disk"]
    assert "errors.log" in said(found, BAD)
