"""A workbook's file before anything in it is parsed: is it one that can be read, and would it burst when unpacked?

An .xlsx is a ZIP of XML parts (ECMA-376 part 2). What its directory says of their sizes binds Python's `zipfile`,
which reads no more of a part than that.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nodes.texts import _
from shared.errors import ImportUnreadable
from shared.wording import in_bytes

MAX_FILE = 64 * 10**6
"""Bytes of the file itself."""
MAX_SHEET = 512 * 1024**2
"""Bytes of one sheet, unpacked: 100,000 rows of twenty cells have a third of that."""
MAX_PART = 128 * 1024**2
"""Bytes of any other part, unpacked (the texts of all cells are the largest); they are read into memory."""
MAX_PARTS = 5_000
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an OLE compound file begins: an .xls, or an .xlsx under a password."""
CHUNK = 1024**2
OVERLAP = 4096
"""Bytes that two pieces share, so that an element on the seam is seen whole."""
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})"')
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s[^>]*?r="(\d+)"[^>]*?hidden="(?:1|true)"')
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s(?P<cell>[^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(rb'\br="([A-Z]{1,3}\d{1,7})"')
MOST_NOTED = 100_000


@dataclass
class Survey:
    """What a sheet holds that its values do not tell: merged cells, hidden rows, and formulas never computed."""

    merged: set[tuple[str, str]] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    uncomputed: set[str] = field(default_factory=set)


def check(path: Path) -> None:
    """Raises `ImportUnreadable` for what is no workbook of today, or one too large; says how to save it."""
    size = path.stat().st_size
    if size > MAX_FILE:
        said = _("文件有 {size}，超过 {limit}。请分成几份，图片不要放在表里").format(
            size=in_bytes(size), limit=in_bytes(MAX_FILE)
        )
        raise ImportUnreadable(name=path.name, cause=said)
    with path.open("rb") as file:
        head = file.read(2048)
    if head.startswith(OLD_WORKBOOK):
        raise ImportUnreadable(name=path.name, cause=_old_or_locked(path))
    if not head.startswith(b"PK"):
        said = _("不是 .xlsx 工作簿（也许只是改了后缀）。请用 Excel 或 WPS 打开，另存为 .xlsx")
        raise ImportUnreadable(name=path.name, cause=said)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ImportUnreadable(name=path.name, cause=_("文件不完整或已损坏，请重新另存为 .xlsx")) from error
    _check_entries(path, entries)


def survey(path: Path, part: str) -> Survey:
    """What `part` of the workbook holds besides values. Raises what `zipfile` raises."""
    found = Survey()
    with zipfile.ZipFile(path) as archive, archive.open(part) as file:
        rest = b""
        while chunk := file.read(CHUNK):
            piece = rest + chunk
            _note(piece, found)
            rest = piece[-OVERLAP:]
    return found


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        said = _("不是 .xlsx 工作簿。请用 Excel 或 WPS 打开，另存为 .xlsx")
        raise ImportUnreadable(name=path.name, cause=said)
    bursting = len(entries) > MAX_PARTS or any(_too_large(entry) for entry in entries)
    if bursting:
        said = _("展开以后太大，不予读取。请把数据复制到一个新的工作簿，另存为 .xlsx")
        raise ImportUnreadable(name=path.name, cause=said)


def _too_large(entry: zipfile.ZipInfo) -> bool:
    """Pictures and macros do not count: nothing reads them."""
    if not entry.filename.endswith((".xml", ".rels")):
        return False
    return entry.file_size > (MAX_SHEET if entry.filename.startswith("xl/worksheets/") else MAX_PART)


def _old_or_locked(path: Path) -> str:
    """Excel keeps a workbook under a password in a part called EncryptedPackage (MS-OFFCRYPTO 2.3)."""
    marker = "EncryptedPackage".encode("utf-16-le")
    if any(marker in piece for piece in _pieces(path)):
        return _("工作簿有密码。请在 Excel 里打开，取消密码（文件 → 信息 → 保护工作簿），再另存为 .xlsx")
    return _("这是旧的 .xls 格式。请在 Excel 或 WPS 里打开，另存为 .xlsx")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        rest = b""
        while chunk := file.read(CHUNK):
            yield rest + chunk
            rest = chunk[-64:]


def _note(piece: bytes, found: Survey) -> None:
    if b"mergeCell" in piece and len(found.merged) < MOST_NOTED:
        found.merged |= {(one.decode(), other.decode()) for one, other in _MERGED.findall(piece)}
    if b"hidden" in piece and len(found.hidden) < MOST_NOTED:
        found.hidden |= {int(row) for row in _HIDDEN.findall(piece)}
    if b"<f" in piece or b":f" in piece:
        for formula in _FORMULA.finditer(piece):
            place = _PLACE.search(formula["cell"])
            # A formula whose result is an empty text has its type written beside it, and that is a result.
            if place and b't="str"' not in formula["cell"] and len(found.uncomputed) < MOST_NOTED:
                found.uncomputed.add(place[1].decode())
