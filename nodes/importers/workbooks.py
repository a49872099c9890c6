"""Workbooks of Excel and WPS (.xlsx, ECMA-376): the values as the sheet shows them, row by row, never a formula run.

The sheet is the first visible one whose headings are known. Hidden rows count: a filter left on must lose nothing.
What is merged downwards holds for each of its rows. A cell in which something is wrong is a fault of its row alone.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from nodes.importers import columns, packages
from nodes.importers.grids import (
    LOOKED_AT,
    MOST_COLUMNS,
    Check,
    Line,
    Table,
    body,
    column_letter,
    headings_of,
    place_of_headings,
)
from nodes.importers.rows import SourceRow
from nodes.texts import _
from shared.errors import FieldError, ImportUnreadable

SUFFIXES = (".xlsx", ".xlsm")
HOME = "commons-node"
"""The hidden sheet in which a workbook that this node has written says to which source it belongs, in its cell B1."""
MOST_EMPTY = 10_000
"""Empty rows after which nothing more is expected: formats down to the last row of a sheet are a million of them."""
AT_ONCE = 200
"""Rows read in one go."""
SURE_DIGITS = 15
"""Digits of a number that Excel keeps (IEEE 754); it has replaced further ones by zeros."""
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_ZEROS = re.compile(r"0{2,}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read(path: Path, check: Check | None = None, *, foreign: bool = False) -> Iterator[SourceRow]:
    """The rows of `path` as heading → text; `number` is the sheet's own. Raises as `opened` does."""
    with opened(path, check, foreign=foreign) as table:
        yield from table.rows


@contextmanager
def opened(path: Path, check: Check | None = None, *, foreign: bool = False) -> Iterator[Table]:
    """The table in the workbook: of the first sheet whose headings `check` finds nothing wrong with.

    A `foreign` table may have any headings: when none pass, it is that of the first sheet that holds anything. Raises
    `ImportUnreadable`, or `OSError`.
    """
    packages.check(path)
    with _book(path) as book:
        yield _table(path, book, check, foreign=foreign)


def source_named_in(path: Path) -> str:
    """The source to which a workbook says that it belongs, or nothing. Raises as `opened` does."""
    packages.check(path)
    with _book(path) as book:
        if HOME not in book.sheetnames:
            return ""
        for row in _guarded(path, book[HOME].iter_rows(max_row=1, min_col=2, max_col=2, values_only=True)):
            return str(row[0] or "")
    return ""


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    from openpyxl import load_workbook  # noqa: PLC0415  # only who reads a workbook needs it; it is heavy

    # Opened here, since the library leaves open what it finds to be damaged.
    with path.open("rb") as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            except OSError:
                raise
            except Exception as error:  # whatever a damaged or hostile file makes the library raise
                raise _damaged(path) from error
        yield book
        book.close()


def _damaged(path: Path) -> ImportUnreadable:
    return ImportUnreadable(
        name=path.name, cause=_("工作簿已损坏，读不下去。请在 Excel 或 WPS 里打开，重新另存为 .xlsx")
    )


def _table(path: Path, book: Any, check: Check | None, *, foreign: bool) -> Table:
    sheets = [(sheet, list(islice(_lines(path, sheet), LOOKED_AT))) for sheet in _visible(book)]
    for asked in (check, None) if foreign else (check,):
        for sheet, first in sheets:
            place = place_of_headings(first, asked)
            if place is not None:
                found = first[place]
                headings = headings_of(path.name, _without_tail(found.cells), foreign=foreign)
                below = (line for line in _lines(path, sheet) if line.number > found.number)
                return Table(headings, found.number, body(below, headings))
    complaints = (check(_without_tail(_fullest(first).cells)) for _sheet, first in sheets if first and check)
    raise ImportUnreadable(name=path.name, cause=next(complaints, "") or _("工作簿里没有数据"))


def _visible(book: Any) -> list[Any]:
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]


def _fullest(lines: Sequence[Line]) -> Line:
    """The row that was most probably meant for the headings."""
    return lines[place_of_headings(lines, None) or 0]


def _without_tail(cells: Sequence[str]) -> list[str]:
    found = [cell.strip() for cell in cells]
    while found and not found[-1]:
        found.pop()
    return found


def _lines(path: Path, sheet: Any) -> Iterator[Line]:
    """The rows of a sheet that hold anything."""
    try:
        survey = packages.survey(path, sheet._worksheet_path.lstrip("/"))
    except OSError:
        raise
    except Exception as error:  # as above
        raise _damaged(path) from error
    merged = _Merged(survey)
    # What a sheet says of its own size is wrong in files of several programs.
    sheet.reset_dimensions()
    empty = 0
    for number, cells in enumerate(_guarded(path, sheet.iter_rows()), 1):
        line = _line(number, cells[:MOST_COLUMNS], survey, merged)
        if any(line.cells) or line.errors:
            empty = 0
            yield line
        elif (empty := empty + 1) >= MOST_EMPTY:
            return


