"""The difference between two versions of a record, field by field with the changed words marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from federation.web.workbench.showing import Row, rows

MARKED_UP_TO = 3000
"""Characters up to which the changed parts of a text are sought; longer ones are shown whole."""
STOP_UNIT = 3
"""Equal runs shorter than this between two changes are read as part of the change."""

Piece = tuple[bool, str]
"""A run of text, and whether it changed."""


@dataclass(frozen=True)
class Change:
    """One field that differs; an empty side means that it was added or is gone."""

    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The fields in which `new` differs from `old`, in the order of the record; not the files."""
    before = {(row.key, row.tag): row for row in rows(old) if row.key != "files"}
    after = {(row.key, row.tag): row for row in rows(new) if row.key != "files"}
    places = list(after) + [place for place in before if place not in after]
    return [
        _change(before.get(place), after.get(place))
        for place in places
        if _text(before.get(place)) != _text(after.get(place))
    ]


def _text(row: Row | None) -> str:
    return "\n".join(row.lines) if row else ""


def _change(before: Row | None, after: Row | None) -> Change:
    named = after or before
    old, new = _text(before), _text(after)
    marked = _marked(old, new) if old and new else (((True, old),), ((True, new),))
    return Change(named.label if named else "", *marked)


def _marked(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    if max(len(old), len(new)) > MARKED_UP_TO:
        return ((True, old),), ((True, new),)
    before: list[Piece] = []
    after: list[Piece] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
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
