"""Typed links from a resource's page to what it is made of (Signposting, FAIR profile of 2023-10-02, level 2).

A few links go into the `Link` header (RFC 8288), so that a program need not read the page; all of them stand in the
link set (RFC 9264), which the header names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from federation.catalogue import Page
from federation.interop.oai_pmh.formats import OAI_DC
from federation.interop.places import BIBTEX, JSON, JSON_LD, LINKSET, XML, Places
from federation.interop.schema_org import licence_address, primary_type

MAX_ITEMS = 5
"""Files named in the header; servers in between allow a few KiB for all headers together."""
HTML = "text/html"
ABOUT_PAGE, SCHEMA = "https://schema.org/AboutPage", "https://schema.org/"


@dataclass(frozen=True)
class Link:
    """One typed link of a page; `type` is the media type of what it leads to."""

    rel: str
    href: str
    type: str = ""
    profile: str = ""

    def __str__(self) -> str:
        said = {"rel": self.rel, "type": self.type, "profile": self.profile}
        return f"<{self.href}>" + "".join(f'; {name}="{value}"' for name, value in said.items() if value)

    def as_target(self) -> dict[str, str]:
        """The link as a target object of a link set (RFC 9264 §4.2.3)."""
        said = {"href": self.href, "type": self.type, "profile": self.profile}
        return {name: value for name, value in said.items() if value}


def links(page: Page, places: Places) -> list[Link]:
    """All links of a resource's page but the one to the link set itself."""
    found = [
        Link("cite-as", places.cite),
        Link("type", ABOUT_PAGE),
        Link("type", SCHEMA + primary_type(page.entry.type)),
        Link("describedby", places.json_ld, JSON_LD, SCHEMA),
        Link("describedby", places.json, JSON),
        Link("describedby", places.dublin_core, XML, OAI_DC),
        Link("describedby", places.bibtex, BIBTEX),
    ]
    address = licence_address(page.record["license"])
    if address.startswith(("https://", "http://")):
        found.append(Link("license", address))
    items = [file for file in page.files if file.name in places.files]
    return found + [Link("item", places.files[file.name], file.media_type) for file in items]


def header(found: Iterable[Link], places: Places) -> str:
    """The value of the `Link` header: all but the files after the first ones, and the link set."""
    named = list(found)
    items = [link for link in named if link.rel == "item"]
    short = [link for link in named if link.rel != "item"] + (items if len(items) <= MAX_ITEMS else [])
    return ", ".join(map(str, [*short, Link("linkset", places.linkset, LINKSET)]))


def back(places: Places) -> str:
    """The value of the `Link` header of a description: what it describes, and where all links are."""
    return ", ".join(map(str, [Link("describes", places.page, HTML), Link("linkset", places.linkset, LINKSET)]))


def linkset(found: Sequence[Link], places: Places) -> dict[str, Any]:
    """The link set: the page's links, and from each file and description back to the page."""
    contexts: list[dict[str, Any]] = [{"anchor": places.page, **_by_rel(found)}]
    back = {"href": places.page, "type": HTML}
    contexts += [{"anchor": link.href, "collection": [back]} for link in found if link.rel == "item"]
    contexts += [{"anchor": link.href, "describes": [back]} for link in found if link.rel == "describedby"]
    return {"linkset": contexts}


def _by_rel(found: Sequence[Link]) -> Mapping[str, list[dict[str, str]]]:
    grouped: dict[str, list[dict[str, str]]] = {}
    for link in found:
        grouped.setdefault(link.rel, []).append(link.as_target())
    return grouped
