"""Web addresses that strangers gave, looked at before anybody is asked there, so that nobody is led into a network.

A document may name any address, and a server may send whoever asks anywhere else: server-side request forgery
(CWE-918; OWASP Server-Side Request Forgery Prevention Cheat Sheet). So every address that a name resolves to is
looked at, and the connection goes to the very address that was looked at, which leaves a name that changes its mind
(DNS rebinding) nothing to gain. The socket is made here and not by an HTTP library, so that name and address can be
given apart and an answer that drips for ever is cut off.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Timer
from urllib.parse import urlsplit

PORTS = frozenset({80, 443})
MOST_REDIRECTS = 5
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052, 2.1: the last 32 bits are an IPv4 address."""

Resolve = Callable[[str, int], Sequence[str]]
Permit = Callable[[str], bool]


class Refused(Exception):
    """Nobody is asked there; the argument is the cause: `scheme`, `credentials`, `port` or `address`."""


@dataclass(frozen=True)
class Place:
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


Connect = Callable[[Place, float], socket.socket]


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


def look_at(
    url: str, *, resolve: Resolve = resolved, permits: Permit = is_public, ports: Collection[int] | None = PORTS
) -> Place:
    """Where a request to `url` would go; with `ports` None, to whichever port it names.

    Raises `Refused`, `socket.gaierror`, and `ValueError` for what is no address.
    """
    if urlsplit(url).scheme.lower() not in ("http", "https"):
        raise Refused("scheme")
    # The web process knows what was found and opens nothing: it does without the library.
    import requests  # noqa: PLC0415  # see above

    try:
        # Names in ASCII (IDNA 2008) and paths in percent signs: from here on there is one reading of the address.
        url = requests.Request("HEAD", url).prepare().url or ""
    except requests.RequestException as error:
        raise ValueError from error
    split = urlsplit(url)
    if "@" in split.netloc:
        raise Refused("credentials")
    secure = split.scheme == "https"
    port = split.port or (443 if secure else 80)
    if ports is not None and port not in ports:
        raise Refused("port")
    host = split.hostname or ""
    addresses = resolve(host, port)
    if not addresses or not all(permits(address) for address in addresses):
        raise Refused("address")
    target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return Place(url, host, port, split.netloc, target, secure, addresses)


@contextlib.contextmanager
def connection(place: Place, deadline: float, connect: Connect | None = None) -> Iterator[HTTPConnection]:
    """A connection to one of the addresses that were looked at, cut off at `deadline` (`time.monotonic`).

    `connect` makes the line in another way, through a proxy say.

    A socket's timeout begins anew with each byte, so that a server which sends one now and then would hold us.
    Raises `OSError`.
    """
    stream = (connect or _connected)(place, deadline)
    if place.secure:
        context = ssl.create_default_context()
        stream = context.wrap_socket(stream, server_hostname=place.host, do_handshake_on_connect=False)
    cutting = Timer(left_until(deadline), _cut, (stream,))
    cutting.daemon = True
    cutting.start()
    try:
        with stream:
            if isinstance(stream, ssl.SSLSocket):
                stream.do_handshake()
            made = HTTPConnection(place.host, place.port)
            made.auto_open = 0  # else it would connect by itself, to wherever the name leads then
            made.sock = stream
            yield made
    finally:
        cutting.cancel()


def left_until(deadline: float) -> float:
    """Seconds until `deadline`. Raises `TimeoutError` when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(place: Place, deadline: float) -> socket.socket:
    last = OSError("no address")
    for waiting, address in enumerate(place.addresses):
        try:
            patience = left_until(deadline) / (len(place.addresses) - waiting)
            stream = socket.create_connection((address, place.port), timeout=patience)
        except OSError as error:
            last = error
        else:
            stream.settimeout(left_until(deadline))
            return stream
    raise last


def _cut(stream: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(stream, socket.SHUT_RDWR)
