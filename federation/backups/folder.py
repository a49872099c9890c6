"""The folder of backups: one dated folder for each, made under another name and renamed when whole.

FOLDER/.metrology-commons-backups       says that the folder is ours; locked while a backup is written
FOLDER/objects/sha256/ab/cd/<digest>    the bytes of objects, shared by all backups
FOLDER/2026-11-24T122100.123456Z/       manifest.json, database.sqlite, objects.jsonl, settings.toml, secrets.toml
FOLDER/.unfinished-2026-…               what a process that was killed left; the next backup removes it
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from shared.errors import BackupUnderWay, FolderNotEmpty, NotABackup
from shared.unwritable import said_of

MARKER = ".metrology-commons-backups"
UNFINISHED = ".unfinished-"
POOL = "objects"
MANIFEST, DATABASE, OBJECTS = "manifest.json", "database.sqlite", "objects.jsonl"
SETTINGS, SECRETS, RULES = "settings.toml", "secrets.toml", "rules"
NAME = "%Y-%m-%dT%H%M%S.%fZ"
_NAMED = re.compile(r"\d{4}-\d\d-\d\dT\d{6}\.\d{6}Z")


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """Hold the folder for writing one backup, and remove what killed processes left in it.

    Raises `FolderNotEmpty` for a folder that holds something else, `BackupUnderWay`, or `FileUnwritable` for
    whatever the system refuses inside.
    """
    with said_of(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / MARKER).is_file() and any(folder.iterdir()):
            raise FolderNotEmpty(name=folder)
        folder.chmod(0o700)
        with open(os.open(folder / MARKER, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as marker:
            try:
                fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BackupUnderWay(folder=folder) from error
            _clean(folder)
            yield


@contextmanager
def draft(folder: Path, moment: datetime) -> Iterator[tuple[Path, Path]]:
    """An unfinished backup to be filled and the name it will have: it gets it at the end, or vanishes."""
    final = folder / moment.strftime(NAME)
    unfinished = folder / f"{UNFINISHED}{final.name}"
    unfinished.mkdir(mode=0o700)
    try:
        yield unfinished, final
        make_lasting(unfinished)
        unfinished.rename(final)
        sync(folder)
    except BaseException:
        # A full disk has its room back at once.
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def make_lasting(folder: Path) -> None:
    """Bring all below the folder to the disk, for its owner alone."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o700 if path.is_dir() else 0o600)
        sync(path)
    sync(folder)


def make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, for their owner alone."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def sync(path: Path) -> None:
    """Bring one file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backups(folder: Path) -> list[Path]:
    """The finished backups in a folder, the newest last."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAMED.fullmatch(path.name) and (path / MANIFEST).is_file())


def find(path: Path) -> Path:
    """The backup at `path`: the newest one of a folder of backups, or that one itself. Raises `NotABackup`."""
    place = path.resolve()
    found = backups(place)
    if found:
        return found[-1]
    if not place.name.startswith(UNFINISHED) and (place / MANIFEST).is_file():
        return place
    raise NotABackup(folder=path)


def pool_of(backup: Path) -> Path:
    """Where the objects of a backup lie."""
    return backup.parent / POOL


def forget(folder: Path, *, keep: int) -> list[str]:
    """Remove all but the newest `keep` backups; the names of those that went."""
    old = backups(folder)[:-keep]
    for path in old:
        # Renamed first: half of a backup never looks like one.
        gone = path.rename(folder / f"{UNFINISHED}{path.name}")
        shutil.rmtree(gone)
    sync(folder)
    return [path.name for path in old]


def _clean(folder: Path) -> None:
    for path in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(path)
