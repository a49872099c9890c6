"""PDF (ISO 32000): pages, what the document says of itself, and the text of its first pages."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from nodes.extraction.facts import MAX_TEXT, Facts

MAX_BYTES = 300 * 1024**2
MAX_PAGES_READ = 30
_DIVIDER = re.compile(r"[;；,，、]")


def read(path: Path) -> Facts:
    """Pages, title, authors, keywords, date and text; of one that needs a password, nothing."""
    if path.stat().st_size > MAX_BYTES:
        return Facts()
    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        return Facts()
    said: Any = None
    with suppress(PyPdfError, ValueError):
        said = reader.metadata
    return Facts(
        pages=len(reader.pages),
        title=_of(said, "title"),
        authors=tuple(_DIVIDER.split(_of(said, "author"))),
        keywords=tuple(one.strip() for one in _DIVIDER.split(_of(said, "keywords"))),
        created=_day(said),
        text=_text(reader),
    )


def _of(said: Any, name: str) -> str:
    value = getattr(said, name, None)
    return value if isinstance(value, str) else ""


def _day(said: Any) -> str:
    with suppress(ValueError, AttributeError):
        return f"{said.creation_date:%Y-%m-%d}" if said.creation_date else ""
    return ""


def _text(reader: PdfReader) -> str:
    """The beginning of its text, as far as one page after the other can be read."""
    found: list[str] = []
    for page in reader.pages[:MAX_PAGES_READ]:
        with suppress(PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            found.append(page.extract_text())
        if sum(map(len, found)) > MAX_TEXT:
            break
    return "\n".join(found)[:MAX_TEXT]
