"""Files given through the form: written to the data folder as they arrive, never held in memory.

Each lies in a folder of its own below `uploads/`. One that a request brought and that came to nothing is removed at
its end; one that the form still shows waits there, and is swept away when nobody came back for it in a week.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Collection
from io import FileIO
from pathlib import Path
from typing import IO, Any

from flask import Request, current_app

from nodes.file_names import file_name
from shared.errors import FormTooLarge, NotFound

FOLDER = "uploads"
MAX_DISK_NAME = 200
"""Bytes of a name on disk; file systems take 255."""
MAX_SUFFIX = 20
"""Bytes of what may follow the last dot: more is no suffix but a part of the name."""
DIGESTS_KEPT = 1000
KEEP_SECONDS = 7 * 24 * 3600
MAX_AT_ONCE = 500
"""Files in one form. A resource may have 200, which the form says; each is open until all have come, and commonly a
process may have no more than 1,024 open."""
_KEY = re.compile(r"[0-9a-f]{32}")


class NodeRequest(Request):
    """A request whose files go straight to where they will stay."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if len(arrived_with(self)) >= MAX_AT_ONCE:
            raise FormTooLarge()
        folder: Path = current_app.config["UPLOADS"] / uuid.uuid4().hex
        folder.mkdir(parents=True, mode=0o700)
        arrived_with(self).append(folder)
        stream = HashedFile(folder / disk_name(filename or ""))
        _open_for(self).append(stream)
        return stream


class HashedFile(FileIO):
    """A file that is digested while it is written, so that nobody has to read it for that."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+b")
        self.path, self.sha256 = path, hashlib.sha256()

    def write(self, data: Any, /) -> int:
        """Append; the form's parser does nothing else."""
        self.sha256.update(data)
        rest = memoryview(data)
        while rest:
            rest = rest[super().write(rest) :]
        return len(data)


class Digests:
    """The SHA-256 of files that have come through the form, by their paths; of the last so many."""

    def __init__(self) -> None:
        self._found: dict[Path, tuple[int, int, str]] = {}
        self._lock = threading.Lock()

    def note(self, file: HashedFile) -> None:
        """Remember a file that has just been closed."""
        found = file.path.stat()
        with self._lock:
            self._found[file.path.resolve()] = found.st_size, found.st_mtime_ns, file.sha256.hexdigest()
            while len(self._found) > DIGESTS_KEPT:
                del self._found[next(iter(self._found))]

    def known(self, path: Path, found: os.stat_result) -> str | None:
        """The SHA-256 of a file that lies as it came."""
        size, mtime_ns, sha256 = self._found.get(path, (-1, -1, ""))
        return sha256 if (size, mtime_ns) == (found.st_size, found.st_mtime_ns) else None


def known(path: Path, found: os.stat_result) -> str | None:
    """The SHA-256 of a file that has come through the form of the application at hand."""
    digests: Digests = current_app.config["DIGESTS"]
    return digests.known(path, found)


def _open_for(request: Request) -> list[HashedFile]:
    """The files that are being written for this request: whoever stops reading in the middle closes none of them."""
    found: list[HashedFile] = request.environ.setdefault("commons.streams", [])
    return found


def arrived_with(request: Request) -> list[Path]:
    """The folders of the files that this request brought and that nobody has taken over yet."""
    found: list[Path] = request.environ.setdefault("commons.arrived", [])
    return found


def disk_name(name: str) -> str:
    """The name under which a file lies on disk: its own, without a path, within what file systems take."""
    plain = file_name(re.split(r"[/\\]", name)[-1]) or "file"
    stem, dot, suffix = plain.rpartition(".")
    if not stem or len(suffix.encode()) > MAX_SUFFIX:
        stem, dot, suffix = plain, "", ""
    room = MAX_DISK_NAME - len((dot + suffix).encode())
    return stem.encode("utf-8")[:room].decode("utf-8", errors="ignore").rstrip(". ") + dot + suffix


def take(request: Request) -> list[Path]:
    """Close the files that this request brought, and keep those that are not empty slots."""
    taken = []
    for field in request.files.values():
        field.close()
    for stream in _open_for(request):
        stream.close()
        current_app.config["DIGESTS"].note(stream)
    arrived = arrived_with(request)
    for folder in list(arrived):
        path = next(folder.iterdir(), None)
        if path is None or (path.name == "file" and not path.stat().st_size):
            continue
        arrived.remove(folder)
        taken.append(path)
    return taken


def drop_untaken(request: Request) -> None:
    """Remove what this request brought and nobody took over."""
    for stream in _open_for(request):
        stream.close()
    for folder in arrived_with(request):
        shutil.rmtree(folder, ignore_errors=True)


def path_of(uploads: Path, key: str) -> Path:
    """The file with this key. Raises `NotFound`."""
    folder = uploads / key
    if not _KEY.fullmatch(key) or not folder.is_dir():
        raise NotFound()
    found = next(folder.iterdir(), None)
    if found is None:
        raise NotFound()
    return found


def sweep(uploads: Path, registered: Collection[str]) -> None:
    """Remove uploads older than a week that no registered file has become."""
    if not uploads.is_dir():
        return
    for folder in uploads.iterdir():
        used = any(str(path) in registered for path in folder.iterdir()) if folder.is_dir() else True
        if not used and time.time() - folder.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
