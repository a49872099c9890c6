"""The XML of the provider: names, texts that any parser takes, and the envelope of an answer (OAI-PMH 2.0 §3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from federation.interop.oai_pmh.faults import BAD_ARGUMENT, BAD_VERB, Fault

OAI = "http://www.openarchives.org/OAI/2.0/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SCHEMA_LOCATION = f"{{{XSI}}}schemaLocation"
TYPE = f"{{{XSI}}}type"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, not even as a reference (XML 1.0 §2.2 Char)."""
_CONTAINER = re.compile(rb"<(oai_dc:dc|oai_dcterms:dcterms|oai-identifier) ")
_WITH_XSI = rb'<\1 xmlns:xsi="' + XSI.encode() + b'" '
Element = Any
"""An element of lxml, which says no types."""


@cache
def etree() -> Any:
    """The library that writes XML; it is loaded when somebody harvests, for most hosts of a hub are never asked."""
    from lxml import etree as found  # noqa: PLC0415  # see above

    return found


def clean(text: str) -> str:
    """A text with U+FFFD for each character that XML does not allow."""
    # What can be printed is allowed, and that is seen several times sooner.
    return text if text.isprintable() else _NOT_XML.sub("\ufffd", text)


def element(name: str) -> Element:
    """The element of a verb, which goes into the envelope when it is done."""
    return etree().Element(f"{{{OAI}}}{name}", nsmap={None: OAI, "xsi": XSI})


def add(parent: Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None) -> Element:
    """A new last child; names without a namespace are the protocol's own."""
    child = etree().SubElement(parent, name if name[0] == "{" else f"{{{OAI}}}{name}")
    if text:
        child.text = clean(text)
    for key, value in (attributes or {}).items():
        child.set(key, clean(value))
    return child


def container(
    parent: Element, name: str, *, namespace: str, schema: str, prefixes: Mapping[str | None, str]
) -> Element:
    """A child in a namespace of its own, which says where its schema is."""
    child = etree().SubElement(parent, f"{{{namespace}}}{name}", nsmap=dict(prefixes))
    child.set(SCHEMA_LOCATION, f"{namespace} {schema}")
    return child


def moment(at: datetime) -> str:
    """A moment in UTC to the second (§3.3)."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def envelope(
    base_url: str, *, at: datetime, verb: str, arguments: Mapping[str, str], faults: Sequence[Fault]
) -> Element:
    """An answer up to its errors; a request with a bad verb or argument is not repeated (§3.2)."""
    root = etree().Element(f"{{{OAI}}}OAI-PMH", nsmap={None: OAI, "xsi": XSI})
    root.set(SCHEMA_LOCATION, f"{OAI} {OAI}OAI-PMH.xsd")
    add(root, "responseDate", moment(at))
    bad = any(fault.code in (BAD_VERB, BAD_ARGUMENT) for fault in faults)
    add(root, "request", base_url, {} if bad else {"verb": verb, **arguments})
    for fault in faults:
        add(root, "error", f"{fault.zh} {fault.en}", {"code": fault.code})
    return root


def to_bytes(root: Element) -> bytes:
    """The document, in UTF-8.

    Each container says itself what `xsi` is, as in the examples of the protocol: harvesters cut it out of its
    envelope (HTTP::OAI does), and lxml leaves out what an ancestor has said. In texts there is no `<`.
    """
    found: bytes = etree().tostring(root, xml_declaration=True, encoding="UTF-8")
    return _CONTAINER.sub(_WITH_XSI, found)
