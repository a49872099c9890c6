"""The workbook with the rows that could not be registered: every cell as it was, the faulty ones explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nodes import template, texts
from nodes.batch_faults import CellFault
from nodes.importers import columns
from nodes.importers.grids import REMARKS
from nodes.importers.rows import SourceRow
from nodes.importers.workbooks import HOME
from nodes.workbook_style import FAULT, HEAD, MARKED, TEXT, PaintedSheet

WIDTH = 22
REMARK_WIDTH = 60
MOST_COMMENTED = 2_000
"""Rows whose cells have comments; the last column says the same for all, and Excel is slow with more."""


def write(
    path: Path,
    headings: Sequence[str],
    fields: Mapping[str, str],
    rows: Iterable[tuple[SourceRow, Sequence[CellFault]]],
    *,
    source: str,
    language: str,
) -> None:
    """Write the rows below their headings, with what is wrong as comments, in colour, and in a last column.

    `fields` has the heading for each field; a hidden sheet says to which source the rows belong, so that the
    corrected file is known again whatever it is called. Raises `OSError`.
    """
    from openpyxl import Workbook  # noqa: PLC0415  # only who writes a workbook needs it; it is heavy

    _ = texts.catalogue(language).gettext
    remark = REMARKS[0] if language == "zh" else REMARKS[1]
    book = Workbook(write_only=True)
    sheet = PaintedSheet(book.create_sheet(_("待改")))
    for place in range(len(headings)):
        sheet.column(place, width=WIDTH, number_format=TEXT)
    sheet.column(len(headings), width=REMARK_WIDTH)
    sheet.freeze(row=2, column=2)
    places = {target: headings.index(heading) for target, heading in fields.items() if heading in headings}
    if all(columns.target_of(heading) == target for target, heading in fields.items()):
        template.add_drop_downs(book, sheet, places, language)
    sheet.row([*((heading, MARKED, "") for heading in headings), (remark, HEAD, "")])
    for number, (row, faults) in enumerate(rows):
        sheet.row(_cells(headings, row, faults, language, commented=number < MOST_COMMENTED), number_format=TEXT)
    home = book.create_sheet(HOME)
    home.sheet_state = "hidden"
    PaintedSheet(home).row([("source", "", ""), (source, "", "")])
    book.save(path)


def _cells(
    headings: Sequence[str], row: SourceRow, faults: Sequence[CellFault], language: str, *, commented: bool
) -> list[tuple[str, str, str]]:
    said: dict[int, list[str]] = {}
    for fault in faults:
        said.setdefault(fault.place, []).append(_in_words(fault, language))
    cells = []
    for place, heading in enumerate(headings):
        comment = "\n".join(said.get(place, ()))
        style = FAULT if comment else ""
        cells.append((str(row.data.get(heading, "")), style, comment if commented else ""))
    remarks = [f"{fault.column[language]}: {_in_words(fault, language)}" for fault in faults]
    return [*cells, ("\n".join(remarks), "", "")]


def _in_words(fault: CellFault, language: str) -> str:
    meant = fault.right.get(language, "")
    hint = (f"是不是“{meant}”？" if language == "zh" else f" Is “{meant}” meant?") if meant else ""
    return fault.said[language] + hint
