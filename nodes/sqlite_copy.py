"""A copy of an SQLite database that others write to meanwhile, by SQLite's online backup (sqlite3_backup_init)."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from shared import private

PAGES = 1000
"""How many pages are read at a time; a writer gets its turn between."""


def write(source: Path, target: Path) -> None:
    """Write a copy as of one moment to `target`, which appears whole or not at all; one that is there gives way.

    Raises `sqlite3.Error` or `OSError`.
    """
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    private.begin(draft)
    try:
        with closing(sqlite3.connect(source, timeout=30)) as read, closing(sqlite3.connect(draft)) as written:
            read.backup(written, pages=PAGES)
            # Alone in its file: a copy that is carried away must not need a log beside it.
            written.execute("PRAGMA journal_mode=DELETE")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException as error:
        with suppress(OSError):
            draft.unlink()
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            # SQLite does not say which of the two files had no room.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
        raise


def is_sound(path: Path) -> bool:
    """Whether SQLite finds a file to be a whole database."""
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False
