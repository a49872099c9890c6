"""Which part of an answer a request asks for (RFC 9110 §13.1.5 and §14.2), where the library is too strict."""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.datastructures import Range

BYTES = "bytes"


def understood(asked: Request, *, tag: str, length: int) -> dict[str, Any]:
    """The environment of a request, with `Range` only where it counts for an answer of this strong tag and length.

    What is no range, is of a unit that nobody knows, or names several parts is passed over, and so it gets the whole;
    the library would refuse all of that, and whoever asked would have nothing.
    """
    environ = dict(asked.environ)
    part, condition = _part(asked.range, length), environ.pop("HTTP_IF_RANGE", None)
    environ.pop("HTTP_RANGE", None)
    # Another answer may bear the same tag once it is a weak one, so only the strong one goes on with what is there.
    goes_on = condition is None or condition.strip() == f'"{tag}"'
    if asked.method == "GET" and part and goes_on and not asked.if_none_match.contains_weak(tag):
        environ["HTTP_RANGE"] = part
    return environ


def _part(given: Range | None, length: int) -> str:
    """The one range in bytes, as a header has it; empty when there is none to go by."""
    if given is None or given.units != BYTES or len(given.ranges) != 1:
        return ""
    [(start, end)] = given.ranges
    return Range(BYTES, [(max(start, -length), end)]).to_header()
