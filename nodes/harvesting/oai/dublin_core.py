"""A harvested record as a row that a mapping can name: Dublin Core, simple (`oai_dc`) or qualified.

A row has, for each term that is there, the list of its values under the term's own name (`title`, `creator`,
`rights`; of the qualified ones `abstract`, `created`, `license` and so on); of texts also `…_zh` and `…_en` (see
`nodes.harvesting.languages`). A value with an encoding scheme stands under `term.scheme` besides (`type.DCMIType`),
one with neither scheme nor language under `term.plain`.
`header` has `identifier`, `datestamp` and `sets`; `file_addresses` are the addresses of files, to be fetched only
when that was asked for.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from nodes.harvesting.languages import by_language
from nodes.harvesting.oai.envelope import Record

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SCHEME = "{http://www.w3.org/2001/XMLSchema-instance}type"
HAS_FILES = ("hasPart", "identifier", "relation")
OURS = frozenset({"header", "files", "file_addresses", "default"})
"""Names that a row has from this node, which no source may give."""
FILE = re.compile(
    r"https?://\S+\.(pdf|docx?|pptx?|xlsx?|csv|txt|epub|jpe?g|png|tiff?|svg|mp3|wav|ogg|mp4|webm)", re.I
)
"""An address that by its end is one of a file, not of a page about it."""


def row_of(record: Record) -> dict[str, Any]:
    """The row of a record that is not deleted."""
    said: dict[str, list[tuple[str, str]]] = {}
    row: dict[str, Any] = {}
    for element in record.metadata if record.metadata is not None else ():
        name, value = _name(element), " ".join("".join(element.itertext()).split())
        if not value or not name or name in OURS:
            continue
        language, scheme = element.get(LANGUAGE, ""), element.get(SCHEME, "").rpartition(":")[2]
        if not scheme:
            said.setdefault(name, []).append((language, value))
        if scheme or not language:
            row.setdefault(f"{name}.{scheme or 'plain'}", []).append(value)
        row.setdefault(name, []).append(value)
    for name, texts in said.items():
        row |= {key: values for key, values in by_language(name, texts).items() if key != name}
    row["header"] = {
        "identifier": record.identifier,
        "datestamp": record.datestamp,
        "sets": list(record.sets),
    }
    addresses = [value for name in HAS_FILES for value in row.get(name, ()) if FILE.fullmatch(value)]
    return {**row, "file_addresses": list(dict.fromkeys(addresses))} if addresses else row


def _name(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
