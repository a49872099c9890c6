"""A table before it is understood: which row holds the headings, and each further row by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nodes.importers.rows import SourceRow
from nodes.texts import _
from shared.errors import FieldError, ImportUnreadable

Check = Callable[[Sequence[str]], str]
"""What is wrong with a line of headings, or nothing."""
LOOKED_AT = 20
"""Rows at the beginning among which the headings are looked for: above them often stands the title of the list."""
REMARKS = ("问题（改好后可删去这一列）", "Problems (this column may be deleted)")
"""The heading under which this node writes what is wrong with a row; nobody reads that column back."""
MOST_COLUMNS = 256
"""Columns that are read; a table for people has fewer."""


@dataclass(frozen=True)
class Line:
    """One row as it lies in the file: its number there from 1, its cells from the left, and what is wrong with it."""

    number: int
    cells: Sequence[str]
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class Table:
    """Headings by their columns (empty for none), the row that they are in, and the rows below, read as asked for."""

    headings: list[str]
    number: int
    rows: Iterator[SourceRow]


def faulty(number: int, cause: str) -> SourceRow:
    """A row that could not be read."""
    return SourceRow(number, errors=(FieldError("", "unreadable_row", {"cause": cause}),))


def headings_of(name: str, cells: Sequence[str], *, foreign: bool = False) -> list[str]:
    """The headings in `cells`. In a `foreign` table one that stands twice is numbered: 名称, 名称 (2).

    Raises `ImportUnreadable` when there are none, or two of ours are the same.
    """
    headings = ["" if cell in REMARKS else cell for cell in (" ".join(cell.split()) for cell in cells)]
    named = [heading for heading in headings if heading]
    if not named:
        raise ImportUnreadable(name=name, cause=_("第一行没有列名"))
    double = next((heading for heading in named if named.count(heading) > 1), "")
    if not double:
        return headings
    if not foreign:
        raise ImportUnreadable(name=name, cause=_("列名“{name}”重复").format(name=double))
    return _numbered(headings)


def place_of_headings(lines: Sequence[Line], check: Check | None) -> int | None:
    """Where among the first `lines` the headings stand: where `check` finds nothing wrong, else nowhere.

    Without a check, the first row that is nearly as full as the fullest: a title above the table fills one cell.
    """
    if check is not None:
        return next((place for place, line in enumerate(lines) if not check(_trimmed(line))), None)
    filled = [sum(1 for cell in line.cells if cell.strip()) for line in lines]
    wanted = max(1, 0.6 * max(filled, default=0))
    return next((place for place, count in enumerate(filled) if count >= wanted), None)


def body(lines: Iterable[Line], headings: Sequence[str]) -> Iterator[SourceRow]:
    """Each line as heading → cell, without empty cells; a line without any cell is passed over."""
    for line in lines:
        if any(cell.strip() for cell in line.cells[len(headings) :]):
            yield faulty(line.number, _("这一行的列数多于列名"))
            continue
        pairs = zip(headings, line.cells, strict=False)
        data: dict[str, Any] = {name: cell.strip() for name, cell in pairs if name and cell.strip()}
        if data or line.errors:
            yield SourceRow(line.number, data, line.errors)


def column_letter(place: int) -> str:
    """What a spreadsheet calls the column at `place`, counted from 0: A, B … Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _trimmed(line: Line) -> list[str]:
    return [cell.strip() for cell in line.cells]


def _numbered(headings: Sequence[str]) -> list[str]:
    found: list[str] = []
    for heading in headings:
        name, count = heading, 1
        while name and name in found:
            count += 1
            name = f"{heading} ({count})"
        found.append(name)
    return found
