"""The data folder of one machine: that it is ours, that one hub at a time holds it, and how it is removed."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared import private
from shared.errors import DataFolderForeign, DataFolderInUse

MARKER = ".metrology-commons"
LOCK = "hub.lock"
PORT = "hub.port"
"""Where the running hub notes its port, for commands at another terminal."""
LOOKS, LOOK_SECONDS = 5, 0.05


def make(folder: Path) -> None:
    """Make the folder if it is missing, for its owner only; one that was missing or empty is marked as ours.

    The permissions of one that is there are its owner's business. Raises `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=private.FOLDER)
    if not any(folder.iterdir()):
        (folder / MARKER).touch()


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold the folder against a second hub. Raises `DataFolderInUse`.

    Gives whether the last holder was killed: then what it had started may be on its way out for a moment. The
    kernel lets go of the lock with the process, whichever way it ends; children do not inherit it.
    """
    with open(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii") as file:
        if not _locked(file.fileno()):
            raise DataFolderInUse(folder=folder, pid=file.read().strip() or "?")
        killed = bool(file.read().strip())
        (folder / PORT).unlink(missing_ok=True)
        _write(file.fileno(), str(os.getpid()))
        try:
            yield killed
        finally:
            _write(file.fileno(), "")


def note_port(folder: Path, port: int) -> None:
    """Let the commands beside the running hub know where it is. Only who holds the folder may do it."""
    (folder / PORT).write_text(str(port), encoding="ascii")


def running_port(folder: Path) -> int | None:
    """The port of the hub that runs in `folder`, or None when none does."""
    try:
        with (folder / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            return int((folder / PORT).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
    except OSError:
        return None
    return None


def remove(folder: Path) -> None:
    """Remove the data folder with all that is in it. Raises `DataFolderForeign` or `DataFolderInUse`.

    Only a marked folder is removed, and never one in which the caller stands or lives.
    """
    place = folder.resolve()
    lived_in = any(home.resolve().is_relative_to(place) for home in (Path.cwd(), Path.home()))
    if lived_in or not (place / MARKER).is_file():
        raise DataFolderForeign(folder=place)
    with held(place):
        shutil.rmtree(place)


def _locked(descriptor: int) -> bool:
    """Take the lock, past those that only look for a moment whether somebody has it."""
    for _ in range(LOOKS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOOK_SECONDS)
        else:
            return True
    return False


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode("ascii"), 0)
