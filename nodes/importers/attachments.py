"""The files that a row names: found beside the source, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nodes.files import MAX_SHOWN, FileSpec
from shared.errors import FieldError
from shared.wording import system_fault

_KEYS = frozenset({"path", "name", "role", "alt"})


class BadAttachments(Exception):
    """What is wrong with the files of a row."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(str(errors))
        self.errors = errors


def attach(entries: Any, *, base: Path, root: Path) -> tuple[FileSpec, ...]:
    """Files from a row's entries: a path, or an object with path, name, role and alt.

    Paths are relative to `base` and must lie in `root`: a list that somebody else has written must not be able to
    publish other files of this machine. Raises `BadAttachments` with every fault.
    """
    listed = entries if isinstance(entries, list) else [entries]
    found, errors = [], []
    for number, entry in enumerate(listed):
        shaped: Any = {"path": entry} if isinstance(entry, str) else entry
        faults = [FieldError(f"/files/{number}{step}", code, params) for step, code, params in _faults(shaped)]
        if not faults:
            faults = [
                FieldError(f"/files/{number}/path", code, params) for code, params in _place(base, root, shaped)
            ]
        if faults:
            errors += faults
        else:
            alt = shaped.get("alt", {})
            name = shaped.get("name") or found_below(base, shaped["path"]).name
            found.append(FileSpec(found_below(base, shaped["path"]).resolve(), name, shaped.get("role", "main"), alt))
    if errors:
        raise BadAttachments(errors)
    return tuple(found)


def found_below(base: Path, text: str) -> Path:
    """Where the file is that a person calls `text`, seen from `base`; the path as it is written when none is there.

    Written on Windows it may have backslashes; and many begin with the name of the folder itself.
    """
    slashed = text.replace("\\", "/")
    own, _slash, rest = slashed.partition("/")
    ways = [text, slashed, *([rest] if rest and own == base.name else [])]
    return next((base / way for way in ways if (base / way).is_file()), base / text)


def _faults(entry: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if not isinstance(entry, dict):
        yield "", "wrong_type", {"expected": "object"}
        return
    for name in sorted(set(entry) - _KEYS):
        yield f"/{name}", "unknown_field", {}
    for name in ("path", "name", "role"):
        if name in entry and not isinstance(entry[name], str):
            yield f"/{name}", "wrong_type", {"expected": "text"}
    if "alt" in entry and not isinstance(entry["alt"], dict):
        yield "/alt", "wrong_type", {"expected": "object"}
    if not entry.get("path"):
        yield "/path", "required", {}


def _place(base: Path, root: Path, entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    shown = entry["path"].replace("\x00", "␀")[:MAX_SHOWN]
    try:
        path = found_below(base, entry["path"]).resolve()
        if not path.is_relative_to(root.resolve()):
            yield "outside_folder", {"path": shown}
        elif not path.is_file():
            yield "file_missing", {"path": shown}
    except (OSError, ValueError, RuntimeError) as error:
        # NUL, a name of thousands of characters, a circle of links: this row is bad, and the next goes on.
        yield "file_unreadable", {"name": shown, "cause": system_fault(error)}
