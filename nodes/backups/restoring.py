"""Restoring a backup: all of it is read and compared with its digests before anything in the data folder changes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import delete, update

from nodes import key_files, keys, served, sqlite_copy
from nodes.backups import contents, making
from nodes.backups import folder as place
from nodes.backups.contents import Kept
from nodes.database import Database, is_known
from nodes.models import LocalFile, Reconciliation, now
from nodes.rounds import LOCK
from nodes.settings import NodeSettings
from nodes.sync import Reporter
from nodes.workplace import DATABASE, RESTORING
from shared import bags, private
from shared.bags import PAYLOAD, Bag, Payload
from shared.errors import (
    BackupDamaged,
    BackupFromNewer,
    BagAltered,
    BagIncomplete,
    BagUnexpected,
    CommonsError,
    FileUnreadable,
    KeyLocked,
    NodeInUse,
    RestoreOverNode,
)
from shared.unwritable import said_of
from shared.wording import Words, system_fault

ASIDE = "before-restore-%Y%m%dT%H%M%SZ"
MOST_FILES = 1_000_000
TASK = "恢复文件"
KEY = f"{contents.TOP}/{key_files.FILE}"
SYNCING = Words("it is synchronising", "正在同步")
NOT_SOUND = Words("SQLite finds it broken", "数据库不完整")
UNREADABLE = Words("it cannot be read", "读不懂")
NOT_OURS = Words("it is no node's", "不是节点的")
ALTERED = Words("its bytes have changed", "内容与备份时不同")
FAULTS = {
    BagIncomplete: Words("it is not there", "文件不见了"),
    BagUnexpected: Words("it was not in the backup", "备份时没有它"),
    BagAltered: ALTERED,
}
"""What is wrong with a backup, in its own words: the errors of bags speak of bundles that are carried to the hub."""
LATEST = 1 << 63
"""Nanoseconds that no system's clock reaches."""


@dataclass(frozen=True)
class Restored:
    """What was restored: the backup, the data folder, how many files, and where that lies which was there before."""

    backup: Path
    folder: Path
    files: int
    aside: Path | None
    locked: bool
    settings: Path


def restore(settings: NodeSettings, source: Path, *, force: bool, reporter: Reporter | None = None) -> Restored:
    """Restore the backup at `source`, or the newest below it, into the data folder of `settings`.

    What is there already gives way only with `force`, and stays under another name. Raises `NotABackup`,
    `BackupDamaged`, `BackupFromNewer`, `RestoreOverNode`, `NodeInUse`, or `FileUnwritable`; then nothing has changed.
    """
    backup = place.find(source)
    folder = settings.folder.absolute()
    key, database, broken_off = ((folder / name).exists() for name in (key_files.FILE, DATABASE, RESTORING))
    # Without a key, what an earlier restoring left when it was broken off is no node, and goes aside as well.
    stands = key or (database and not broken_off)
    if stands and not force:
        raise RestoreOverNode(folder=folder)
    bag = _read(backup)
    with said_of(folder):
        folder.mkdir(mode=private.FOLDER, parents=True, exist_ok=True)
        with _alone(folder), _staging(folder) as staging:
            kept = _unpack(bag, staging, folder, reporter)
            aside = _swap(folder, staging)
    locked = key_files.is_locked(folder)
    return Restored(backup, folder, len(kept), aside, locked, backup / PAYLOAD / contents.SETTINGS)


