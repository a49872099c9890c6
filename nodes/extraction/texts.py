"""Plain text, Markdown and HTML: the text itself, and its title."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from pathlib import Path

from nodes.extraction.facts import MAX_TEXT, Facts

HEAD = 256 * 1024
"""Bytes that are looked at."""
_HEADING = re.compile(r"^#{1,2}\s+(.+?)\s*#*$", re.M)
_MARKS = re.compile(r"^[#>*\-+\s]+|[*_`]|!?\[|\]\([^)]*\)", re.M)


def read(path: Path) -> Facts:
    """The text of a text file, its first heading as the title where it is Markdown."""
    text = _decoded(path)
    if path.suffix.lower() in (".html", ".htm", ".xhtml"):
        return _of_page(text)
    if path.suffix.lower() in (".md", ".markdown"):
        heading = _HEADING.search(text)
        return Facts(title=heading[1] if heading else "", text=_MARKS.sub("", text)[:MAX_TEXT])
    return Facts(text=text[:MAX_TEXT])


def _decoded(path: Path) -> str:
    """The beginning of the file in UTF-8, UTF-16 with its mark, or GB 18030; empty for what is no text."""
    with path.open("rb") as file:
        data = file.read(HEAD)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data[: len(data) // 2 * 2].decode("utf-16", errors="replace")
    if b"\0" in data:
        return ""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            return decoder.decode(data, final=False)
        except UnicodeDecodeError:
            continue
    return ""


class _Reader(HTMLParser):
    """Gathers the title, the words for machines in `meta`, and the text that people see."""

    HIDDEN = frozenset({"script", "style", "template", "noscript"})
    BREAKS = frozenset({"p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "section", "td"})

    def __init__(self) -> None:
        super().__init__()
        self.title, self.meta, self.pieces = "", dict[str, str](), list[str]()
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what we are within."""
        said = dict(attrs)
        if tag == "meta" and said.get("name"):
            self.meta.setdefault(str(said["name"]).lower(), said.get("content") or "")
        elif tag in self.HIDDEN or tag == "title":
            self._within.append(tag)
        elif tag in self.BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Note what has ended."""
        if tag in self._within:
            self._within.remove(tag)

    def handle_data(self, data: str) -> None:
        """Keep what is seen."""
        if "title" in self._within:
            self.title += data
        elif not self._within:
            self.pieces.append(data)


def _of_page(text: str) -> Facts:
    reader = _Reader()
    reader.feed(text)
    words = re.split(r"[;；,，、]", reader.meta.get("keywords", ""))
    author = reader.meta.get("author", "")
    return Facts(
        title=reader.title.strip(),
        authors=(author,) if author else (),
        keywords=tuple(one.strip() for one in words if one.strip()),
        text=re.sub(r"\s*\n\s*", "\n", "".join(reader.pieces)).strip()[:MAX_TEXT],
    )
