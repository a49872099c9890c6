"""What belongs into a node's backup: its keys and what it knows of its hub, and the files that it keeps itself.

In the bag each has a plain name, since a file's own may be anything: `data/folder/<name>` for what lies at the top of
the data folder, `data/files/<SHA-256>` for what lies deeper, where `data/files.json` says which is which.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nodes import faults, served
from nodes.witness import EVIDENCE

TOP, FILES, LIST, SETTINGS = "folder", "files", "files.json", "settings.toml"
OWN_FOLDERS = ("uploads", "generated", "harvested", "batches")
"""Where the node itself keeps files of resources: uploaded in the page, written by an importer, fetched, and brought
with a table."""
SMALL = 16 * 1024**2
"""Bytes of what lies at the top of the data folder; what is larger is no key and no note."""
_LEFT_OUT = re.compile(
    rf"node\..*|.*\.lock|.*\.\d+|{re.escape(served.FILE)}|{re.escape(Path(faults.LOG).stem)}\..*|\..*"
)
"""The database, which is copied by itself; locks, drafts, logs, and where the page is served just now."""
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Kept:
    """A file of the node below its data folder: path with slashes, SHA-256, bytes, and time of change in ns."""

    path: str
    sha256: str
    size: int
    mtime_ns: int

    def as_dict(self) -> dict[str, Any]:
        """The form in `files.json`."""
        return asdict(self)

    def below(self, folder: Path) -> Path:
        """Where it lies below a data folder. Raises `ValueError` for a path that leads out of it."""
        parts = PurePosixPath(self.path).parts
        target = folder.joinpath(*parts)
        if ".." in parts or not target.is_relative_to(folder) or not {*parts[:1]} & {EVIDENCE, *OWN_FOLDERS}:
            raise ValueError(self.path)
        return target


def notes(folder: Path) -> dict[str, bytes]:
    """The keys and small files at the top of a node's folder, by name. Raises `OSError`."""
    found = {}
    for path in sorted(folder.iterdir()):
        ours = _SAFE.fullmatch(path.name) and not _LEFT_OUT.fullmatch(path.name)
        if ours and path.is_file() and path.stat().st_size <= SMALL:
            found[path.name] = path.read_bytes()
    return found


def deeper(folder: Path, *, with_files: bool) -> Iterator[tuple[str, Path]]:
    """The files below the folders that are the node's own, each with its path below `folder`; links are left out."""
    for name in (EVIDENCE, *(OWN_FOLDERS if with_files else ())):
        for place, _folders, files in os.walk(folder / name):
            for file in sorted(files):
                path = Path(place) / file
                if path.is_file() and not path.is_symlink():
                    yield path.relative_to(folder).as_posix(), path
