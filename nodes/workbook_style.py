"""How the workbooks look that the node writes: headings, notes, faulty cells; and nothing in them runs.

A text that begins like a formula is written as text and marked so (`quotePrefix`), so that it stays one when its cell
is edited (OWASP, "CSV Injection").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nodes.importers.grids import column_letter

HEAD, MARKED, NOTE, FAULT = "head", "marked", "note", "fault"
"""A heading that every row needs, any other heading, an example, and a cell with a fault."""
TEXT = "@"
"""The number format of text: what is typed stays as it is."""
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""How a text begins that a spreadsheet may take for a formula."""
MAX_CELL = 32_767
"""Characters that a cell of Excel holds."""
COLOURS = {HEAD: "B23A2B", MARKED: "5B6770", NOTE: "EFEBE0", FAULT: "F9D6CE"}
Cell = tuple[str, str, str]
"""A text, its style or nothing, and the comment on it or nothing."""


class PaintedSheet:
    """A sheet that is written row by row."""

    def __init__(self, sheet: Any) -> None:
        from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415  # heavy, and seldom needed

        self.sheet = sheet
        self._fills = {name: PatternFill("solid", start_color=colour) for name, colour in COLOURS.items()}
        self._fonts = {
            HEAD: Font(bold=True, color="FFFFFF"),
            MARKED: Font(bold=True, color="FFFFFF"),
            NOTE: Font(color="6B6455"),
        }
        self._wrapped = Alignment(wrap_text=True, vertical="top")

    def column(self, place: int, *, width: float, number_format: str = "") -> None:
        """How wide a column is, and the format of what is typed into it."""
        dimension = self.sheet.column_dimensions[column_letter(place)]
        dimension.width = width
        if number_format:
            dimension.number_format = number_format

    def freeze(self, *, row: int, column: int) -> None:
        """Keep what is above `row` and left of `column` (from 1) in sight."""
        self.sheet.freeze_panes = f"{column_letter(column - 1)}{row}"

    def drop_down(self, place: int, terms: str, *, last_row: int, prompt: str, strict: bool) -> None:
        """Let a column be chosen from the cells that `terms` names; `strict` takes nothing else."""
        from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415  # as above

        rule = DataValidation(type="list", formula1=terms, allow_blank=True, showErrorMessage=strict)
        rule.prompt, rule.showInputMessage = prompt, True
        letter = column_letter(place)
        rule.add(f"{letter}2:{letter}{last_row}")
        self.sheet.data_validations.append(rule)

    def row(self, cells: Sequence[Cell], *, number_format: str = "") -> None:
        """Add a row."""
        self.sheet.append([self._cell(*cell, number_format=number_format) for cell in cells])

    def _cell(self, text: str, style: str, comment: str, *, number_format: str) -> Any:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # as above
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415  # as above
        from openpyxl.comments import Comment  # noqa: PLC0415  # as above

        clean = ILLEGAL_CHARACTERS_RE.sub("", text)[:MAX_CELL]
        cell = WriteOnlyCell(self.sheet, value=clean or None)
        if clean.startswith(FORMULA):
            cell.data_type = "s"
            cell.quotePrefix = True
        cell.alignment = self._wrapped
        if style:
            cell.fill = self._fills[style]
        if style in self._fonts:
            cell.font = self._fonts[style]
        if number_format:
            cell.number_format = number_format
        if comment:
            cell.comment = Comment(comment[:MAX_CELL], "commons-node", height=120, width=280)
        return cell
