"""The encoding of a text file from an office: UTF-8 with or without BOM, UTF-16 with BOM, or GBK."""

from __future__ import annotations

import codecs
from pathlib import Path

from nodes.texts import _
from shared.errors import ImportUnreadable

CHUNK = 1024**2
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CANDIDATES = ("utf-8", "gb18030")
"""GB 18030 holds all of GBK and GB 2312; UTF-8 comes first because text in GBK is almost never valid UTF-8."""


def sniff(path: Path) -> str:
    """The name of the encoding in which all of `path` can be read. Raises `ImportUnreadable`, or `OSError`."""
    with path.open("rb") as file:
        head = file.read(4)
    marked = [name for mark, name in BOMS if head.startswith(mark)]
    for name in marked or CANDIDATES:
        if _readable(path, name):
            return name
    raise ImportUnreadable(name=path.name, cause=_("编码既不是 UTF-8 也不是 GBK，请另存为 UTF-8 后再导入"))


def _readable(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                if "\x00" in decoder.decode(chunk):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