def _guarded(path: Path, rows: Iterator[Any]) -> Iterator[Any]:
    """Rows of the library, a few at a time, without its warnings and with its exceptions named."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                some = list(islice(rows, AT_ONCE))
            except OSError:
                raise
            except Exception as error:  # as above
                raise _damaged(path) from error
        yield from some
        if len(some) < AT_ONCE:
            return


def _line(number: int, cells: Sequence[Any], survey: packages.Survey, merged: _Merged) -> Line:
    texts: list[str] = []
    errors: list[FieldError] = []
    for place, cell in enumerate(cells):
        value = cell.value
        if value is None:
            texts.append("")
            name = f"{column_letter(place)}{number}" if survey.uncomputed else ""
            if name in survey.uncomputed:
                errors.append(_fault(name, "not_computed"))
        elif cell.data_type == "e":
            texts.append("")
            errors.append(_fault(f"{column_letter(place)}{number}", "error_cell", value=str(value)[:20]))
        else:
            texts.append(text_of(value, cell.number_format if not isinstance(value, str) else ""))
            if not isinstance(value, str) and _is_cut(value):
                errors.append(_fault(f"{column_letter(place)}{number}", "number_cut", value=texts[-1]))
    merged.fill(number, texts)
    return Line(number, texts, tuple(errors))


def _fault(cell: str, code: str, **params: Any) -> FieldError:
    """A fault of a cell as such; what the cell is for is not known here."""
    return FieldError(f"/cells/{cell}", code, {"cell": cell, **params})


def text_of(value: Any, number_format: str = "") -> str:
    """What a cell shows: 123 and not 123.0, 00123 if it is so formatted, 2026-05-20, and 2026-05 without a day."""
    if isinstance(value, str):
        return _ESCAPED.sub(_unescaped, value) if "_x" in value else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date):
        return _day(value, number_format)
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, int | float):
        whole = isinstance(value, int) or (value.is_integer() and abs(value) < 10**SURE_DIGITS)
        text = str(int(value)) if whole else repr(value)
        return text.zfill(len(number_format)) if _ZEROS.fullmatch(number_format) else text
    return str(value)


def _day(value: date, number_format: str) -> str:
    """As precise as it is shown: Excel makes the first of May of a month that somebody typed."""
    shown = _QUOTED.sub("", number_format).lower()
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
    year = f"{value.year:04d}"
    if shown and "y" in shown and "d" not in shown:
        return f"{year}-{value.month:02d}" if "m" in shown else year
    return f"{year}-{value.month:02d}-{value.day:02d}"


def _is_cut(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**SURE_DIGITS


def _unescaped(found: re.Match[str]) -> str:
    """A character that XML cannot hold (ECMA-376 part 1, 22.9.2.19); of line ends only one is kept."""
    sign = chr(int(found[1], 16))
    return "" if sign == "\r" else sign if sign in "\n\t_" else found[0]


def _merged_below(survey: packages.Survey) -> dict[int, list[tuple[int, int]]]:
    """What is merged downwards: by the row where it begins, its column and its last row."""
    found: dict[int, list[tuple[int, int]]] = {}
    for first, last in survey.merged:
        column, top = _column_and_row(first)
        bottom = _column_and_row(last)[1]
        if bottom > top and column < MOST_COLUMNS:
            found.setdefault(top, []).append((column, bottom))
    return found


def _column_and_row(cell: str) -> tuple[int, int]:
    letters = cell.rstrip("0123456789")
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1, int(cell[len(letters) :])


class _Merged:
    """Repeats in each row what is merged downwards over it, as far as the row holds anything else."""

    def __init__(self, survey: packages.Survey) -> None:
        self._beginning = _merged_below(survey)
        self._held: dict[int, tuple[int, str]] = {}

    def fill(self, number: int, cells: list[str]) -> None:
        """Identifiers too: rows that share one are told to be the same, which is for people to mend."""
        for column, bottom in self._beginning.get(number, ()):
            self._held[column] = (bottom, cells[column] if column < len(cells) else "")
        if not self._held or not any(cells):
            return
        for column, (bottom, text) in list(self._held.items()):
            if number > bottom:
                del self._held[column]
                continue
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = cells[column] or text


def known_headings(headings: Sequence[str]) -> bool:
    """Whether a table needs no mapping: it has identifiers, and every heading is one of ours."""
    return not columns.fault(headings) and all(
        columns.is_known(columns.target_of(heading)) for heading in headings if heading
    )
