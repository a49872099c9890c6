"""Files given through a form without a script: written to the data folder as they arrive, never held in memory.

One that a request brought and that came to nothing is removed at its end.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import IO

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
        stream = (folder / disk_name(filename or "")).open("w+b")
        _open_for(self).append(stream)
        return stream


def _open_for(request: Request) -> list[IO[bytes]]:
    """The files that are being written for this request: whoever stops reading in the middle closes none of them."""
    found: list[IO[bytes]] = request.environ.setdefault("commons.streams", [])
    return found


def arrived_with(request: Request) -> list[Path]:
    """The folders of the files that this request brought and that nobody has taken over yet."""
    found: list[Path] = request.environ.setdefault("commons.arrived", [])
    return found


def take(request: Request) -> list[Path]:
    """Close the files that this request brought, and keep those that are not empty slots."""
    taken = []
    for field in request.files.values():
        field.close()
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
