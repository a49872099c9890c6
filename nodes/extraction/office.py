"""Office documents: Open XML (ISO/IEC 29500) and OpenDocument (ISO/IEC 26300), both XML within a ZIP.

A ZIP may unpack to a thousand times its size, and XML may name entities that do: no more is unpacked than a document
needs, and entities are refused (`defusedxml`).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import fromstring

from nodes.extraction.facts import MAX_TEXT, Facts

MAX_ENTRIES = 20_000
MAX_PART = 16 * 1024**2
"""Bytes of one part of a document, unpacked."""
MAX_SLIDES = 500
TEXT_PARTS = ("word/document.xml", "content.xml")
PROPERTIES = ("docProps/core.xml", "meta.xml")
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_PARAGRAPHS = frozenset({"p", "h", "tr"})
_TEXTS = frozenset({"t", "span"})
_DIVIDER = re.compile(r"[;；,，、]")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class TooLarge(Exception):
    """A part that unpacks to more than any document has."""


def read(path: Path) -> Facts:
    """Title, authors, keywords, date, slides and text."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(names) > MAX_ENTRIES:
            return Facts()
        said = _properties(archive, names)
        slides = sorted((int(found[1]), name) for name in names if (found := _SLIDE.fullmatch(name)))
        parts = [name for name in TEXT_PARTS if name in names] or [name for _, name in slides[:MAX_SLIDES]]
        text = _text(archive, parts)
    day = _DAY.match(said.get("created", "") or said.get("creation-date", ""))
    return Facts(
        pages=len(slides),
        title=said.get("title", ""),
        authors=tuple(one.strip() for one in _DIVIDER.split(said.get("creator") or said.get("initial-creator", ""))),
        keywords=tuple(one.strip() for one in _DIVIDER.split(said.get("keywords") or said.get("keyword", ""))),
        created=day[0] if day else "",
        text=text,
    )


def _properties(archive: zipfile.ZipFile, names: list[str]) -> dict[str, str]:
    """What the document says of itself, by the local names of Dublin Core and its like."""
    found: dict[str, str] = {}
    for name in PROPERTIES:
        if name in names:
            for element in _parsed(archive, name).iter():
                if element.text and element.text.strip():
                    found.setdefault(_local(element), element.text.strip())
    return found


def _text(archive: zipfile.ZipFile, parts: list[str]) -> str:
    found: list[str] = []
    length = 0
    for name in parts:
        for piece in _pieces(_parsed(archive, name)):
            found.append(piece)
            length += len(piece)
            if length > MAX_TEXT:
                return "".join(found)[:MAX_TEXT]
    return "".join(found)


def _pieces(root: Any) -> Iterator[str]:
    """The texts of a part in their order, a line for each paragraph."""
    for element in root.iter():
        kind = _local(element)
        if kind in _PARAGRAPHS:
            yield "\n"
        if element.text and (kind in _TEXTS or kind in _PARAGRAPHS):
            yield element.text
        if element.tail and element.tail.strip() and kind not in _PARAGRAPHS:
            yield element.tail


def _parsed(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name) as part:
        data = part.read(MAX_PART + 1)
    if len(data) > MAX_PART:
        raise TooLarge(name)
    return fromstring(data)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
