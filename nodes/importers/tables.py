"""CSV as spreadsheets write it: any of the usual delimiters and encodings, a first line with the headings."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nodes.importers.encodings import sniff
from nodes.importers.rows import SourceRow
from nodes.texts import _
from shared.errors import FieldError, ImportUnreadable
from shared.wording import Words

DELIMITERS = ",;\t|"
FAULTS = (
    ("unexpected end of data", "引号没有结束"),
    ("field larger", "有一格的文字过长"),
    ("NUL", "有不允许的控制字符"),
)
"""What the reader says, and the same in Chinese."""
MAX_CELL = 256 * 1024
"""Characters of one cell: as much as a whole record may have bytes."""

Check = Callable[[Sequence[str]], str]
"""What is wrong with a line of headings, or nothing."""


def read(path: Path, check: Check | None = None) -> Iterator[SourceRow]:
    """The rows of `path` as heading → cell, without empty cells; `number` is the line on which a row ends.

    Raises `ImportUnreadable` when there is no usable line of headings, or `OSError`.
    """
    encoding = sniff(path)
    csv.field_size_limit(MAX_CELL)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter(first), strict=True)
        try:
            headings = _headings(path, next(rows, []))
        except csv.Error as error:
            raise ImportUnreadable(name=path.name, cause=_fault(error)) from error
        if check is not None and (cause := check(headings)):
            raise ImportUnreadable(name=path.name, cause=cause)
        yield from _body(rows, headings)


def delimiter(first_line: str) -> str:
    """The delimiter that stands most often in the line of headings outside of quotes."""
    bare = "".join(first_line.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _headings(path: Path, cells: list[str]) -> list[str]:
    headings = [cell.strip() for cell in cells]
    named = [heading for heading in headings if heading]
    if not named:
        raise ImportUnreadable(name=path.name, cause=_("第一行没有列名"))
    double = next((heading for heading in named if named.count(heading) > 1), "")
    if double:
        raise ImportUnreadable(name=path.name, cause=_("列名“{name}”重复").format(name=double))
    return headings


def _body(rows: Any, headings: list[str]) -> Iterator[SourceRow]:
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _bad(rows.line_num, _fault(error))
            continue
        if any(cell.strip() for cell in cells[len(headings) :]):
            yield _bad(rows.line_num, _("这一行的列数多于列名"))
            continue
        data = {name: cell.strip() for name, cell in zip(headings, cells, strict=False) if name and cell.strip()}
        if data:
            yield SourceRow(rows.line_num, dict(data))


def _fault(error: csv.Error) -> Words:
    """What the reader found, of which there is not much with `strict`."""
    said = str(error)
    return Words(said, next((zh for en, zh in FAULTS if en in said), "引号的用法不对"))


def _bad(number: int, cause: str) -> SourceRow:
    return SourceRow(number, errors=(FieldError("", "unreadable_row", {"cause": cause}),))
