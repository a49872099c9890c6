"""What differs between versions of a record: its fields, its files, and the words of a text."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ADDED, REMOVED, REPLACED, RENAMED, DESCRIBED = "added", "removed", "replaced", "renamed", "described"
UNCOMPARED = frozenset(("id", "version", "files", "withdrawn"))
"""Fields that differ by their nature, or are compared by themselves."""
MARKED_UP_TO = 3000
"""Characters up to which the changed parts of a text are sought; longer ones are shown whole."""
STOP_UNIT = 3
"""Equal runs shorter than this between two changes are read as part of the change."""

Piece = tuple[bool, str]
"""A run of text, and whether it changed."""


@dataclass(frozen=True)
class FieldChange:
    """One field that differs, and how: `added`, `removed` or `replaced`."""

    field: str
    kind: str


@dataclass(frozen=True)
class FileChange:
    """One file that differs: how (more than one kind at once), and its places in the old and the new record."""

    kinds: tuple[str, ...]
    before: int | None
    after: int | None


def fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    """The fields in which `new` differs from `old`, in the order of the new one, those that are gone at the end."""
    names = [
        name for name in dict.fromkeys((*new, *old)) if name not in UNCOMPARED and old.get(name) != new.get(name)
    ]
    return [
        FieldChange(name, ADDED if not old.get(name) else REMOVED if not new.get(name) else REPLACED)
        for name in names
    ]


def files(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FileChange]:
    """The files that differ, in the new order, those that are gone at the end.

    A file is the same one when its name is the same, or else its bytes.
    """
    before, after = old.get("files", ()), new.get("files", ())
    partner: dict[int, int] = {}
    for same in ("name", "sha256"):
        free = {entry[same]: place for place, entry in enumerate(before) if place not in partner.values()}
        for place, entry in enumerate(after):
            if place not in partner and entry[same] in free:
                partner[place] = free.pop(entry[same])
    stayed = {place: _kinds(before[partner[place]], after[place]) for place in partner}
    changes = [FileChange(stayed.get(place, (ADDED,)), partner.get(place), place) for place in range(len(after))]
    gone = [place for place in range(len(before)) if place not in partner.values()]
    return [*(one for one in changes if one.kinds), *(FileChange((REMOVED,), place, None) for place in gone)]


def marked(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in runs, with those marked that the other does not have; a long one, or one of two, is one run."""
    if not old or not new:
        return ((True, old),), ((True, new),)
    if max(len(old), len(new)) > MARKED_UP_TO:
        return ((True, old),), ((True, new),)
    before: list[Piece] = []
    after: list[Piece] = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        changed = kind != "equal" or (i2 - i1 < STOP_UNIT and i1 > 0 and i2 < len(old))
        _add(before, changed, old[i1:i2])
        _add(after, changed, new[j1:j2])
    return tuple(before), tuple(after)


def _add(pieces: list[Piece], changed: bool, text: str) -> None:
    """Append a run, joined to the one before it when both are of the same kind."""
    if not text:
        return
    if pieces and pieces[-1][0] == changed:
        text = pieces.pop()[1] + text
    pieces.append((changed, text))


def _kinds(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    differs = {
        REPLACED: old["sha256"] != new["sha256"],
        RENAMED: old["name"] != new["name"],
        DESCRIBED: any(old.get(name) != new.get(name) for name in ("role", "media_type", "alt")),
    }
    return tuple(kind for kind, true in differs.items() if true)
