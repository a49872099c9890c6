"""Rows that need no mapping: JSON in the record's own shape, and tables with its field names or Chinese headings.

In a table a heading is a field by its dotted name (`title.zh`) or a Chinese one (see `columns`); a cell of a
list field is divided at “；”, “;” or line ends; terms of vocabularies may be written as code or as label.
"""

from __future__ import annotations

import re
from typing import Any

from nodes.importers import columns
from nodes.importers.mapping import LIST_TARGETS
from shared.errors import FieldError
from shared.vocabularies import vocabulary

VOCABULARIES = {
    "type": "types",
    "themes": "themes",
    "disciplines": "disciplines",
    "audiences": "audiences",
    "occasions": "occasions",
    "stage": "stages",
    "license": "licenses",
}
_DIVIDER = re.compile(r"\s*[；;\n]\s*")
LANGUAGES = {
    "中文": "zh",
    "汉语": "zh",
    "英文": "en",
    "英语": "en",
    "没有语言": "zxx",
    "chinese": "zh",
    "english": "en",
    "no language": "zxx",
}
"""What people call the languages of most resources; zxx is that of pictures and music (ISO 639-2)."""
_DAY = re.compile(r"(\d{4})\s*[/.年-]\s*(\d{1,2})\s*(?:[/.月-]\s*(\d{1,2})\s*日?|月)?")
_BARE_DAY = re.compile(r"(\d{4})(0[1-9]|1[0-2])([0-3]\d)")


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
        return [_entry(target, part) for part in _parts(cell)]
    return day_of(cell) if target == "created" else code_of(target, cell)


def day_of(text: str) -> str:
    """A day as a record has it (`2026-05-20`, `2026-05`, `2026`) from the ways in which people write it.

    `2026/5/20`, `2026.5.20`, `2026年5月20日`, `20260520`; what is none of them stays as it is: the schema judges it.
    """
    found = _DAY.fullmatch(text.strip()) or _BARE_DAY.fullmatch(text.strip())
    if found:
        return "-".join([found[1], *(f"{int(part):02d}" for part in found.groups()[1:] if part)])
    year = text.strip().removesuffix("年")
    return year if len(year) == 4 and year.isdigit() else text


def _entry(target: str, text: str) -> Any:
    if target in ("creators", "contributors"):
        return {"name": text}
    if target == "links":
        return {"url": text}
    if target == "language":
        return LANGUAGES.get(text.lower(), text)
    return text if target == "files" else code_of(target, text)


def code_of(target: str, text: str) -> str:
    """The code of a vocabulary's term given by code or by label; the text itself where there is none."""
    if target not in VOCABULARIES:
        return text
    folded = text.casefold()
    for term in vocabulary(VOCABULARIES[target]):
        if folded in (term.code.casefold(), term.zh.casefold(), term.en.casefold()):
            return term.code
    return text


def _parts(cell: str) -> list[str]:
    return [part for part in _DIVIDER.split(cell.strip()) if part]


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
