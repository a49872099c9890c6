"""A look at a table that nobody has mapped yet: its headings, examples of what stands below them, and its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nodes.importers import columns as ours
from nodes.importers import tables, workbooks
from nodes.importers.grids import Table, column_letter
from nodes.importers.rules import divided
from nodes.importers.seen import DIVIDERS, Column
from nodes.texts import _
from shared.errors import ImportUnreadable

SAMPLES = 3
MAX_SAMPLE = 80
"""Characters of an example that are shown."""
MOST_WORDS = 200
"""Different words of a column beyond which it is text, and no word of it needs translating."""
MAX_WORD = 60
SUFFIXES = (*workbooks.SUFFIXES, ".csv", ".tsv", ".txt")


@contextmanager
def open_table(path: Path, identifier: str = "") -> Iterator[Table]:
    """The table in a workbook or a CSV file: the one with the heading `identifier`, or one of ours, or the first.

    Raises `ImportUnreadable`, or `OSError`.
    """

    def check(headings: Sequence[str]) -> str:
        return ours.fault(headings) if not identifier else "" if identifier in headings else "another table"

    if path.suffix.lower() in workbooks.SUFFIXES:
        with workbooks.opened(path, check, foreign=True) as table:
            yield table
    elif path.suffix.lower() in SUFFIXES:
        yield tables.open_table(path, foreign=True)
    else:
        raise ImportUnreadable(
            name=path.name, cause=_("请选 .xlsx 或 .csv 文件；别的格式先在 Excel 或 WPS 里另存为 .xlsx")
        )


def headings_in(path: Path) -> list[str]:
    """The headings of the table in `path`. Raises as `open_table` does."""
    with open_table(path) as table:
        return table.headings


def survey(path: Path) -> tuple[list[Column], int]:
    """What the columns of a table hold, and how many rows it has. Raises as `open_table` does."""
    with open_table(path) as table:
        columns = {name: Column(name, column_letter(place)) for place, name in enumerate(table.headings) if name}
        seen: dict[str, set[int]] = {name: set() for name in columns}
        words: dict[str, Counter[str]] = {name: Counter() for name in columns}
        rows = 0
        for row in table.rows:
            rows += 1
            for name, cell in row.data.items():
                _look_at(columns[name], str(cell), seen[name], words[name])
    for name, column in columns.items():
        column.words = dict(words[name].most_common()) if len(words[name]) <= MOST_WORDS else {}
    return list(columns.values()), rows


def _look_at(column: Column, cell: str, seen: set[int], words: Counter[str]) -> None:
    column.filled += 1
    shown = cell[:MAX_SAMPLE]
    if len(column.samples) < SAMPLES and shown not in column.samples:
        column.samples.append(shown)
    mark = hash(cell)
    column.unique = column.unique and mark not in seen
    seen.add(mark)
    # One more than is kept tells that there are too many.
    if len(words) <= MOST_WORDS:
        words.update(word for part in divided(cell, DIVIDERS) if (word := part.strip()[:MAX_WORD]))
