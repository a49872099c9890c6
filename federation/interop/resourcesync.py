"""ResourceSync (ANSI/NISO Z39.99-2017, version 1.1): sitemaps by which others mirror records and files.

A source description names the capability list; that one names the list of all resources and the list of all changes,
each an index of parts. A part is a stretch of the change feed by number, as in the sitemaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from federation.interop.sitemaps import name, written
from federation.mirrors import DELETED, Change, Piece, Standing

RS = "http://www.openarchives.org/rs/terms/"
ET.register_namespace("rs", RS)
DESCRIPTION, CAPABILITIES, RESOURCES, CHANGES = "description", "capabilitylist", "resourcelist", "changelist"
MOST = 100
"""Entries of the feed in one part: with 200 files before and 200 others after, it still names fewer than 50,000."""
START = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment up to which a hub is known in which nothing was ever published."""


@dataclass(frozen=True)
class Places:
    """Where the documents are; a part of a list has the address that `part` gives it by its number."""

    description: str
    capabilities: str
    resources: str
    changes: str
    about: str
    part: Callable[[str, int], str]
    page: Callable[[str], str]
    record: Callable[[str], str]
    file: Callable[[str, str], str]

    def of(self, ark: str, piece: Piece) -> str:
        """Where a piece of a resource is."""
        return self.file(ark, piece.name) if piece.name else self.record(ark)


@dataclass(frozen=True)
class Span:
    """The moments between which a list of changes tells all; one without an end will yet grow."""

    start: datetime
    end: datetime | None = None

    def said(self) -> dict[str, str]:
        """The span as attributes (§13.1)."""
        return {"from": _moment(self.start), **({"until": _moment(self.end)} if self.end is not None else {})}


def stretch(number: int) -> tuple[int, int]:
    """The first and the last number of the feed that part `number` (from 1) is about."""
    return (number - 1) * MOST + 1, number * MOST


def parts_of(position: int) -> int:
    """How many parts there are when the feed has come to `position`."""
    return max(1, -(-position // MOST))


def description(places: Places) -> bytes:
    """The source description (§9), the first that a mirror reads."""
    root = _root("urlset", DESCRIPTION)
    _link(root, "describedby", places.about)
    _capability(root, CAPABILITIES, places.capabilities)
    return written(root)


def capabilities(places: Places) -> bytes:
    """The capability list (§10)."""
    root = _root("urlset", CAPABILITIES)
    _link(root, "up", places.description)
    _link(root, "describedby", places.about)
    _capability(root, RESOURCES, places.resources)
    _capability(root, CHANGES, places.changes)
    return written(root)


def resource_index(places: Places, *, count: int, at: datetime) -> bytes:
    """The index of the parts of the list of resources (§11.2)."""
    root = _root("sitemapindex", RESOURCES, at=_moment(at))
    _link(root, "up", places.capabilities)
    for number in range(1, count + 1):
        _located(root, "sitemap", places.part(RESOURCES, number))
    return written(root)


def resource_list(places: Places, found: Iterable[Standing], *, at: datetime) -> bytes:
    """A part of the list of resources (§11.1): what can be had, as of the newest change before `at`."""
    root = _root("urlset", RESOURCES, at=_moment(at))
    _link(root, "up", places.capabilities)
    _link(root, "index", places.resources)
    for one in found:
        _piece(root, places, one.ark, one.piece, one.at)
    return written(root)


def change_index(places: Places, spans: Sequence[Span]) -> bytes:
    """The index of the parts of the list of changes (§12.2), the oldest first; the last is open until it is full."""
    root = _root("sitemapindex", CHANGES, **Span(spans[0].start).said())
    _link(root, "up", places.capabilities)
    for number, span in enumerate(spans, 1):
        _md(_located(root, "sitemap", places.part(CHANGES, number)), **span.said())
    return written(root)


def change_list(places: Places, found: Iterable[Change], span: Span) -> bytes:
    """A part of the list of changes (§12.1), in the order in which they happened."""
    root = _root("urlset", CHANGES, **span.said())
    _link(root, "up", places.capabilities)
    _link(root, "index", places.changes)
    for one in found:
        if one.kind == DELETED:
            url = _located(root, "url", places.of(one.ark, one.piece))
            ET.SubElement(url, name("lastmod")).text = _moment(one.at)
            _md(url, change=one.kind, datetime=_moment(one.at))
        else:
            _piece(root, places, one.ark, one.piece, one.at, change=one.kind, datetime=_moment(one.at))
    return written(root)


def _piece(root: ET.Element, places: Places, ark: str, piece: Piece, at: datetime, **said: str) -> None:
    url = _located(root, "url", places.of(ark, piece))
    ET.SubElement(url, name("lastmod")).text = _moment(at)
    _md(url, **said, hash=f"sha-256:{piece.sha256}", length=str(piece.size), type=piece.media_type)
    if piece.name:
        _link(url, "describedby", places.record(ark))
    else:
        _link(url, "describes", places.page(ark))


def _root(kind: str, capability: str, **said: str) -> ET.Element:
    # Said first: a reader knows what it has before it reads thousands of entries.
    root = ET.Element(name(kind))
    _md(root, capability=capability, **said)
    return root


def _capability(root: ET.Element, capability: str, address: str) -> None:
    _md(_located(root, "url", address), capability=capability)


def _located(root: ET.Element, kind: str, address: str) -> ET.Element:
    found = ET.SubElement(root, name(kind))
    ET.SubElement(found, name("loc")).text = address
    return found


def _md(parent: ET.Element, **said: str) -> None:
    ET.SubElement(parent, f"{{{RS}}}md", said)


def _link(parent: ET.Element, rel: str, address: str) -> None:
    ET.SubElement(parent, f"{{{RS}}}ln", {"rel": rel, "href": address})


def _moment(at: datetime) -> str:
    """A moment in UTC, as fine as the feed has it (W3C Datetime): what happens within a second keeps its order."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
