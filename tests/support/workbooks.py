"""Workbooks for tests: made of rows, or as hostile as somebody can write them by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

HEADINGS = ("编号", "标题", "简介", "类型", "主题", "语言", "许可", "链接")
GOOD = ("秤", "一句话。", "文章", "计量知识", "中文", "CC-BY-4.0", "https://example.org/1")
"""A row that can be registered, but for its identifier."""
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
TEXT_CELL = '<c r="{0}" t="inlineStr"><is><t>{1}</t></is></c>'
OPENING = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSING = "</sheetData></worksheet>"
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def workbook(rows: Sequence[Sequence[Any]], *, title: str = "Sheet") -> Workbook:
    """A workbook with these rows in its only sheet."""
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(list(row))
    return book


def as_bytes(book: Workbook) -> bytes:
    """The file."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def simple(*rows: Sequence[Any]) -> bytes:
    """A workbook with our headings and these rows."""
    return as_bytes(workbook([HEADINGS, *rows]))


def cells(row: int, texts: Sequence[str], *, first: str = "A") -> str:
    """XML of cells beside each other in a row, from the column `first` on."""
    return "".join(TEXT_CELL.format(f"{chr(ord(first) + n)}{row}", text) for n, text in enumerate(texts))


def by_hand(path: Path, sheet: str | list[str], **parts: str) -> Path:
    """A workbook whose sheet is this XML (in pieces, when it is long), and with other parts by their names."""
    pieces = [sheet] if isinstance(sheet, str) else sheet
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        kind = f"{OFFICE}/officeDocument"
        archive.writestr(
            "_rels/.rels",
            f'{RELATIONS}<Relationship Id="rId1" Type="{kind}" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'{RELATIONS}<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>",
        )
        with archive.open("xl/worksheets/sheet1.xml", "w") as file:
            for piece in pieces:
                file.write(piece.encode())
        for name, content in parts.items():
            archive.writestr(name, content)
    return path
