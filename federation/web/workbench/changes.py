"""The difference between two versions of a record, field by field with the changed words marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.web.workbench.showing import Row, rows
from shared.differences import Piece, marked


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
    return Change(named.label if named else "", *marked(old, new))
