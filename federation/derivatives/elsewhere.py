"""Which other servers a web page names: those that it loads something from, and those that its scripts speak of.

It is read by looking for absolute addresses and at what stands before each, in a time that grows with the page's
length alone, however the page is made: a parser of HTML may take the square of that for what is no good HTML.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_BYTES = 4 * 1024**2
"""How much of a page is read: pictures that are within it as data make it long."""
MOST_HOSTS = 10
"""Servers that are named of each kind; who has seen ten knows enough."""
MOST_ADDRESSES = 20_000
BEFORE = 300
"""Characters before an address that are looked at."""
_ADDRESS = re.compile(
    r"""(?:\b(?:https?|wss?):|(?<=["'`(=]))//(?P<host>[a-z0-9.-]{1,253}(?<![.-]))(?=[:/?#"'`)\s<>\\]|$)""", re.I
)
_LOADING = re.compile(
    r"""(?:\b(?:src|srcset|data|poster|background)\s*=\s*["']?[^"'>]*|url\(\s*["']?|;\s*url\s*=\s*|@import\s*["'])$""",
    re.I,
)
_LEADING = re.compile(r"\b(?:xlink:)?href\s*=\s*[\"']?\s*$", re.I)
_TAG = re.compile(r"<([a-z]+)\b[^<>]*$", re.I)
_OPENED, _CLOSED = re.compile("<script", re.I), re.compile("</script", re.I)
_MERELY_LINKS = frozenset({"a", "area"})
_NOWHERE = ("w3.org", "schema.org", "purl.org", "localhost", "127.0.0.1")
"""Names that stand in pages as the names of formats, or for the machine itself."""


@dataclass(frozen=True)
class Elsewhere:
    """Servers by name, in the order in which they stand in the page: `loads` when it is shown, `names` in scripts."""

    loads: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def read(data: bytes) -> Elsewhere:
    """The servers that a page names, of which these are the first MOST_BYTES at most."""
    text = _text(data)
    scripts = _Scripts(text)
    loads: dict[str, None] = {}
    names: dict[str, None] = {}
    for start, host in _addresses(text):
        inside = scripts.hold(start)
        if not inside and _is_loaded(text[max(0, start - BEFORE) : start]):
            loads.setdefault(host)
        elif inside:
            names.setdefault(host)
        if len(loads) >= MOST_HOSTS:
            break
    return Elsewhere(tuple(loads)[:MOST_HOSTS], tuple(one for one in names if one not in loads)[:MOST_HOSTS])


def _text(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    # Addresses are the same in every encoding that pages have, and what is not an address makes no difference.
    return data.decode("utf-8", errors="replace")


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    for count, found in enumerate(_ADDRESS.finditer(text)):
        host = found["host"].lower()
        if count >= MOST_ADDRESSES:
            return
        if "." in host and not any(host == one or host.endswith(f".{one}") for one in _NOWHERE):
            yield found.start(), host


def _is_loaded(before: str) -> bool:
    """Whether what follows is fetched as soon as the page is shown, and not only when somebody follows a link."""
    if _LOADING.search(before):
        return True
    if _LEADING.search(before):
        tag = _TAG.search(before)
        return tag is not None and tag[1].lower() not in _MERELY_LINKS
    return False


class _Scripts:
    """Where the scripts of a page are; asked from front to back."""

    def __init__(self, text: str) -> None:
        self._text, self._start, self._end = text, -1, -1
        self._next(0)

    def hold(self, place: int) -> bool:
        """Whether a place is within a script. Each place is behind the one before."""
        while self._start != -1 and place >= self._end:
            self._next(self._end)
        return self._start != -1 and self._start <= place

    def _next(self, since: int) -> None:
        opened = _OPENED.search(self._text, since)
        self._start = self._text.find(">", opened.end()) if opened else -1
        if self._start != -1:
            closed = _CLOSED.search(self._text, self._start)
            self._end = closed.start() if closed else len(self._text)
