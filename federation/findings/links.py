"""Links of a record: those that lead nowhere, those into an institution's own network, and those still to be opened.

The worker opens them from time to time (`federation.link_watch`); what it found is said with its day.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import date
from urllib.parse import urlsplit

from federation.days import ZONE
from federation.findings.finding import DOUBT, NOTE, SERIOUS, Finding, Record
from federation.link_checker import BROKEN, NOT_PUBLIC, SOUND, UNSURE
from federation.link_checks import SURE_AFTER
from federation.models.links import LinkCheck

INSIDE = (".local", ".localhost", ".internal", ".lan", ".intranet", ".corp", ".home", ".home.arpa")
"""How names end that mean something within one network only (RFC 6762, RFC 6761, RFC 8375, and custom)."""
WHY = {
    "name": ("没有这个域名", "there is no such name"),
    "dns": ("域名解析不了", "the name cannot be resolved"),
    "timeout": ("很久没有回应", "no answer in time"),
    "tls": ("证书或加密连接有问题", "its certificate or encryption is at fault"),
    "unreachable": ("连接不上", "no connection"),
    "redirects": ("转向太多次", "too many redirects"),
    "malformed": ("网址写得不对", "it is not a good address"),
}
"""The causes of `federation.link_checker.Outcome`, in Chinese and English."""


def inside(record: Record) -> Iterator[Finding]:
    """Links that nobody outside can follow."""
    for number, link in enumerate(record.get("links", ())):
        url = link["url"]
        if is_inside(url):
            yield Finding(
                "link_inside",
                SERIOUS,
                f"链接 {_brief(url)} 指向单位内部的网络，公众打不开。",
                f"The link {_brief(url)} leads into the institution's own network: the public cannot open it.",
                f"/links/{number}",
            )


def opened(record: Record, checks: Mapping[str, LinkCheck]) -> Iterator[Finding]:
    """What opening the links came to, by address, and how many nobody could judge yet."""
    waiting = 0
    for number, link in enumerate(record.get("links", ())):
        url, check = link["url"], checks.get(link["url"])
        if is_inside(url):
            continue
        if check is not None and check.outcome == SOUND:
            continue
        said = None
        if check is not None and check.checked_at is not None:
            said = _said(check, check.checked_at.astimezone(ZONE).date(), f"/links/{number}")
        if said is None:
            waiting += 1
        else:
            yield said
    if waiting:
        yield Finding(
            "links_unchecked",
            NOTE,
            f"{waiting} 个链接未经核对，请点开看看。",
            f"{waiting} links not checked: open them and look."
            if waiting > 1
            else "1 link not checked: open it and look.",
            "/links",
        )


def _said(check: LinkCheck, day: date, pointer: str) -> Finding | None:
    """The finding on an address that did not open; None for one that nobody can judge yet."""
    url = _brief(check.url)
    zh, en = WHY.get(check.cause, (str(check.status), str(check.status)))
    if check.outcome == BROKEN:
        return Finding(
            "link_broken",
            DOUBT,
            f"链接 {url} 打不开（{zh}），{day} 查过。",
            f"The link {url} does not open ({en}); checked on {day}.",
            pointer,
        )
    if check.outcome == UNSURE and check.in_a_row >= SURE_AFTER:
        return Finding(
            "link_unsure",
            NOTE,
            f"链接 {url} 查了 {check.in_a_row} 次，不能确定打得开（{zh}），最近一次是 {day}，请点开看看。",
            f"The link {url} gave no clear answer {check.in_a_row} times ({en}), last on {day}: open it and look.",
            pointer,
        )
    if check.outcome == NOT_PUBLIC and check.cause == "address":
        return Finding(
            "link_inside",
            DOUBT,
            f"链接 {url} 的域名指向内部网络的地址，公众可能打不开，{day} 查过。",
            f"The link {url} leads to an address inside a network: the public may not get there; checked on {day}.",
            pointer,
        )
    return None


def _brief(url: str) -> str:
    """An address that can be told from others of the same server, without filling the page."""
    return url if len(url) <= 70 else f"{url[:45]}…{url[-24:]}"


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
