"""Crossref XML (query results and unixref): each deposited item as a plain dictionary that a mapping can name.

A row has `doi`, `title`, `title_parts` (title and subtitle), `authors` (each with given, family, suffix, name,
role), `year`, `month`, `day`, `publisher`, `institution`, `series`, `issn`, `number`, `resource` (the address of
the text), `language` and `kind` (the name of the item's element).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nodes.importers.rows import SourceRow
from nodes.texts import _
from shared.errors import FieldError, ImportUnreadable
from shared.wording import Words

CHUNK = 64 * 1024
MAX_DEPTH = 60
ITEMS = frozenset({"query", "doi_record"})
"""Elements that hold one item each; the outermost counts."""


class _Refused(Exception):
    """Why this XML is not read any further."""


class _Items:
    """A parser's target that keeps one item at a time, so that a file of any length can be read.

    The standard library's expat expands entities that the document itself declares (a few lines can become
    gigabytes). They can only be declared in a DTD, which Crossref's XML does not have: any DTD is refused, at its
    first character, before anything in it is read.
    """

    def __init__(self) -> None:
        self.ready: list[ET.Element] = []
        self._builder: ET.TreeBuilder | None = None
        self._depth = self._started_at = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise _Refused(_("不接受带 DTD 的 XML"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refused(_("XML 嵌套过深"))
        if self._builder is None and _local(tag) in ITEMS:
            self._builder, self._started_at = ET.TreeBuilder(), self._depth
        if self._builder is not None:
            self._builder.start(_local(tag), attributes)

    def data(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)

    def end(self, tag: str) -> None:
        if self._builder is not None:
            self._builder.end(_local(tag))
            if self._depth == self._started_at:
                self.ready.append(self._builder.close())
                self._builder = None
        self._depth -= 1

    def close(self) -> None:
        """Nothing is kept to the end."""


def read(path: Path) -> Iterator[SourceRow]:
    """The items of `path`, numbered from 1. Raises `ImportUnreadable` for what is not such XML, or `OSError`."""
    number = 0
    for element in _elements(path):
        number += 1
        yield _row(number, element)
    if not number:
        raise ImportUnreadable(name=path.name, cause=_("其中没有 Crossref 条目"))


def _elements(path: Path) -> Iterator[ET.Element]:
    items = _Items()
    # The target refuses every DTD (see `_Items`), which is what makes this parser dangerous elsewhere.
    parser = ET.XMLParser(target=items)  # noqa: S314  # see above
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                parser.feed(chunk)
                while items.ready:
                    yield items.ready.pop(0)
        parser.close()
    except ET.ParseError as error:
        line, column = error.position
        cause = Words(str(error), f"第 {line} 行第 {column + 1} 列，XML 写法不对")
        raise ImportUnreadable(name=path.name, cause=cause) from error
    except (_Refused, LookupError, ValueError) as error:
        raise ImportUnreadable(name=path.name, cause=str(error)) from error


def _row(number: int, item: ET.Element) -> SourceRow:
    doi = _text(item, "doi") or _text(item, ".//doi_data/doi")
    metadata = _metadata(item, doi)
    if metadata is None:
        cause = _("条目中没有 DOI 登记的内容")
        return SourceRow(number, errors=(FieldError("", "unreadable_row", {"cause": cause}),))
    data: dict[str, Any] = {
        "doi": doi,
        "kind": metadata.tag,
        "language": metadata.get("language", ""),
        "title": _text(metadata, "titles/title"),
        "title_parts": [_flat(part) for part in metadata.findall("titles/*")],
        "authors": _people(metadata),
        "publisher": _text(metadata, "publisher/publisher_name"),
        "institution": _text(metadata, "institution/institution_name"),
        "series": _text(metadata, "series_metadata/titles/title"),
        "issn": _text(metadata, ".//issn"),
        "number": _text(metadata, "publisher_item/item_number"),
        "resource": _text(metadata, "doi_data/resource"),
        **{part: _text(metadata, f"publication_date/{part}") for part in ("year", "month", "day")},
    }
    return SourceRow(number, {name: value for name, value in data.items() if value})


def _metadata(item: ET.Element, doi: str) -> ET.Element | None:
    """The element that was deposited under `doi`: a journal's issue has a DOI of its own beside the article's."""
    holders = [element for element in item.iter() if element.find("doi_data/doi") is not None]
    exact = [holder for holder in holders if _text(holder, "doi_data/doi").lower() == doi.lower()]
    return next(iter(exact or holders), None)


def _people(metadata: ET.Element) -> list[dict[str, str]]:
    found = []
    for person in metadata.findall("contributors/*"):
        given, family, suffix = (_text(person, part) for part in ("given_name", "surname", "suffix"))
        name = ", ".join(part for part in (family, given, suffix) if part) or _flat(person)
        role = person.get("contributor_role", "")
        entry = {"given": given, "family": family, "suffix": suffix, "name": name, "role": role}
        found.append({key: value for key, value in entry.items() if value})
    return found


def _text(element: ET.Element, path: str) -> str:
    found = element.find(path)
    return _flat(found) if found is not None else ""


def _flat(element: ET.Element) -> str:
    """All text of an element, markup inside of it left out, white space as one space."""
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
