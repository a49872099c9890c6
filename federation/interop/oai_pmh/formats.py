"""The formats in which a record can be had: the protocol's own, and the same with all that Dublin Core can say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

from federation.interop import dublin_core
from federation.interop.dublin_core import SIMPLE, Statement
from federation.interop.oai_pmh.markup import LANG, TYPE, Element, clean, container, etree
from federation.interop.oai_pmh.selecting import Item
from shared.jws import unverified_payload

log = structlog.get_logger()
ELEMENTS, TERMS = "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
QUALIFIED = "urn:x-metrology-commons:oai_dcterms:1"
QUALIFIED_SCHEMA = Path(__file__).with_name("oai_dcterms.xsd")
_SIMPLE_NAMES = {element: f"{{{ELEMENTS}}}{element}" for element in SIMPLE.values()}


@dataclass(frozen=True)
class Format:
    """A format by its prefix: its namespace, where its schema is, and the name of its element."""

    prefix: str
    namespace: str
    schema: str
    element: str
    prefixes: Mapping[str | None, str]


def formats(base_url: str) -> Mapping[str, Format]:
    """The formats of the hub at this address, by prefix; the hub itself has the schema of the second."""
    both = (
        Format(
            "oai_dc",
            OAI_DC,
            "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
            "dc",
            {"oai_dc": OAI_DC, "dc": ELEMENTS},
        ),
        Format(
            "oai_dcterms",
            QUALIFIED,
            f"{base_url}/{QUALIFIED_SCHEMA.name}",
            "dcterms",
            {"oai_dcterms": QUALIFIED, "dcterms": TERMS},
        ),
    )
    return {one.prefix: one for one in both}


def write(parent: Element, item: Item, form: Format, *, origin: str, today: date) -> None:
    """Add what is said of a record, in this format. One that cannot be told costs its list its own words only."""
    root = container(parent, form.element, namespace=form.namespace, schema=form.schema, prefixes=form.prefixes)
    page = f"{origin}/resources/{item.ark}"
    place = dublin_core.Place(item.ark, page, f"{page}/files/")
    tell = _simple if form.namespace == OAI_DC else _qualified
    try:
        record = json.loads(unverified_payload(item.jws))
        tell(
            root,
            dublin_core.statements(record, place, publisher=item.publisher, modified=item.changed_at, today=today),
        )
    except Exception:
        log.exception("a record cannot be told in Dublin Core", ark=item.ark)
        del root[:]
        tell(root, dublin_core.identity(place))


def alone(item: Item, form: Format, *, origin: str, today: date) -> bytes:
    """A document of its own with what is said of a record, in this format."""
    parent = etree().Element("alone")
    write(parent, item, form, origin=origin, today=today)
    written: bytes = etree().tostring(parent[0], encoding="UTF-8", xml_declaration=True)
    return written


def titles(parent: Element, form: Format, names: Mapping[str, str]) -> None:
    """Add a description that is only names by language, as sets have it."""
    root = container(parent, form.element, namespace=form.namespace, schema=form.schema, prefixes=form.prefixes)
    _simple(root, [Statement("title", name, language) for language, name in names.items()])


def _simple(root: Element, said: Iterable[Statement]) -> None:
    for name, value, language, _scheme in dublin_core.simply(said):
        _add(root, _SIMPLE_NAMES[name], value, language, "")


def _qualified(root: Element, said: Iterable[Statement]) -> None:
    for term, value, language, scheme in said:
        _add(root, f"{{{TERMS}}}{term}", value, language, scheme)


def _add(root: Element, name: str, value: str, language: str, scheme: str) -> None:
    child = etree().SubElement(root, name)
    child.text = clean(value)
    if language:
        child.set(LANG, language)
    if scheme:
        child.set(TYPE, f"dcterms:{scheme}")
