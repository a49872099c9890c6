"""Files of a form taken over under the paths that the browser gave them, so that a table finds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import Request
from werkzeug.datastructures import FileStorage

from nodes.arrivals import disk_name

MOST_STEPS = 20
"""Folders within each other."""


def chosen(request: Request, *names: str) -> list[FileStorage]:
    """The files of these fields, without the slots that stayed empty."""
    return [field for name in names for field in request.files.getlist(name) if field.filename]


def relative(name: str) -> Path:
    """The path of a file below the folder that was chosen; never one that leads out of it."""
    steps = [step for step in re.split(r"[/\\]", name) if step not in ("", ".", "..")]
    return Path(*[disk_name(step) for step in steps[-MOST_STEPS:]] or [disk_name("")])


def keep(field: FileStorage, target: Path) -> None:
    """Move an arrived file to where it stays."""
    # NodeRequest writes each to a file of its own.
    source = Path(str(field.stream.name))
    field.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def keep_all(fields: Iterable[FileStorage], folder: Path, *, without: str = "") -> None:
    """Move arrived files below `folder`, each under its path but for the folder `without` in which all lie."""
    for field, path in _with_paths(fields):
        keep(field, folder / (path.relative_to(without) if without else path))


def common_folder(fields: Iterable[FileStorage]) -> str:
    """The one folder in which all files lie, as when somebody has chosen it; else nothing."""
    firsts = {path.parts[0] if len(path.parts) > 1 else "" for _field, path in _with_paths(fields)}
    return firsts.pop() if len(firsts) == 1 else ""


def _with_paths(fields: Iterable[FileStorage]) -> Iterator[tuple[FileStorage, Path]]:
    return ((field, relative(field.filename or "")) for field in fields)
