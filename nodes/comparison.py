"""Two versions of a resource side by side, in words: what changed, and what the hub said about which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nodes import texts
from nodes.models import Version
from nodes.wording import FIELDS
from shared import differences
from shared.canonical import canonical
from shared.differences import FileChange, Piece
from shared.vocabularies import OF_FIELDS, vocabulary

TEXTS = ("title", "summary", "description")
LISTED = ("creators", "contributors", "links", "evidence", "relations")
JUDGED = ("changes_requested", "refused", "rejected")
"""States in which somebody has said what to change."""


@dataclass(frozen=True)
class FieldRow:
    """One field (and language): how it was and is, in runs of which the changed ones are marked.

    `named` says that the hub's words are about it; it may stand here although nothing of it changed.
    """

    field: str
    tag: str
    before: Sequence[Piece]
    after: Sequence[Piece]
    changed: bool
    named: bool


@dataclass(frozen=True)
class Compared:
    """What differs, and what the hub said of the older version, if it asked for something."""

    rows: Sequence[FieldRow]
    files: Sequence[FileChange]
    said: str


def pair(versions: Sequence[Version], start: int, end: int) -> tuple[Version | None, Version]:
    """The two versions to compare, of all, the latest first; numbers that there are not give the usual two.

    That is the latest, and before it the one that the public sees, else the one that was judged last, else its
    neighbour. The older is None when there is one version only.
    """
    numbered = {version.number: version for version in versions}
    after = numbered.get(end, versions[0])
    older = [version for version in versions if version.number < after.number]
    if start in numbered and start < after.number:
        return numbered[start], after
    for states in (("published",), JUDGED):
        found = next((version for version in older if version.state in states), None)
        if found is not None:
            return found, after
    return (older[0] if older else None), after


def between(before: Version, after: Version, language: str) -> Compared:
    """What differs between two versions, with the fields that the hub's words about the older one name."""
    old, new = before.content, after.content
    asked = {fault.get("pointer", "").split("/")[1] for fault in before.errors if "/" in fault.get("pointer", "")}
    said = before.reason if before.state in JUDGED else ""
    was, now = dict(_values(old, language)), dict(_values(new, language))
    rows = []
    for place in sorted({*now, *was}, key=_order):
        name, tag = place
        first, second = was.get(place, ""), now.get(place, "")
        named = name in asked or _names(said, name)
        if first != second or named:
            rows.append(FieldRow(name, tag, *differences.marked(first, second), first != second, named))
    return Compared(rows, differences.files(old, new), said)


def _order(place: tuple[str, str]) -> tuple[int, str, bool, str]:
    """Fields as the form has them, and of a text the Chinese first."""
    name, tag = place
    known = list(FIELDS)
    return known.index(name) if name in FIELDS else len(known), name, tag != "zh", tag


def _names(said: str, field: str) -> bool:
    """Whether somebody's words name a field, as the form calls it in either language."""
    words = FIELDS.get(field, "")
    spoken = (words, texts.catalogue("en").gettext(words))
    return bool(words) and any(word.casefold() in said.casefold() for word in spoken)


def _values(record: Mapping[str, Any], language: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Each field, and of texts each language, as somebody reads it."""
    for name, value in record.items():
        if name in differences.UNCOMPARED:
            continue
        if name in TEXTS:
            yield from (((name, tag), text) for tag, text in value.items())
        elif name in OF_FIELDS:
            codes = value if isinstance(value, list) else [value]
            yield (name, ""), "\n".join(vocabulary(OF_FIELDS[name]).label(code, language) for code in codes)
        elif name in LISTED:
            yield (name, ""), "\n".join(_in_line(entry) for entry in value)
        elif isinstance(value, list):
            yield (name, ""), "\n".join(map(str, value))
        else:
            yield (name, ""), value if isinstance(value, str) else canonical(value).decode("utf-8")


def _in_line(entry: Mapping[str, Any]) -> str:
    return " · ".join(part if isinstance(part, str) else canonical(part).decode("utf-8") for part in entry.values())
