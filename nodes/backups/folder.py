"""The folder of a node's backups: one dated bag for each, made under another name and renamed when whole.

FOLDER/about.json                       whose backups these are
FOLDER/backups.lock                     locked while one is written
FOLDER/2026-11-26T081500.000000Z/       a bag (RFC 8493): node.sqlite, the keys, settings.toml, the node's own files
FOLDER/.unfinished-2026-…               what a process that was killed left; the next backup removes it
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from nodes.backups import dated
from nodes.key_files import keep_names, write_private
from shared import private
from shared.bags import DECLARATION
from shared.errors import BackupUnderWay, FolderNotEmpty, NotABackup
from shared.unwritable import said_of

ABOUT, LOCK = "about.json", "backups.lock"
UNFINISHED = ".unfinished-"


@contextmanager
def written(folder: Path, *, owner: str) -> Iterator[None]:
    """Hold the folder for writing one backup of the node `owner`, and remove what killed processes left in it.

    Raises `FolderNotEmpty` for a folder that holds something else, or another node's backups; `BackupUnderWay`; or
    `FileUnwritable` for whatever the system refuses inside.
    """
    with said_of(folder):
        folder.mkdir(mode=private.FOLDER, parents=True, exist_ok=True)
        _own(folder, owner)
        lock = FileLock(folder / LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise BackupUnderWay(folder=folder) from error
        try:
            for path in folder.glob(f"{UNFINISHED}*"):
                shutil.rmtree(path)
            yield
        finally:
            lock.release()


def _own(folder: Path, owner: str) -> None:
    """Note whose backups lie here: who keeps the newest seven must not let go of another node's."""
    try:
        noted = json.loads((folder / ABOUT).read_bytes())
    except FileNotFoundError:
        if any(folder.iterdir()):
            raise FolderNotEmpty(name=folder) from None
        noted = {}
    except ValueError as error:
        raise FolderNotEmpty(name=folder) from error
    stands = noted.get("node", "") if isinstance(noted, dict) else None
    if stands is None or (stands and owner and stands != owner):
        raise FolderNotEmpty(name=folder)
    if not (folder / ABOUT).exists() or stands != (owner or stands):
        write_private(folder / ABOUT, json.dumps({"node": owner}).encode())


@contextmanager
def draft(folder: Path, moment: datetime) -> Iterator[tuple[Path, Path]]:
    """An unfinished backup to be filled, and the name that it gets at the end; on any exception it vanishes."""
    final = folder / moment.strftime(dated.NAME)
    unfinished = folder / f"{UNFINISHED}{final.name}"
    unfinished.mkdir(mode=private.FOLDER)
    try:
        yield unfinished, final
        for path in (*unfinished.rglob("*"), unfinished):
            if path.is_dir():
                keep_names(path)
        unfinished.rename(final)
        keep_names(folder)
    except BaseException:
        # A full disk has its room back at once.
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def find(path: Path) -> Path:
    """The backup at `path`: the newest one of a folder of backups, or that one itself. Raises `NotABackup`."""
    place = path.resolve()
    found = dated.backups(place)
    if found:
        return found[-1]
    if not place.name.startswith(UNFINISHED) and (place / DECLARATION).is_file():
        return place
    raise NotABackup(folder=path)


def forget(folder: Path, *, keep: int) -> list[str]:
    """Remove all but the newest `keep` backups; the names of those that went."""
    old = dated.backups(folder)[:-keep]
    for path in old:
        # Renamed first: half of a backup never looks like one.
        shutil.rmtree(path.rename(folder / f"{UNFINISHED}{path.name}"))
    return [path.name for path in old]