def _read(backup: Path) -> Bag:
    try:
        return bags.read_bag(backup, extra=(), most_files=MOST_FILES)
    except CommonsError as error:
        cause = error.as_cause() if isinstance(error, FileUnreadable) else FAULTS.get(type(error), UNREADABLE)
        raise BackupDamaged(folder=backup, name=error.data.get("path", backup.name), cause=cause) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody serves this node's page or synchronises it meanwhile. Raises `NodeInUse`."""
    address = served.find(folder)
    if address is not None:
        raise NodeInUse(folder=folder, cause=address)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise NodeInUse(folder=folder, cause=SYNCING) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A folder beside what is there, on the same disk, so that what is whole only changes its name."""
    staging = folder / RESTORING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=private.FOLDER)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unpack(bag: Bag, staging: Path, folder: Path, reporter: Reporter | None) -> list[Kept]:
    """Lay out the node as it will be, and check each byte on the way. Raises `BackupDamaged`, `BackupFromNewer`."""
    parts = {part.path.removeprefix(PAYLOAD): part for part in bag.payload}
    tell = reporter.begin(TASK, sum(part.size for part in bag.payload)) if reporter is not None else None
    database = staging / DATABASE
    _copy(bag, _part(bag, parts, DATABASE), database, tell)
    _check_database(bag, database)
    _part(bag, parts, KEY)
    for path, part in parts.items():
        top, _, name = path.partition("/")
        if top == contents.TOP and name:
            _copy(bag, part, staging / name, tell)
    _check_key(bag, staging)
    was, kept = _listed(bag, _part(bag, parts, contents.LIST))
    for one in kept:
        target = one.below(staging)
        target.parent.mkdir(mode=private.FOLDER, parents=True, exist_ok=True)
        _copy(bag, _part(bag, parts, f"{contents.FILES}/{one.sha256}"), target, tell)
        os.utime(target, ns=(one.mtime_ns, one.mtime_ns))
    _settle(database, kept, was=Path(was), folder=folder)
    return kept


def _part(bag: Bag, parts: dict[str, Payload], name: str) -> Payload:
    if name not in parts:
        raise BackupDamaged(folder=bag.folder, name=name, cause=system_fault(FileNotFoundError(2, "")))
    return parts[name]


def _listed(bag: Bag, part: Payload) -> tuple[str, list[Kept]]:
    """The folder that the node was in, and its files."""
    try:
        with bag.open(part) as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != part.sha256:
            raise ValueError(part.path)
        said = json.loads(data)
        kept = [Kept(**one) for one in said["files"]]
        for one in kept:
            one.below(bag.folder)
            if type(one.mtime_ns) is not int or abs(one.mtime_ns) >= LATEST:
                raise ValueError(one.mtime_ns)
        return str(said["folder"]), kept
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupDamaged(folder=bag.folder, name=contents.LIST, cause=UNREADABLE) from error


def _copy(bag: Bag, part: Payload, target: Path, tell: Callable[[int], None] | None) -> None:
    digest = hashlib.sha256()
    with bag.open(part) as read, open(target, "xb", opener=private.opener) as written:
        while chunk := read.read(making.CHUNK):
            digest.update(chunk)
            written.write(chunk)
            if tell is not None:
                tell(len(chunk))
        written.flush()
        os.fsync(written.fileno())
    if digest.hexdigest() != part.sha256:
        raise BackupDamaged(folder=bag.folder, name=part.path, cause=ALTERED)


def _check_database(bag: Bag, database: Path) -> None:
    if not sqlite_copy.is_sound(database):
        raise BackupDamaged(folder=bag.folder, name=DATABASE, cause=NOT_SOUND)
    with closing(sqlite3.connect(database)) as connection:
        ours = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone()
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone() if ours else None
    if found is None:
        raise BackupDamaged(folder=bag.folder, name=DATABASE, cause=NOT_OURS)
    standing = str(found[0])
    if not is_known(standing):
        raise BackupFromNewer(program="metrology-commons", migration=standing)


def _check_key(bag: Bag, staging: Path) -> None:
    """Whether the key is one; of one under a passphrase only its owner can tell."""
    try:
        keys.load_key(staging)
    except KeyLocked:
        return
    except CommonsError as error:
        raise BackupDamaged(folder=bag.folder, name=KEY, cause=UNREADABLE) from error


def _settle(database: Path, kept: list[Kept], *, was: Path, folder: Path) -> None:
    """Say in the database where the files are now, and that nothing is known of how the hub has gone on.

    It is brought up to date on the way, so that what cannot be is found before anything has changed.
    """
    opened = Database(database)
    try:
        with opened.unit_of_work() as session:
            for one in kept:
                here = (LocalFile.sha256 == one.sha256) & (LocalFile.path == str(one.below(was)))
                session.execute(update(LocalFile).where(here).values(path=str(one.below(folder))))
            session.execute(delete(Reconciliation))
    finally:
        opened.close()


def _swap(folder: Path, staging: Path) -> Path | None:
    """Put what is new in the place of what is there, which goes into a folder of its own; the key comes last.

    Until it is there no command finds a node, nor makes one (`nodes.workplace`), so nothing is ever done with one
    half of each.
    """
    names = sorted((path.name for path in staging.iterdir()), key=lambda name: name == key_files.FILE)
    # The log of the database that goes belongs to it, and the keys that wait for their turn to the key.
    former = {*names, f"{DATABASE}-wal", f"{DATABASE}-shm", *(path.name for path in folder.glob("key*.pem"))}
    aside = folder / now().strftime(ASIDE)
    for name in sorted(former, key=lambda name: name != key_files.FILE):
        if (folder / name).exists():
            aside.mkdir(mode=private.FOLDER, exist_ok=True)
            (folder / name).rename(aside / name)
    for name in names:
        (staging / name).rename(folder / name)
    key_files.keep_names(folder)
    return aside if aside.exists() else None
