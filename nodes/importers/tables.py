"""CSV as spreadsheets write it: any of the usual delimiters and encodings, a first line with the headings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from nodes.importers.encodings import sniff
from nodes.importers.grids import Check, Line, Table, body, faulty, headings_of
from nodes.importers.rows import SourceRow
from shared.errors import ImportUnreadable
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


def read(path: Path, check: Check | None = None, *, foreign: bool = False) -> Iterator[SourceRow]:
    """The rows of `path` as heading → cell, without empty cells; `number` is the line on which a row ends.

    Raises `ImportUnreadable` when there is no usable line of headings, or `OSError`.
    """
    yield from open_table(path, check, foreign=foreign).rows


def open_table(path: Path, check: Check | None = None, *, foreign: bool = False) -> Table:
    """The table in `path`; a `foreign` one may have any headings, and some twice. Raises as `read` does."""
    lines = _lines(path)
    first = next(lines, Line(1, ()))
    if isinstance(first, SourceRow):
        raise ImportUnreadable(name=path.name, cause=first.errors[0].params["cause"])
    headings = headings_of(path.name, first.cells, foreign=foreign)
    if check is not None and not foreign and (cause := check(headings)):
        raise ImportUnreadable(name=path.name, cause=cause)
    return Table(headings, first.number, _body(lines, headings))


def delimiter(first_line: str) -> str:
    """The delimiter that stands most often in the line of headings outside of quotes."""
    bare = "".join(first_line.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _lines(path: Path) -> Iterator[Line | SourceRow]:
    """Every row, or why it cannot be read."""
    encoding = sniff(path)
    csv.field_size_limit(MAX_CELL)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter(first), strict=True)
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield faulty(rows.line_num, _fault(error))
                continue
            yield Line(rows.line_num, cells)


def _body(lines: Iterator[Line | SourceRow], headings: list[str]) -> Iterator[SourceRow]:
    for line in lines:
        if isinstance(line, SourceRow):
            yield line
        else:
            yield from body((line,), headings)


def _fault(error: csv.Error) -> Words:
    """What the reader found, of which there is not much with `strict`."""
    said = str(error)
    return Words(said, next((zh for en, zh in FAULTS if en in said), "引号的用法不对"))
