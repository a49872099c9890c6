"""The XML of the provider: texts that any parser takes, and the envelope of an answer (OAI-PMH 2.0 §3.2).

It is written as text. A part of a list has some two thousand elements; to make each an object of lxml first took a
third of the time of a harvest, and kept that library in the memory of every web process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from federation.interop.oai_pmh.faults import BAD_ARGUMENT, BAD_VERB, Fault

OAI = "http://www.openarchives.org/OAI/2.0/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, not even as a reference (XML 1.0 §2.2 Char)."""
_TOLD_APART = re.compile('[&<>"\r\n\t]')
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTE = {**_IN_TEXT, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
"""A parser makes other white space of these unless they are references (§2.11, §3.3.3)."""


def clean(text: str) -> str:
    """A text with U+FFFD for each character that XML does not allow."""
    # What can be printed is allowed, and that is seen several times sooner.
    return text if text.isprintable() else _NOT_XML.sub("\ufffd", text)


def content(text: str) -> str:
    """Any text as the content of an element."""
    text = clean(text)
    return _TOLD_APART.sub(lambda found: _IN_TEXT.get(found[0], found[0]), text) if _TOLD_APART.search(text) else text


def attributes(said: Mapping[str, str]) -> str:
    """Attributes with any values, each after a space."""
    return "".join(f' {name}="{_value(value)}"' for name, value in said.items())


def tag(name: str, inside: str = "", said: Mapping[str, str] | None = None) -> str:
    """An element; what is `inside` it is markup already."""
    start = name + attributes(said) if said else name
    return f"<{start}>{inside}</{name}>" if inside else f"<{start}/>"


def opening(name: str, *, namespace: str, schema: str, prefixes: Mapping[str, str]) -> str:
    """The start tag of a container, which says where its schema is.

    It says itself what all its prefixes are, `xsi` too, as in the examples of the protocol: harvesters cut it out of
    its envelope (HTTP::OAI does).
    """
    known = {"xmlns:xsi": XSI, **prefixes, "xsi:schemaLocation": f"{namespace} {schema}"}
    return f"<{name}{attributes(known)}>"


def moment(at: datetime) -> str:
    """A moment in UTC to the second (§3.3)."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def document(
    base_url: str,
    *,
    at: datetime,
    verb: str,
    arguments: Mapping[str, str],
    faults: Sequence[Fault] = (),
    told: Iterable[str] = (),
) -> bytes:
    """A whole answer, in UTF-8; a request with a bad verb or argument is not repeated (§3.2)."""
    bad = any(fault.code in (BAD_VERB, BAD_ARGUMENT) for fault in faults)
    inside = [
        tag("responseDate", moment(at)),
        tag("request", content(base_url), {} if bad else {"verb": verb, **arguments}),
        *(tag("error", content(f"{fault.zh} {fault.en}"), {"code": fault.code}) for fault in faults),
        *told,
    ]
    known = {"xmlns": OAI, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{OAI} {OAI}OAI-PMH.xsd"}
    return (DECLARATION + tag("OAI-PMH", "".join(inside), known)).encode("utf-8")


def _value(text: str) -> str:
    text = clean(text)
    return _TOLD_APART.sub(lambda found: _IN_ATTRIBUTE[found[0]], text) if _TOLD_APART.search(text) else text
