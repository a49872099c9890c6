"""The formats in which a record can be had: the protocol's own, and the same with all that Dublin Core can say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import structlog

from federation.interop import dublin_core
from federation.interop.dublin_core import Statement
from federation.interop.oai_pmh.markup import DECLARATION, attributes, content, opening
from federation.interop.oai_pmh.selecting import Item
from shared.jws import unverified_payload

log = structlog.get_logger()
ELEMENTS, TERMS = "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
QUALIFIED = "urn:x-metrology-commons:oai_dcterms:1"
QUALIFIED_SCHEMA = Path(__file__).with_name("oai_dcterms.xsd")


@dataclass(frozen=True)
class Format:
    """A format by its prefix: its namespace, where its schema is, and the start and end tags of its element."""

    prefix: str
    namespace: str
    schema: str
    start: str
    end: str


def formats(base_url: str) -> Mapping[str, Format]:
    """The formats of the hub at this address, by prefix; the hub itself has the schema of the second."""
    simple, qualified = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", f"{base_url}/{QUALIFIED_SCHEMA.name}"
    both = (
        _format("oai_dc", "oai_dc:dc", OAI_DC, simple, {"xmlns:oai_dc": OAI_DC, "xmlns:dc": ELEMENTS}),
        _format(
            "oai_dcterms",
            "oai_dcterms:dcterms",
            QUALIFIED,
            qualified,
            {"xmlns:oai_dcterms": QUALIFIED, "xmlns:dcterms": TERMS},
        ),
    )
    return {one.prefix: one for one in both}


def written(item: Item, form: Format, *, origin: str, today: date) -> str:
    """What is said of a record, in this format. One that cannot be told costs its list its own words only."""
    page = f"{origin}/resources/{item.ark}"
    place = dublin_core.Place(item.ark, page, f"{page}/files/")
    tell = _simple if form.namespace == OAI_DC else _qualified
    try:
        record = json.loads(unverified_payload(item.jws))
        said = tell(
            dublin_core.statements(record, place, publisher=item.publisher, modified=item.changed_at, today=today)
        )
    except Exception:
        log.exception("a record cannot be told in Dublin Core", ark=item.ark)
        said = tell(dublin_core.identity(place))
    return form.start + said + form.end


def alone(item: Item, form: Format, *, origin: str, today: date) -> bytes:
    """A document of its own with what is said of a record, in this format."""
    return (DECLARATION + written(item, form, origin=origin, today=today)).encode("utf-8")


def titles(form: Format, names: Mapping[str, str]) -> str:
    """A description that is only names by language, as sets have it."""
    said = _simple([Statement("title", name, language) for language, name in names.items()])
    return form.start + said + form.end


def _format(prefix: str, name: str, namespace: str, schema: str, prefixes: Mapping[str, str]) -> Format:
    start = opening(name, namespace=namespace, schema=schema, prefixes=prefixes)
    return Format(prefix, namespace, schema, start, f"</{name}>")


def _simple(said: Iterable[Statement]) -> str:
    return "".join(
        [_element("dc:" + name, value, language, "") for name, value, language, _ in dublin_core.simply(said)]
    )


def _qualified(said: Iterable[Statement]) -> str:
    return "".join([_element("dcterms:" + term, value, language, scheme) for term, value, language, scheme in said])


def _element(name: str, value: str, language: str, scheme: str) -> str:
    return f"{_start(name, language, scheme)}{content(value)}</{name}>"


@lru_cache(maxsize=512)
def _start(name: str, language: str, scheme: str) -> str:
    said = {**({"xml:lang": language} if language else {}), **({"xsi:type": f"dcterms:{scheme}"} if scheme else {})}
    return f"<{name}{attributes(said)}>"
