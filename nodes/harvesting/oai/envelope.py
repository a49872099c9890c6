"""An answer of a repository (OAI-PMH 2.0, 3.2): what it says, also where its XML is broken.

Entities and outside references are refused (`defusedxml`): a few lines of declarations can become gigabytes.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as Defused

from nodes.harvesting.oai.repair import decoded, mended, without_declaration

OAI = "{http://www.openarchives.org/OAI/2.0/}"
# No expression may look further than to the next sign "<": an answer can be made so that a longer look takes days.
_STARTED = re.compile(r"<((?:[\w.-]+:)?)record[\s>]")
_ROOT = re.compile(r"<(?:[\w.-]+:)?OAI-PMH\b[^<>]{0,4000}>")
_TOKEN = re.compile(r"<(?:[\w.-]+:)?resumptionToken\b[^<>]*>([^<]*)</")
_IDENTIFIER = re.compile(r"<(?:[\w.-]+:)?identifier\s*>([^<]{1,500})<")
_DATE = re.compile(r"<(?:[\w.-]+:)?responseDate\s*>([^<]{1,80})<")
MOST_DIGITS = 12
"""Digits of a number of records; Python refuses to read one of some thousands."""


@dataclass(frozen=True)
class Record:
    """One record: its header (2.5), and the root of its metadata; None for one that is deleted."""

    identifier: str
    datestamp: str
    sets: tuple[str, ...] = ()
    deleted: bool = False
    metadata: ET.Element | None = None


@dataclass
class Response:
    """What an answer says. `cut` when it breaks off; `unreadable` are identifiers of records that are not XML."""

    at: str = ""
    verb: ET.Element | None = None
    records: list[Record] = field(default_factory=list)
    token: str = ""
    size: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    mended: bool = False
    unreadable: list[str] = field(default_factory=list)


def read(data: bytes, *, charset: str = "") -> Response | None:
    """What `data` says, or None when it is no answer of a repository at all; `charset` is what HTTP says of it."""
    text = without_declaration(decoded(data, charset))
    root = _parsed(text)
    broken = root is None
    if root is None:
        text = mended(text)
        root = _parsed(text) if text else None
    if root is None:
        return _saved(text) if text else None
    if _local(root.tag) != "OAI-PMH":
        return None
    response = _response(root)
    response.mended = broken
    return response


def _parsed(text: str) -> ET.Element | None:
    try:
        found: ET.Element = Defused.fromstring(text.encode("utf-8", errors="replace"))
    except (ET.ParseError, DefusedXmlException, ValueError):
        return None
    return found


def _response(root: ET.Element) -> Response:
    response = Response(at=_text(root, "responseDate"))
    for child in root:
        name = _local(child.tag)
        if name == "error":
            response.errors[child.get("code", "")] = (child.text or "").strip()
        elif name not in ("responseDate", "request"):
            response.verb = child
    if response.verb is not None:
        response.records = list(_records(response.verb))
        token = _child(response.verb, "resumptionToken")
        if token is not None:
            # White space around it is the pretty printer's; a blank inside may be the repository's own.
            response.token = (token.text or "").strip()
            size = token.get("completeListSize", "")
            response.size = int(size) if size.isascii() and size.isdigit() and len(size) <= MOST_DIGITS else 0
    return response


def _records(verb: ET.Element) -> Iterator[Record]:
    for child in verb:
        if _local(child.tag) == "record":
            header = _child(child, "header")
            if header is not None:
                metadata = _child(child, "metadata")
                yield _record(header, metadata[0] if metadata is not None and len(metadata) else None)


def _record(header: ET.Element, metadata: ET.Element | None) -> Record:
    sets = tuple((one.text or "").strip() for one in header if _local(one.tag) == "setSpec")
    deleted = header.get("status", "").lower() == "deleted"
    return Record(_text(header, "identifier"), _text(header, "datestamp"), sets, deleted, metadata)


def _saved(text: str) -> Response:
    """What is whole of a document that is not XML as a whole: each record by itself, in the root's namespaces."""
    response = Response(mended=True)
    root, at = _ROOT.search(text), _DATE.search(text)
    opening = root[0] if root is not None else "<OAI-PMH>"
    closing = f"</{opening[1:].split()[0].rstrip('>')}>"
    response.at = at[1].strip() if at else ""
    end = 0
    for begins, end in _whole(text):
        alone = text[begins:end]
        read_alone = _parsed(f"{opening}<list>{alone}</list>{closing}")
        if read_alone is not None:
            response.records += _records(read_alone[0])
        else:
            named = _IDENTIFIER.search(alone)
            response.unreadable.append(named[1].strip() if named else "")
    token = _TOKEN.search(text, end)
    response.cut = token is None and (closing not in text or _STARTED.search(text, end) is not None)
    if token is not None:
        response.token = token[1].strip().replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    return response


def _whole(text: str) -> Iterator[tuple[int, int]]:
    """Where each record that is ended begins and ends; after one that is not, nothing is whole."""
    ends: dict[str, re.Pattern[str]] = {}
    end = 0
    while (begun := _STARTED.search(text, end)) is not None:
        prefix = begun[1]
        closing = ends.setdefault(prefix, re.compile(rf"</{re.escape(prefix)}record\s*>"))
        ended = closing.search(text, begun.end())
        if ended is None:
            return
        end = ended.end()
        yield begun.start(), end


def _child(element: ET.Element, name: str) -> ET.Element | None:
    return next((child for child in element if _local(child.tag) == name), None)


def _text(element: ET.Element, name: str) -> str:
    found = _child(element, name)
    return (found.text or "").strip() if found is not None else ""


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
