"""A record in the terms of Dublin Core (DCMI Metadata Terms, 2020-01-20), and how the simple fifteen follow.

The crosswalk is made once, in the qualified terms; the simple form leaves qualification out ("dumb-down" principle):
an abstract is a description, a licence is a right. What would mislead then is left out altogether (`SIMPLE`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from federation.catalogue import embargoed
from shared.vocabularies import vocabulary

ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")
"""An address as RFC 3986 spells it; browsers take others too, XML schemas do not."""
W3CDTF = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
URI, IMT, DCMI_TYPE, LANGUAGE, DATE = "URI", "IMT", "DCMIType", "RFC4646", "W3CDTF"
PERIOD, POINT = "Period", "Point"
"""Syntax and vocabulary encoding schemes, by their names in the namespace of the terms."""

SIMPLE: Mapping[str, str] = {
    "title": "title",
    "creator": "creator",
    "contributor": "contributor",
    "publisher": "publisher",
    "subject": "subject",
    "abstract": "description",
    "description": "description",
    "type": "type",
    "created": "date",
    "identifier": "identifier",
    "language": "language",
    "license": "rights",
    "format": "format",
    "hasPart": "relation",
    "relation": "relation",
    "spatial": "coverage",
    "temporal": "coverage",
}
"""The element of the simple fifteen for each term that has one here.

Left out are a second date, sizes among the formats, and who holds the rights: `rights` is an address only.
"""
TYPES: Mapping[str, str] = {
    "article": "Text",
    "book": "Text",
    "document": "Text",
    "photo": "StillImage",
    "artefact": "PhysicalObject",
    "image": "StillImage",
    "audio": "Sound",
    "video": "MovingImage",
    "animation": "MovingImage",
    "interactive": "InteractiveResource",
    "game": "InteractiveResource",
    "slides": "Text",
    "course": "Collection",
    "lesson": "Text",
    "activity-kit": "Collection",
    "training": "Event",
    "profile": "Text",
    "exhibition": "Collection",
    "dataset": "Dataset",
    "regulation": "Text",
}
"""The DCMI Type Vocabulary's word for each of ours."""
STARTS: Mapping[str, str] = {
    "doi": "https://doi.org/",
    "isbn": "urn:isbn:",
    "cstr": "CSTR:",
    "uri": "",
    "local": "",
}
"""What stands before an identifier of each scheme, unless it stands there already."""


class Statement(NamedTuple):
    """One thing said of a resource: a term, its value, and the value's language or encoding scheme."""

    term: str
    value: str
    language: str = ""
    scheme: str = ""


class Place(NamedTuple):
    """Where the resource is: its ARK, the address of its page, and that of its files up to their names."""

    ark: str
    page: str
    files: str


def statements(
    record: Mapping[str, Any], place: Place, *, publisher: Mapping[str, str], modified: datetime, today: date
) -> Iterator[Statement]:
    """All that is said of a resource. `publisher` is the institution's name by language."""
    yield from identity(place)
    yield from _identifiers(record)
    yield from _texts("title", record["title"])
    yield from _people(record)
    yield from _texts("publisher", publisher)
    yield from _texts("abstract", record["summary"])
    yield from _texts("description", record.get("description", {}))
    yield from _subjects(record)
    yield from _kind(record)
    yield from _dates(record, modified)
    yield from _coverage(record.get("coverage", {}))
    yield from _content(record, place, may=not embargoed(record, today))
    yield from _rights(record)


def simply(said: Iterable[Statement]) -> Iterator[Statement]:
    """The same in the simple fifteen, each thing once; what DCMI encodes for machines has been said in words."""
    told = set()
    for term, value, language, scheme in said:
        name = SIMPLE.get(term)
        if name is None or scheme in (POINT, PERIOD) or (name, value, language) in told:
            continue
        told.add((name, value, language))
        yield Statement(name, value, language)


def identity(place: Place) -> Iterator[Statement]:
    """The names that each resource has: the address first, since many readers take the first for a link."""
    yield Statement("identifier", place.page, scheme=URI)
    yield Statement("identifier", place.ark)


def _texts(term: str, texts: Mapping[str, str]) -> Iterator[Statement]:
    """A text in each of its languages, Chinese first: many readers show the first."""
    for language, text in sorted(texts.items(), key=lambda item: not item[0].startswith("zh")):
        if text:
            yield Statement(term, text, language)


