"""Whether a web address that strangers gave can be opened, asked without being led into the hub's own network.

Each address is looked at before it is asked, and so is each that a redirect leads to (`shared.public_web`). Redirects
are followed by hand.

A server that does not want programs at an address is not asked there (`federation.robots`).
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPException
from urllib.parse import urljoin

from federation import robots
from federation.robots import Robots
from shared.public_web import (
    MOST_REDIRECTS,
    PORTS,
    Permit,
    Place,
    Refused,
    Resolve,
    connection,
    is_public,
    look_at,
    resolved,
)

SOUND, BROKEN, UNSURE, NOT_PUBLIC = "sound", "broken", "unsure", "not_public"
"""It opens; it will not; nobody can say; the hub does not ask there."""
OFFLINE = "offline"
NOT_THERE = 404
GONE = (NOT_THERE, 410)
"""RFC 9110, 15.5.5 and 15.5.11: there is nothing, and there is nothing any more."""
SECONDS = 10.0
"""For one address with all its redirects, what the system takes to resolve names not counted."""
ALWAYS_THERE = "a.root-servers.net"
"""A name that resolves wherever names do: where it does not, no name is said to be missing."""


@dataclass(frozen=True)
class Outcome:
    """`kind` is one of the above; `status` the last HTTP status, 0 for none; `cause` a word for what else it was.

    Causes: `name` (there is no such name), `dns`, `offline` (no name resolves at all), `timeout`, `tls`,
    `unreachable`, `redirects`, `malformed`; and of what the hub does not ask: `scheme`, `credentials`, `port`,
    `address`, `robots`.
    """

    kind: str
    status: int = 0
    cause: str = ""


def check(
    url: str,
    *,
    agent: str,
    rules: Robots | None = None,
    resolve: Resolve = resolved,
    permits: Permit = is_public,
    ports: Collection[int] = PORTS,
) -> Outcome:
    """Open a web address as far as its status, by HEAD, and by GET without reading where a server refuses that.

    `agent` says who asks (RFC 9110, 10.1.5), in ASCII; `rules` are what servers allow, as far as it is known.
    Whatever goes wrong is an outcome; nothing is raised.
    """
    rules = rules or Robots()
    asking = _Asking(agent, resolve, permits, ports, time.monotonic() + SECONDS)
    try:
        for _ in range(MOST_REDIRECTS + 1):
            place = asking.place(url)
            if not rules.allow(place.url, place.server, partial(asking.robots_of, place)):
                return Outcome(NOT_PUBLIC, cause="robots")
            status, onward, _ = asking.ask(place, "HEAD")
            if status >= 400:
                # Not a few servers answer HEAD with an error and GET with the page.
                status, onward, _ = asking.ask(place, "GET")
            if not (300 <= status < 400 and onward):
                return _judged(status)
            url = urljoin(place.url, onward)
        return Outcome(UNSURE, cause="redirects")
    except Refused as refused:
        return Outcome(NOT_PUBLIC, cause=str(refused))
    except socket.gaierror as error:
        return _without_address(error, resolve)
    except (OSError, HTTPException) as error:
        return Outcome(UNSURE, cause=_cause(error, late=time.monotonic() >= asking.deadline))
    except ValueError:
        return Outcome(UNSURE, cause="malformed")


def _judged(status: int) -> Outcome:
    if 200 <= status < 400:
        return Outcome(SOUND, status)
    return Outcome(BROKEN if status in GONE else UNSURE, status)


def _without_address(error: socket.gaierror, resolve: Resolve) -> Outcome:
    try:
        resolve(ALWAYS_THERE, 443)
    except OSError:
        return Outcome(UNSURE, cause=OFFLINE)
    missing = error.errno == socket.EAI_NONAME
    return Outcome(BROKEN, cause="name") if missing else Outcome(UNSURE, cause="dns")


def _cause(error: Exception, *, late: bool) -> str:
    if late or isinstance(error, TimeoutError):
        return "timeout"
    return "tls" if isinstance(error, ssl.SSLError) else "unreachable"


@dataclass(frozen=True)
class _Asking:
    """How the requests of one check are made, and until when (`time.monotonic`)."""

    agent: str
    resolve: Resolve
    permits: Permit
    ports: Collection[int]
    deadline: float

    def place(self, url: str) -> Place:
        """Look at an address. Raises `Refused`, `socket.gaierror`, and `ValueError` for what is no address."""
        return look_at(url, resolve=self.resolve, permits=self.permits, ports=self.ports)

    def ask(self, place: Place, method: str, most: int = 0) -> tuple[int, str, bytes]:
        """The status of one request, where it leads, and the first `most` bytes of the body.

        Raises `OSError` and `HTTPException`.
        """
        headers = {"Host": place.authority, "User-Agent": self.agent, "Accept": "*/*", "Connection": "close"}
        with connection(place, self.deadline) as line:
            line.request(method, place.target, headers=headers)
            with line.getresponse() as response:
                # Servers send addresses in UTF-8 where RFC 9110 has ASCII.
                onward = (response.getheader("Location") or "").encode("latin-1").decode("utf-8", errors="replace")
                return response.status, onward, response.read(most) if most else b""

    def robots_of(self, place: Place) -> tuple[int, bytes]:
        """The robots.txt of the server that was looked at; one that leads where we do not go is none.

        Raises `OSError` and `HTTPException`.
        """
        place = replace(place, url=place.server + robots.PATH, target=robots.PATH)
        for _ in range(MOST_REDIRECTS + 1):
            status, onward, text = self.ask(place, "GET", robots.MAX_BYTES)
            if not (300 <= status < 400 and onward):
                return status, text
            try:
                place = self.place(urljoin(place.url, onward))
            except (Refused, socket.gaierror, ValueError):
                break
        return NOT_THERE, b""
