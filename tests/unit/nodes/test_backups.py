"""Backups of a node: whole or not there, made while it runs, and restored only when every byte is as it was."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import func, select

from nodes import keys, registration, rounds
from nodes.backups import dated, making, restoring
from nodes.backups import folder as place
from nodes.backups.restoring import Restored
from nodes.files import FileSpec, check_unchanged, prepare, remember
from nodes.models import LocalFile, Membership, Version, now
from nodes.settings import NodeSettings, load_settings
from nodes.web.backups import Backups
from nodes.workplace import DATABASE, Workplace, initialise, open_workplace
from shared import bags
from shared.bags import PAYLOAD, read_bag
from shared.canonical import digest
from shared.errors import (
    BackupDamaged,
    BackupFromNewer,
    BackupUnderWay,
    FileUnwritable,
    FolderNotEmpty,
    InvalidSettings,
    NodeInUse,
    NotABackup,
    RestoreOverNode,
    RestoreUnfinished,
)
from tests.support.processes import Command
from tests.support.records import make_record
from tests.support.small_disks import small_disk

CHINESE = "一杆秤？.txt"


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    """A new node."""
    made = initialise(NodeSettings(data=str(tmp_path / "node")))
    yield made
    made.database.close()


def put_resource(workplace: Workplace) -> None:
    """Register one more resource."""
    fields = {name: value for name, value in make_record().items() if name not in ("id", "version")}
    with workplace.database.unit_of_work() as session:
        registration.register(session, fields, [], key=workplace.key)


def with_upload(workplace: Workplace, content: bytes = "杆秤".encode()) -> Path:
    """A file as the page keeps it, and as the database knows it."""
    path = workplace.folder / "uploads" / ("0" * 32) / CHINESE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with workplace.database.unit_of_work() as session:
        remember(session, prepare([FileSpec(path)]))
    return path


def back_up(workplace: Workplace, folder: Path, *, with_files: bool = True, keep: int = 0) -> making.Made:
    return making.make(workplace, folder, with_files=with_files, keep=keep)


def restored(folder: Path, source: Path, *, force: bool = False) -> Restored:
    return restoring.restore(NodeSettings(data=str(folder)), source, force=force)


def versions(workplace: Workplace) -> int:
    with workplace.database.unit_of_work(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(Version)) or 0


def versions_in(folder: Path) -> int:
    workplace = open_workplace(NodeSettings(data=str(folder)))
    try:
        return versions(workplace)
    finally:
        workplace.database.close()


def all_sound(folder: Path) -> int:
    """How many backups there are; each is a bag whose every byte is as its list says."""
    found = dated.backups(folder)
    for backup in found:
        bag = read_bag(backup, extra=(), most_files=1000)
        for part in bag.payload:
            assert digest((backup / part.path).read_bytes()) == part.sha256
    return len(found)


def test_what_is_restored_elsewhere_is_the_node_with_its_key_its_resources_and_its_files(
    workplace: Workplace, tmp_path: Path
) -> None:
    put_resource(workplace)
    with_upload(workplace)
    made = back_up(workplace, tmp_path / "备份 1")
    done = restored(tmp_path / "new", tmp_path / "备份 1")
    again = open_workplace(NodeSettings(data=str(tmp_path / "new")))
    assert (done.backup, done.aside, again.key.id) == (made.path, None, workplace.key.id)
    assert versions(again) == 1
    with again.database.unit_of_work(read_only=True) as session:
        [file] = session.scalars(select(LocalFile))
        path, modified = check_unchanged(file)
    assert path == tmp_path / "new" / "uploads" / ("0" * 32) / CHINESE
    assert modified == file.mtime_ns, "so that it need not be read again"
    assert [one.name for one in (tmp_path / "new").iterdir() if one.name.startswith(".")] == []
    again.database.close()


def test_files_that_are_left_out_are_still_known_to_the_node(workplace: Workplace, tmp_path: Path) -> None:
    path = with_upload(workplace)
    made = back_up(workplace, tmp_path / "backups", with_files=False)
    assert made.files == 0
    restored(workplace.folder, tmp_path / "backups", force=True)
    assert path.exists(), "the uploads stay when the backup has none"


def test_a_backup_holds_one_moment_while_the_node_goes_on(workplace: Workplace, tmp_path: Path) -> None:
    ended = threading.Event()

    def register() -> None:
        while not ended.is_set():
            put_resource(workplace)

    writer = threading.Thread(target=register)
    writer.start()
    try:
        backups = [back_up(workplace, tmp_path / "backups").path for _ in range(3)]
    finally:
        ended.set()
        writer.join()
    for backup in backups:
        with closing(sqlite3.connect(backup / PAYLOAD / DATABASE)) as copy:
            counts = [copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("versions", "outbox")]
            assert counts[0] == counts[1]
            assert copy.execute("PRAGMA quick_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("moment", range(3))
def test_a_process_that_is_killed_leaves_no_half_backup_that_looks_whole(
    workplace: Workplace, tmp_path: Path, moment: int
) -> None:
    with_upload(workplace, os.urandom(20_000_000))
    folder = tmp_path / "backups"
    back_up(workplace, folder)
    process = Command("nodes", {"COMMONS_NODE_DATA": str(workplace.folder)}).start(
        "backup", str(folder), "--files", "--keep", "1"
    )
    while process.poll() is None:
        begun = [path for path in folder.glob(f"{place.UNFINISHED}*") if len(list(path.rglob("*"))) > 3 * moment]
        if begun:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    process.communicate()
    assert all_sound(folder) >= 1
    back_up(workplace, folder, keep=1)
    assert all_sound(folder) == 1
    assert not list(folder.glob(f"{place.UNFINISHED}*"))


def test_only_the_newest_are_kept_and_a_file_that_stands_takes_no_room_again(
    workplace: Workplace, tmp_path: Path
) -> None:
    content = with_upload(workplace).read_bytes()
    first, second, third = (back_up(workplace, tmp_path / "backups", keep=2) for _ in range(3))
    assert dated.backups(tmp_path / "backups") == [second.path, third.path]
    assert third.forgotten == [first.path.name]
    copy = third.path / PAYLOAD / "files" / digest(content)
    assert copy.samefile(second.path / PAYLOAD / "files" / digest(content))
    assert all_sound(tmp_path / "backups") == 2


def test_a_folder_with_other_things_or_with_another_node_s_backups_is_left_alone(
    workplace: Workplace, tmp_path: Path
) -> None:
    with workplace.database.unit_of_work() as session:
        names = {"institution_name": {}, "hub_name": {}, "institution_code": "a"}
        limits = {"batch_records": 1, "batch_bytes": 1, "file_bytes": 1}
        session.add(Membership(id=1, origin="http://127.0.0.1:1", node_id="ours", **names, **limits))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / place.ABOUT).write_text('{"node": "theirs"}')
    for name in ("mine", "theirs"):
        with pytest.raises(FolderNotEmpty):
            back_up(workplace, tmp_path / name)
        assert len(list((tmp_path / name).iterdir())) == 1


def test_two_backups_into_one_folder_wait_for_one_another(workplace: Workplace, tmp_path: Path) -> None:
    back_up(workplace, tmp_path / "backups")
    with FileLock(tmp_path / "backups" / place.LOCK), pytest.raises(BackupUnderWay):
        back_up(workplace, tmp_path / "backups")


def test_a_backup_is_for_its_owner_only(workplace: Workplace, tmp_path: Path) -> None:
    made = back_up(workplace, tmp_path / "backups")
    assert made.path.stat().st_mode & 0o77 == 0
    assert (made.path / PAYLOAD / "folder" / "key.pem").stat().st_mode & 0o77 == 0


def test_a_key_under_a_passphrase_is_backed_up_without_it_and_stays_under_it(
    workplace: Workplace, tmp_path: Path
) -> None:
    own = workplace.key.id
    keys.protect(workplace.folder, passphrase="口令", present="")
    node = Command("nodes", {"COMMONS_NODE_DATA": str(workplace.folder)})
    assert "仍有口令保护" in node.run("backup", str(tmp_path / "backups")).stdout
    said = node.run("restore", str(tmp_path / "backups"), "--force").stdout
    assert "口令" in said
    assert "commons-node reconcile" in said
    assert keys.load_key(workplace.folder, passphrase="口令").id == own
    settings = next((tmp_path / "backups").glob("*/data/settings.toml")).read_text(encoding="utf-8")
    assert "key_passphrase" not in settings


@pytest.mark.parametrize("changed", ["node.sqlite", "folder/key.pem", "files.json", "files/*", "gone"])
def test_a_backup_with_one_byte_changed_is_refused_and_nothing_has_changed(
    workplace: Workplace, tmp_path: Path, changed: str
) -> None:
    with_upload(workplace)
    made = back_up(workplace, tmp_path / "backups")
    if changed == "gone":
        (made.path / PAYLOAD / "files.json").unlink()
    else:
        [path] = (made.path / PAYLOAD).glob(changed)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    put_resource(workplace)
    before = sorted(path for path in workplace.folder.rglob("*") if not path.name.endswith(".lock"))
    with pytest.raises(BackupDamaged):
        restored(workplace.folder, tmp_path / "backups", force=True)
    assert sorted(path for path in workplace.folder.rglob("*") if not path.name.endswith(".lock")) == before
    assert versions(workplace) == 1


def test_a_node_that_is_there_gives_way_only_when_it_is_told_to_and_is_not_thrown_away(
    workplace: Workplace, tmp_path: Path
) -> None:
    back_up(workplace, tmp_path / "backups")
    put_resource(workplace)
    workplace.database.close()
    with pytest.raises(RestoreOverNode):
        restored(workplace.folder, tmp_path / "backups")
    done = restored(workplace.folder, tmp_path / "backups", force=True)
    assert done.aside is not None
    assert versions_in(workplace.folder) == 0
    assert versions_in(done.aside) == 1


@pytest.mark.parametrize("renamed", range(4))
def test_a_restoring_that_is_killed_half_way_leaves_no_node_of_two_halves(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renamed: int
) -> None:
    own = keys.load_key(workplace.folder).id
    back_up(workplace, tmp_path / "backups")
    workplace.database.close()
    left, rename = [renamed], Path.rename

    def killed(path: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        # A process that is killed tidies nothing up.
        patched.setattr(shutil, "rmtree", lambda *_args, **_options: None)
        with pytest.raises(KeyboardInterrupt):
            restored(workplace.folder, tmp_path / "backups", force=True)
    if renamed:
        for opened in (initialise, open_workplace):
            with pytest.raises(RestoreUnfinished):
                opened(workplace.settings)
    restored(workplace.folder, tmp_path / "backups", force=renamed == 0)
    found = initialise(workplace.settings)
    assert found.key.id == own
    found.database.close()


def test_a_node_in_use_is_not_replaced(workplace: Workplace, tmp_path: Path) -> None:
    back_up(workplace, tmp_path / "backups")
    with FileLock(workplace.folder / rounds.LOCK), pytest.raises(NodeInUse):
        restored(workplace.folder, tmp_path / "backups", force=True)


def test_a_backup_of_a_newer_program_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    with closing(sqlite3.connect(workplace.folder / DATABASE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    back_up(workplace, tmp_path / "backups")
    with pytest.raises(BackupFromNewer):
        restored(tmp_path / "new", tmp_path / "backups")
    assert list((tmp_path / "new").glob("key*")) == []


def rebagged(backup: Path) -> None:
    """Write the manifests of a backup anew, so that each byte in it is as they say."""
    found = making._payload(backup, {})
    info = {"External-Description": "a backup that somebody has changed"}
    for name, data in bags.tag_files(found, info=info, extra={}, moment=now()).items():
        (backup / name).write_bytes(data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("node.sqlite", b""),
        ("node.sqlite", "of another program"),
        ("folder/key.pem", b"no key"),
        ("folder/key.pem", None),
        ("files.json", b"[" * 100_000),
        ("files.json", b'{"folder":"x","files":[{"path":"uploads/x","sha256":"x","size":1,"mtime_ns":1e40}]}'),
        ("files.json", b'{"folder":"x","files":[{"path":"uploads/x","sha256":"x","size":1,"mtime_ns":"1"}]}'),
    ],
)
def test_a_backup_that_somebody_has_made_up_is_refused_before_anything_is_there(
    workplace: Workplace, tmp_path: Path, name: str, content: bytes | str | None
) -> None:
    made = back_up(workplace, tmp_path / "backups")
    path = made.path / PAYLOAD / name
    path.unlink()
    if isinstance(content, str):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE of_another (program)")
    elif content is not None:
        path.write_bytes(content)
    rebagged(made.path)
    with pytest.raises(BackupDamaged):
        restored(tmp_path / "new", tmp_path / "backups")
    assert {path.name for path in (tmp_path / "new").iterdir()} <= {rounds.LOCK}


def test_what_is_wrong_with_a_backup_is_said_of_a_backup(workplace: Workplace, tmp_path: Path) -> None:
    made = back_up(workplace, tmp_path / "backups")
    (made.path / PAYLOAD / "folder" / "key.pem").unlink()
    with pytest.raises(BackupDamaged) as caught:
        restored(tmp_path / "new", tmp_path / "backups")
    assert caught.value.message("zh").endswith("里的 data/folder/key.pem 有损坏：文件不见了。请改用另一个备份。")


def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NotABackup):
        restored(tmp_path / "new", tmp_path)


def test_a_disk_that_runs_full_meanwhile_has_its_room_back_and_holds_no_half_of_a_backup(
    workplace: Workplace, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "stick", mib=2) as stick:
        back_up(workplace, stick / "backups")
        with_upload(workplace, os.urandom(4_000_000))
        free = shutil.disk_usage(stick).free
        with pytest.raises(FileUnwritable) as raised:
            back_up(workplace, stick / "backups")
        assert "磁盘已满" in raised.value.message("zh")
        assert shutil.disk_usage(stick).free >= free
        assert all_sound(stick / "backups") == 1


def test_a_folder_that_is_not_named_in_full_is_refused_when_the_node_starts() -> None:
    with pytest.raises(InvalidSettings, match="backup_folder"):
        load_settings(environ={"COMMONS_NODE_BACKUP_FOLDER": "backups"})


def test_the_command_wants_a_folder_from_somewhere(workplace: Workplace) -> None:
    done = Command("nodes", {"COMMONS_NODE_DATA": str(workplace.folder)}).run("backup", check=2)
    assert "backup_folder" in done.stderr


def test_backups_within_the_data_folder_which_would_be_lost_with_it_are_refused(workplace: Workplace) -> None:
    folder = workplace.folder / "uploads" / "backups"
    done = Command("nodes", {"COMMONS_NODE_DATA": str(workplace.folder)}).run("backup", str(folder), check=2)
    assert "备份要放在数据目录之外" in done.stderr
    assert not folder.exists()
    environ = {"COMMONS_NODE_DATA": str(workplace.folder), "COMMONS_NODE_BACKUP_FOLDER": str(folder)}
    with pytest.raises(InvalidSettings, match="backup_folder"):
        load_settings(environ=environ)


def test_while_the_page_is_served_a_backup_is_made_when_the_newest_is_old_enough(
    workplace: Workplace, tmp_path: Path
) -> None:
    settings = replace(workplace.settings, backup_folder=str(tmp_path / "backups"), backup_days=2)
    backups = Backups(settings)
    assert backups.is_due(now())
    backups.make()
    assert backups.hindrance == {}
    assert all_sound(tmp_path / "backups") == 1
    fresh = Backups(settings)
    assert not fresh.is_due(now() + timedelta(days=1))
    assert fresh.is_due(now() + timedelta(days=2))
    assert fresh.is_due(now() - timedelta(days=1)), "one of the future was made under a wrong clock"
    [made] = dated.backups(tmp_path / "backups")
    shutil.copytree(made, made.with_name((now() + timedelta(days=9)).strftime(dated.NAME)))
    assert not fresh.is_due(now() + timedelta(days=1)), "nor does it make one due when another is fresh"


def test_a_backup_that_fails_says_why_and_is_tried_again_later(workplace: Workplace, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    backups = Backups(replace(workplace.settings, backup_folder=str(tmp_path / "a file")))
    backups.make()
    assert "无法写入" in backups.hindrance["zh"]
    assert not backups.is_due(now())
    assert backups.is_due(now() + timedelta(hours=2))
