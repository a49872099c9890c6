"""Sitemaps (sitemaps.org, protocol 0.9): an index, and one file for each stretch of the change feed.

A stretch is of numbers of the feed, not of resources, so that a file is found without counting and holds MOST at the
most; what has changed since stands in a later one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

MOST = 10_000
"""Resources in one file; the protocol allows 50,000."""
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"
ET.register_namespace("", SITEMAP)
ET.register_namespace("image", IMAGE)


@dataclass(frozen=True)
class Page:
    """A page by its address; since when it is as it is, where that is known; its picture and that one's licence, both
    addresses too.
    """

    address: str
    at: datetime | None = None
    picture: str = ""
    licence: str = ""


def parts_of(position: int) -> int:
    """How many files there are when the feed has come to `position`."""
    return max(1, -(-position // MOST))


def stretch(number: int) -> tuple[int, int]:
    """The first and the last number of the feed that the file `number` (from 1) is about."""
    return (number - 1) * MOST + 1, number * MOST


def index(addresses: Iterable[str]) -> bytes:
    """The index of the files."""
    root = ET.Element(name("sitemapindex"))
    for address in addresses:
        ET.SubElement(ET.SubElement(root, name("sitemap")), name("loc")).text = address
    return written(root)


def urlset(pages: Iterable[Page]) -> bytes:
    """One file: the addresses of pages, when each last changed, and its picture with the picture's licence."""
    root = ET.Element(name("urlset"))
    for one in pages:
        url = ET.SubElement(root, name("url"))
        ET.SubElement(url, name("loc")).text = one.address
        if one.at is not None:
            ET.SubElement(url, name("lastmod")).text = _moment(one.at)
        if one.picture:
            image = ET.SubElement(url, f"{{{IMAGE}}}image")
            ET.SubElement(image, f"{{{IMAGE}}}loc").text = one.picture
            if one.licence:
                ET.SubElement(image, f"{{{IMAGE}}}license").text = one.licence
    return written(root)


def name(local: str) -> str:
    """A name of the protocol, as the tree of elements has it."""
    return f"{{{SITEMAP}}}{local}"


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def written(root: ET.Element) -> bytes:
    """The document, in UTF-8."""
    found: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return found
