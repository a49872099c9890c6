"""The last resort: whatever a service did not foresee becomes a named error, and its trace goes into a file."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from nodes.models import now
from shared import private
from shared.errors import (
    CommonsError,
    DatabaseBusy,
    DatabaseDamaged,
    DiskFull,
    InternalError,
    NotWritable,
    SystemFault,
)
from shared.identifiers import fresh_id
from shared.wording import Words, system_fault

LOG = "errors.log"
MAX_LOG = 1024**2
"""Bytes after which a log makes way for a new one; the one before is kept."""
LITTLE_SPACE = 64 * 1024
"""Bytes: SQLite calls a disk that has filled up under its shared memory an I/O error, too."""
_ADDRESS = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+")
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR})


class Logged(InternalError):
    """A fault of the node itself, with the file that tells more."""

    zh = "节点程序出现故障（编号 {request_id}），经过已记入 {log}。请把这个文件交给技术支持。"
    en = "A fault of the node itself ({request_id}); {log} tells more. Give that file to your support."


def named(error: BaseException, folder: Path) -> CommonsError:
    """`error` by its name, as far as it has one; `folder` is the node's, where the trace of any other goes."""
    if isinstance(error, CommonsError):
        return error
    database = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(database, sqlite3.Error):
        found = _of_database(database, folder)
    else:
        found = of_system(error, folder) if isinstance(error, OSError) else None
    return found or _logged(error, folder)


def _of_database(error: sqlite3.Error, folder: Path) -> CommonsError | None:
    """By SQLite's primary result code."""
    path = folder / "node.sqlite"
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(folder)):
        return DiskFull(path=str(path))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy()
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DatabaseDamaged(path=str(path))
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return NotWritable(path=str(path), cause=Words("permission denied or read-only", "没有权限，或是只读的"))
    if code == sqlite3.SQLITE_IOERR:
        return SystemFault(path=str(path), cause=system_fault(OSError(errno.EIO, "Input/output error")))
    return None


def of_system(error: OSError, folder: Path) -> CommonsError:
    """By the system's number; `folder` is named where the system names no file."""
    path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(folder)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(path=path)
    if error.errno in _NOT_ALLOWED:
        return NotWritable(path=path, cause=system_fault(error))
    return SystemFault(path=path, cause=system_fault(error))


def _is_full(folder: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(folder).free < LITTLE_SPACE
    return False


def _logged(error: BaseException, folder: Path) -> Logged:
    """Write the trace where it can be written: into the data folder, else among the system's temporary files."""
    number = fresh_id()
    # A presigned address is a key for as long as it lasts: it does not belong into a file that is passed on.
    trace = _ADDRESS.sub(r"\1?…", "".join(traceback.format_exception(error)))
    text = f"{now().isoformat()} {number}\n{trace}\n"
    for place in (folder, Path(tempfile.gettempdir())):
        with suppress(OSError):
            if place.is_dir():
                return Logged(request_id=number, log=str(_append(place / LOG, text)))
    return Logged(request_id=number, log=Words("no file (none could be written)", "（无法写入任何文件）"))


def _append(path: Path, text: str) -> Path:
    if path.exists() and path.stat().st_size > MAX_LOG:
        path.replace(path.with_suffix(".log.old"))
    with open(path, "a", encoding="utf-8", opener=private.opener) as file:
        file.write(text)
    return path
