"""The forms in which a report is taken along: XLSX, CSV, and charts as SVG.

What draws and writes them is loaded when it is wanted: a hub that makes no report does without it (a tenth of its
memory).
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from federation.reports.tables import BYTES, DAYS, PERCENT, Cell, Table
from federation.spreadsheets import BOM, inert

FORMATS = {PERCENT: "0%", DAYS: "0.0", BYTES: "#,##0"}
SVG = "http://www.w3.org/2000/svg"
INK, CINNABAR, SLATE = "#2b2a27", "#b8372b", "#4a6670"


def as_xlsx(about: Sequence[tuple[str, str]], tables: Sequence[Table]) -> bytes:
    """A workbook: a sheet that says what it is about, and one for each table. Texts are never formulas."""
    from openpyxl import Workbook  # noqa: PLC0415  # see above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # see above

    book = Workbook(write_only=True)
    first = book.create_sheet(_sheet_name(about[0][0]))
    for pair in about:
        first.append([_cell(first, value) for value in pair])
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table.title))
        sheet.freeze_panes = "B2"
        for column, heading in enumerate(table.headings, start=1):
            sheet.column_dimensions[get_column_letter(column)].width = max(10, 2 + 2 * len(heading))
        sheet.append([_cell(sheet, heading, bold=True) for heading in table.headings])
        for row in table.rows:
            sheet.append([_cell(sheet, value, kind) for value, kind in zip(row, table.kinds, strict=True)])
        if table.total is not None:
            total = zip(table.total, table.kinds, strict=True)
            sheet.append([_cell(sheet, value, kind, bold=True) for value, kind in total])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def as_csv(table: Table) -> str:
    """One table as CSV (RFC 4180) that Excel reads as UTF-8. Texts are never formulas."""
    stream = io.StringIO()
    stream.write(BOM)
    writer = csv.writer(stream)
    writer.writerow(table.headings)
    for row in [*table.rows, *([table.total] if table.total is not None else [])]:
        writer.writerow([_inert(value) for value in row])
    return stream.getvalue()


def as_chart(table: Table) -> bytes:
    """The columns of a table that are to be drawn as bars, in an SVG that loads nothing and runs nothing."""
    pygal = _pygal()
    chart = pygal.Bar(
        style=_style(pygal),
        js=(),
        width=860,
        height=320,
        explicit_size=True,
        show_legend=True,
        legend_at_bottom=True,
        x_label_rotation=30,
        y_labels_major_count=3,
        show_minor_y_labels=False,
        title=table.title,
        disable_xml_declaration=False,
    )
    chart.x_labels = [str(row[0]) for row in table.rows]
    for column in table.drawn:
        chart.add(table.headings[column], [row[column] for row in table.rows])
    return _without_scripts(chart.render())


def _pygal() -> Any:
    """The library of charts, without the old import hook that it adds for plug-ins: there are none."""
    import pygal  # noqa: PLC0415  # see above

    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
    return pygal


def _style(pygal: Any) -> Any:
    """The colours of the hub."""
    return pygal.style.Style(
        background="transparent",
        plot_background="transparent",
        foreground=INK,
        foreground_strong=INK,
        foreground_subtle="#6b675e",
        colors=(CINNABAR, SLATE),
        font_family="sans-serif",
        label_font_size=12,
        major_label_font_size=12,
        legend_font_size=13,
    )


def _without_scripts(picture: bytes) -> bytes:
    """The same SVG without the scripts that pygal writes for its tooltips: a picture runs nothing."""
    root = ElementTree.fromstring(picture)  # noqa: S314  # our own, made a moment ago
    for parent in list(root.iter()):
        for child in [one for one in parent if one.tag == f"{{{SVG}}}script"]:
            parent.remove(child)
    ElementTree.register_namespace("", SVG)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _cell(sheet: Any, value: Cell, kind: str = "", *, bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # see above
    from openpyxl.styles import Font  # noqa: PLC0415  # see above

    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    if kind in FORMATS:
        cell.number_format = FORMATS[kind]
    if bold:
        cell.font = Font(bold=True)
    return cell


def _inert(value: Cell) -> Cell:
    return inert(value) if isinstance(value, str) else value


def _sheet_name(title: str) -> str:
    """A name that a sheet may have: 31 characters, and none of those that mean something."""
    return "".join("-" if sign in "[]:*?/\\" else sign for sign in title)[:31]
