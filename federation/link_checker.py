"""Whether a web address that strangers gave can be opened, asked without being led into the hub's own network.

A record may name any address, and a server may send whoever asks anywhere else: server-side request forgery (CWE-918;
OWASP Server-Side Request Forgery Prevention Cheat Sheet). So every address that a name resolves to is looked at, and
the connection goes to the very address that was looked at, which leaves a name that changes its mind (DNS rebinding)
nothing to gain. Redirects are followed by hand, each one looked at anew. The socket is made here and not by an HTTP
library, so that name and address can be given apart and an answer that drips for ever is cut off.

A server that does not want programs at an address is not asked there (`federation.robots`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from threading import Timer
from urllib.parse import urljoin, urlsplit

from federation import robots
from federation.robots import Robots

SOUND, BROKEN, UNSURE, NOT_PUBLIC = "sound", "broken", "unsure", "not_public"
"""It opens; it will not; nobody can say; the hub does not ask there."""
OFFLINE = "offline"
PORTS = frozenset({80, 443})
NOT_THERE = 404
GONE = (NOT_THERE, 410)
"""RFC 9110, 15.5.5 and 15.5.11: there is nothing, and there is nothing any more."""
SECONDS = 10.0
"""For one address with all its redirects, what the system takes to resolve names not counted."""
MOST_REDIRECTS = 5
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052, 2.1: the last 32 bits are an IPv4 address."""
ALWAYS_THERE = "a.root-servers.net"
"""A name that resolves wherever names do: where it does not, no name is said to be missing."""

Resolve = Callable[[str, int], Sequence[str]]
Permit = Callable[[str], bool]


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


class _Refused(Exception):
    """The hub does not ask there; the argument is the cause."""


@dataclass(frozen=True)
class _Place:
    """Where one request goes: the name for the server to hear, and the addresses that were looked at."""

    url: str
    host: str
    port: int
    authority: str
    target: str
    secure: bool
    addresses: Sequence[str]

    @property
    def server(self) -> str:
        """Scheme and authority: what one robots.txt is about (RFC 9309, 2.3)."""
        return f"{'https' if self.secure else 'http'}://{self.authority}"


def resolved(host: str, port: int) -> list[str]:
    """The IP addresses of a name, as the system knows them. Raises `socket.gaierror` and `UnicodeError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, and so is the IPv4 address that it may carry within it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour
        if found in NAT64:
            carried = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(str(carried))
        # What is unicast to everybody lies here (RFC 4291, 2.4, and the registry of IANA); Teredo carries two more.
        if found not in ipaddress.ip_network("2000::/3") or found.teredo is not None:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


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
    except _Refused as refused:
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

    def place(self, url: str) -> _Place:
        """Look at an address. Raises `_Refused`, `socket.gaierror`, and `ValueError` for what is no address."""
        if urlsplit(url).scheme.lower() not in ("http", "https"):
            raise _Refused("scheme")
        # The web process knows what was found and opens nothing: it does without the library.
        import requests  # noqa: PLC0415  # see above

        try:
            # Names in ASCII (IDNA 2008) and paths in percent signs: from here on there is one reading of the address.
            url = requests.Request("HEAD", url).prepare().url or ""
        except requests.RequestException as error:
            raise ValueError from error
        split = urlsplit(url)
        if "@" in split.netloc:
            raise _Refused("credentials")
        secure = split.scheme == "https"
        port = split.port or (443 if secure else 80)
        if port not in self.ports:
            raise _Refused("port")
        host = split.hostname or ""
        addresses = self.resolve(host, port)
        if not addresses or not all(self.permits(address) for address in addresses):
            raise _Refused("address")
        target = (split.path or "/") + (f"?{split.query}" if split.query else "")
        return _Place(url, host, port, split.netloc, target, secure, addresses)

    def ask(self, place: _Place, method: str, most: int = 0) -> tuple[int, str, bytes]:
        """The status of one request, where it leads, and the first `most` bytes of the body.

        Raises `OSError` and `HTTPException`.
        """
        with _stream(place, self.deadline) as stream:
            connection = HTTPConnection(place.host, place.port)
            connection.auto_open = 0  # else it would connect by itself, to wherever the name leads then
            connection.sock = stream
            headers = {"Host": place.authority, "User-Agent": self.agent, "Accept": "*/*", "Connection": "close"}
            connection.request(method, place.target, headers=headers)
            with connection.getresponse() as response:
                # Servers send addresses in UTF-8 where RFC 9110 has ASCII.
                onward = (response.getheader("Location") or "").encode("latin-1").decode("utf-8", errors="replace")
                return response.status, onward, response.read(most) if most else b""

    def robots_of(self, place: _Place) -> tuple[int, bytes]:
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
            except (_Refused, socket.gaierror, ValueError):
                break
        return NOT_THERE, b""


@contextlib.contextmanager
def _stream(place: _Place, deadline: float) -> Iterator[socket.socket]:
    """A connection to one of the addresses that were looked at, cut off at the deadline.

    A socket's timeout begins anew with each byte, so that a server which sends one now and then would hold us.
    """
    stream = _connected(place, deadline)
    if place.secure:
        context = ssl.create_default_context()
        stream = context.wrap_socket(stream, server_hostname=place.host, do_handshake_on_connect=False)
    cutting = Timer(_left(deadline), _cut, (stream,))
    cutting.daemon = True
    cutting.start()
    try:
        with stream:
            if isinstance(stream, ssl.SSLSocket):
                stream.do_handshake()
            yield stream
    finally:
        cutting.cancel()


def _connected(place: _Place, deadline: float) -> socket.socket:
    last = OSError("no address")
    for waiting, address in enumerate(place.addresses):
        try:
            patience = _left(deadline) / (len(place.addresses) - waiting)
            stream = socket.create_connection((address, place.port), timeout=patience)
        except OSError as error:
            last = error
        else:
            stream.settimeout(_left(deadline))
            return stream
    raise last


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _cut(stream: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(stream, socket.SHUT_RDWR)
