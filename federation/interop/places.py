"""Where the forms of one public resource are: what the standards call landing page, metadata and content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

JSON, JSON_LD, LINKSET, BIBTEX, XML = (
    "application/json",
    "application/ld+json",
    "application/linkset+json",
    "text/x-bibtex",
    "application/xml",
)


@dataclass(frozen=True)
class Thumbnail:
    """A picture of a resource: its absolute address and its pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Places:
    """Absolute addresses: `cite` is the permanent one, `page` where it leads; `files` by the file's name, only those
    that are open; `related` by the ARK of each resource that this one names; `institution` is the member's page."""

    cite: str
    page: str
    json: str
    json_ld: str
    linkset: str
    bibtex: str
    dublin_core: str
    institution: str
    files: Mapping[str, str]
    related: Mapping[str, str]
    picture: str = ""
