"""Files given through a form without a script: written to the data folder as they arrive, never held in memory.

One that a request brought and that came to nothing is removed at its end.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from io import FileIO
from pathlib import Path
from typing import IO, Any

from flask import Request, current_app

from nodes.arrivals import Arrivals, disk_name
from shared.errors import FormTooLarge

MAX_AT_ONCE = 500
"""Files in one form. A resource may have 200, which the form says; each is open until all have come, and commonly a
process may have no more than 1,024 open."""


def arrivals() -> Arrivals:
    """The files that the page of the application at hand has brought."""
    found: Arrivals = current_app.config["ARRIVALS"]
    return found


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
        folder = arrivals().folder / uuid.uuid4().hex
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


def _open_for(request: Request) -> list[HashedFile]:
    """The files that are being written for this request: whoever stops reading in the middle closes none of them."""
    found: list[HashedFile] = request.environ.setdefault("commons.streams", [])
    return found


def arrived_with(request: Request) -> list[Path]:
    """The folders of the files that this request brought and that nobody has taken over yet."""
    found: list[Path] = request.environ.setdefault("commons.arrived", [])
    return found


def take(request: Request) -> list[Path]:
    """Close the files that this request brought, and keep those that are not empty slots."""
    taken, digests = [], {}
    for field in request.files.values():
        field.close()
    for stream in _open_for(request):
        stream.close()
        digests[stream.path] = stream.sha256.hexdigest()
    arrived = arrived_with(request)
    for folder in list(arrived):
        path = next(folder.iterdir(), None)
        if path is None or (path.name == "file" and not path.stat().st_size):
            continue
        arrivals().note(path, digests[path])
        arrived.remove(folder)
        taken.append(path)
    return taken


def drop_untaken(request: Request) -> None:
    """Remove what this request brought and nobody took over."""
    for stream in _open_for(request):
        stream.close()
    for folder in arrived_with(request):
        shutil.rmtree(folder, ignore_errors=True)
