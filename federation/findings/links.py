"""Links of a record: the hub fetches nothing on a record's word, so it says that they are unchecked; what leads into
an institution's own network the public cannot open in any case.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from federation.findings.finding import NOTE, SERIOUS, Finding, Record

INSIDE = (".local", ".localhost", ".internal", ".lan", ".intranet", ".corp", ".home", ".home.arpa")
"""How names end that mean something within one network only (RFC 6762, RFC 6761, RFC 8375, and custom)."""


def inside(record: Record) -> Iterator[Finding]:
    """Links that nobody outside can follow."""
    for number, link in enumerate(record.get("links", ())):
        if is_inside(link["url"]):
            yield Finding(
                "link_inside",
                SERIOUS,
                f"链接 {link['url'][:80]} 指向单位内部的网络，公众打不开。",
                f"The link {link['url'][:80]} leads into the institution's own network: the public cannot open it.",
                f"/links/{number}",
            )


def unchecked(record: Record) -> Iterator[Finding]:
    """That there are links which nobody has opened yet."""
    count = len(record.get("links", ()))
    if count:
        yield Finding(
            "links_unchecked",
            NOTE,
            f"{count} 个链接未经核对，请点开看看。",
            f"{count} link{'s' if count > 1 else ''} not checked: open {'them' if count > 1 else 'it'} and look.",
            "/links",
        )


def is_inside(url: str) -> bool:
    """Whether an address means something within one network only: a private one, or a name without a domain."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or f".{host}".endswith(INSIDE)