def _labels(term: str, name: str, codes: Sequence[str]) -> Iterator[Statement]:
    terms = vocabulary(name)
    for code in codes:
        for language in ("zh", "en"):
            yield Statement(term, terms.label(code, language), language)


def _identifiers(record: Mapping[str, Any]) -> Iterator[Statement]:
    for other in record.get("identifiers", ()):
        start, value = STARTS.get(other["scheme"], f"{other['scheme']}:"), other["value"]
        known = value.lower().startswith(start.lower()) or "://" in value
        yield Statement("identifier", value if known else start + value)


def _people(record: Mapping[str, Any]) -> Iterator[Statement]:
    for term, field in (("creator", "creators"), ("contributor", "contributors")):
        for agent in record.get(field, ()):
            yield Statement(term, agent["name"])


def _subjects(record: Mapping[str, Any]) -> Iterator[Statement]:
    yield from _labels("subject", "themes", record["themes"])
    yield from _labels("subject", "disciplines", record.get("disciplines", ()))
    for word in record.get("keywords", ()):
        yield Statement("subject", word)
    yield from _labels("audience", "audiences", record.get("audiences", ()))


def _kind(record: Mapping[str, Any]) -> Iterator[Statement]:
    code = record["type"]
    if code in TYPES:
        yield Statement("type", TYPES[code], scheme=DCMI_TYPE)
    yield from _labels("type", "types", [code])
    for language in record["language"]:
        yield Statement("language", language, scheme=LANGUAGE)


def _dates(record: Mapping[str, Any], modified: datetime) -> Iterator[Statement]:
    if "created" in record:
        # An approximate date (EDTF) is a good one for people and none for machines.
        plain = W3CDTF.fullmatch(record["created"])
        yield Statement("created", record["created"], scheme=DATE if plain else "")
    if "embargo_until" in record:
        yield Statement("available", record["embargo_until"], scheme=DATE)
    yield Statement("modified", modified.strftime("%Y-%m-%dT%H:%M:%SZ"), scheme=DATE)


def _coverage(coverage: Mapping[str, Any]) -> Iterator[Statement]:
    """Times and places by name, and as DCMI Period and Point where they have numbers."""
    if "place" in coverage:
        where = coverage["place"]
        yield from _texts("spatial", where["name"])
        if "latitude" in where:
            parts = f"east={where['longitude']}; north={where['latitude']}; name={_bare(where['name'])}"
            yield Statement("spatial", parts, scheme=POINT)
    if "period" in coverage:
        when = coverage["period"]
        yield from _texts("temporal", when["name"])
        years = [f"{word}={when[field]}" for word, field in (("start", "from"), ("end", "until")) if field in when]
        if years:
            yield Statement("temporal", "; ".join([f"name={_bare(when['name'])}", *years]), scheme=PERIOD)


def _bare(name: Mapping[str, str]) -> str:
    """A name inside a DCMI encoding, where semicolons end a part."""
    return (name.get("zh") or next(iter(name.values()))).replace(";", "；")


def _content(record: Mapping[str, Any], place: Place, *, may: bool) -> Iterator[Statement]:
    """The files with their types and size, as links where the public `may` have them; and what is elsewhere."""
    files = record.get("files", ())
    for media_type in dict.fromkeys(file["media_type"] for file in files):
        yield Statement("format", media_type, scheme=IMT)
    if files:
        size = sum(file["size"] for file in files)
        yield Statement("extent", f"{len(files)} 个文件，{size} 字节", "zh")
        yield Statement("extent", f"{len(files)} files, {size} bytes", "en")
    if may:
        for file in files:
            yield Statement("hasPart", place.files + quote(file["name"], safe=""), scheme=URI)
    for link in record.get("links", ()):
        yield Statement("relation", link["url"], scheme=URI if ADDRESS.fullmatch(link["url"]) else "")


def _rights(record: Mapping[str, Any]) -> Iterator[Statement]:
    code = record["license"]
    term = vocabulary("licenses").terms.get(code)
    address = term.uri if term and term.uri else code
    yield Statement("license", address, scheme=URI if ADDRESS.fullmatch(address) else "")
    if "rights_holder" in record:
        yield Statement("rightsHolder", record["rights_holder"])
