"""Rows that need no mapping: JSON in the record's own shape, and tables with its field names or Chinese headings.

In a table a heading is a field by its dotted name (`title.zh`) or a Chinese one (see `columns`); a cell of a
list field is divided at “；”, “;” or line ends; terms of vocabularies may be written as code or as label, and
divided at commas.
"""

from __future__ import annotations

import re
from typing import Any

from nodes.importers import columns
from nodes.importers.mapping import LIST_TARGETS
from nodes.importers.words import LANGUAGES_OF_RESOURCES, code_of, day_of, is_term
from shared.errors import FieldError
from shared.vocabularies import OF_FIELDS

_DIVIDER = re.compile(r"\s*[；;\n]\s*")
_COMMAS = re.compile(r"\s*[、，,]\s*")


def from_table(cells: dict[str, Any]) -> dict[str, Any]:
    """A row of a table in the shape of a record, with `source_id` and `files` beside the fields."""
    made: dict[str, Any] = {}
    for heading, cell in cells.items():
        target = columns.target_of(heading)
        top, _, below = target.partition(".")
        if top == "identifiers" and below:
            entries = [{"scheme": below, "value": value} for value in _parts(cell)]
            made.setdefault(top, []).extend(entries)
        elif top == "evidence" and below:
            made.setdefault(top, [{}])[0][below] = cell
        elif below:
            _put(made, target, cell)
        else:
            made[top] = _value(top, cell)
    return made


def take_unknown(fields: dict[str, Any]) -> list[FieldError]:
    """Take out of a row what is probably a field misspelt, and say which; the schema refuses what else it has not."""
    errors = []
    for name in list(fields):
        misplaced = name in columns.TEXTS and isinstance(fields[name], str)
        meant = columns.meant_by(name) if misplaced or not columns.is_known(name) else None
        if meant is not None:
            del fields[name]
            errors.append(FieldError(f"/{name}", "perhaps_meant", {"name": name[:80], "meant": meant}))
    return errors


def _value(target: str, cell: str) -> Any:
    if target in LIST_TARGETS or target == "files":
        return [_entry(target, part) for one in _parts(cell) for part in _terms(target, one)]
    return day_of(cell) if target == "created" else code_for(target, cell)


def _entry(target: str, text: str) -> Any:
    if target in ("creators", "contributors"):
        return {"name": text}
    if target == "links":
        return {"url": text}
    if target == "language":
        return code_of(LANGUAGES_OF_RESOURCES, text)
    return text if target == "files" else code_for(target, text)


def code_for(target: str, text: str) -> str:
    """The code of a term that stands in the field `target`, by code or label; the text itself where there is none."""
    return code_of(OF_FIELDS[target], text) if target in OF_FIELDS else text


def _parts(cell: str) -> list[str]:
    return [part for part in _DIVIDER.split(cell.strip()) if part]


def _terms(target: str, text: str) -> list[str]:
    """Terms between commas, as many write them, when each is one; a term may hold a comma itself."""
    name = LANGUAGES_OF_RESOURCES if target == "language" else OF_FIELDS.get(target, "")
    parts = [part for part in _COMMAS.split(text) if part]
    apart = name and len(parts) > 1 and not is_term(name, text) and all(is_term(name, part) for part in parts)
    return parts if apart else [text]


def _put(made: dict[str, Any], target: str, value: Any) -> None:
    """Set a dotted target; where a step is taken by a plain value, the heading stays as it is and is refused."""
    *steps, last = target.split(".")
    place = made
    for step in steps:
        below = place.setdefault(step, {})
        if not isinstance(below, dict):
            made[target] = value
            return
        place = below
    place[last] = value
