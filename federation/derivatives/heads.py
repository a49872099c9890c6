"""The beginning of a text file in characters, whatever encoding it has, and of a table its first rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

HEAD_BYTES = 65_536
"""How much of a file is read; a file may have gigabytes."""
MOST_CHARACTERS = 12_000
"""How much of that is kept: what a page shows."""
MOST_ROWS, MOST_COLUMNS, MOST_CELL = 30, 20, 200
"""Of a table: rows, columns, and characters of a cell."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_ENCODINGS = ("utf-8", "gb18030")
"""Tried in turn, named as browsers name them. GB 18030 includes GBK and GB 2312: nearly everything that is not UTF-8
is one of these here."""
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Head:
    """The beginning of a text; `charset` is what its bytes are in, and `whole` says that this is all of it."""

    text: str
    charset: str
    whole: bool


@dataclass(frozen=True)
class Table:
    """The first rows of a table, each of the same number of cells; `whole` says that these are all of it."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    whole: bool


def read(data: bytes, *, size: int) -> Head | None:
    """The head of a file of `size` bytes, whose first HEAD_BYTES are `data`; None when it is no text."""
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return _head(data[len(mark) :], charset, len(data) >= size)
    for charset in _ENCODINGS:
        found = _head(data, charset, len(data) >= size)
        if found is not None:
            return found
    return None


def _head(data: bytes, charset: str, complete: bool) -> Head | None:
    try:
        # A character may be cut in two where reading stopped.
        text = codecs.getincrementaldecoder(charset)().decode(data, final=complete)
    except UnicodeDecodeError:
        return None
    if any(ord(char) < 32 and char not in "\t\n\r\f" for char in text):
        return None
    return Head(text[:MOST_CHARACTERS], charset, complete and len(text) <= MOST_CHARACTERS)


def as_table(head: Head) -> Table | None:
    """The table that a text is (RFC 4180, or another delimiter); None when it has no two columns.

    Rows that are too short are filled up, cells that are too many or too long are cut.
    """
    # Rows end with CR, LF or both; str.splitlines would end them at a form feed or U+2028 within a cell, too.
    lines = io.StringIO(head.text, newline="").readlines()
    if not head.whole and len(lines) > 1:
        del lines[-1]  # it may have been cut
    found = [row for row in csv.reader(lines, delimiter=_delimiter(lines)) if any(cell.strip() for cell in row)]
    shown = found[: MOST_ROWS + 1]
    columns = min(max(map(len, shown), default=0), MOST_COLUMNS)
    if columns < 2:
        return None
    rows = [_row(row, columns) for row in shown]
    cut = len(found) > len(shown) or max(map(len, shown)) > columns
    return Table(rows[0], rows[1:], head.whole and not cut)


def _delimiter(lines: Sequence[str]) -> str:
    """The sign that as many of the first lines as possible have the same number of times."""
    counts = {sign: [line.count(sign) for line in lines[:10] if line.strip()] for sign in _DELIMITERS}

    def fitness(sign: str) -> tuple[int, int]:
        found = [count for count in counts[sign] if count]
        return max(map(found.count, found), default=0), max(found, default=0)

    return max(_DELIMITERS, key=fitness)


def _row(row: Sequence[str], columns: int) -> list[str]:
    cells = [cell.strip() for cell in row[:columns]]
    cells = [f"{cell[:MOST_CELL]}…" if len(cell) > MOST_CELL else cell for cell in cells]
    return cells + [""] * (columns - len(cells))
