"""Through the institution's HTTP proxy, chosen as for the hub: by HTTPS_PROXY and NO_PROXY, or the system's settings.

What the operator typed is asked for by its name, which the proxy may know better than this machine. Any other place
is asked for by the address that was looked at here (`shared.public_web`): a name could lead elsewhere at the proxy
than it does here, and so into the institution's own network. Proxies take HTTPS, and plain HTTP to such an address,
by CONNECT (RFC 9110, 9.3.6); plain HTTP to the operator's own by its whole address (RFC 9112, 3.2.2).
"""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import requests

from shared.public_web import Place, left_until
from shared.wording import Words

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_HEAD = 64 * 1024
"""Bytes of a proxy's answer to CONNECT."""
UNKNOWN_KIND = Words("only proxies of the kind http:// are used", "只能用 http:// 的代理")
AWAY = Words("no connection to the proxy that is set", "连接不上所设的代理")
WRONG = Words("what is set as the proxy is none", "所设的代理不是代理")


class ProxyFault(OSError):
    """The way through the proxy does not open; `words` say why."""

    def __init__(self, words: Words) -> None:
        super().__init__(str(words))
        self.words = words


@dataclass(frozen=True)
class Proxy:
    """Where a proxy listens, and what opens it (a value of Proxy-Authorization, or nothing)."""

    host: str
    port: int
    opened_with: str = ""

    def line(self, place: Place, deadline: float, *, by_name: bool) -> socket.socket:
        """A line to the place through the proxy. Raises `ProxyFault`, or `TimeoutError`."""
        stream = self.connected(deadline)
        try:
            self._ask(stream, place.host if by_name else place.addresses[0], place.port, deadline)
        except BaseException:
            stream.close()
            raise
        return stream

    def connected(self, deadline: float) -> socket.socket:
        """A line to the proxy itself. Raises `ProxyFault`, or `TimeoutError`."""
        try:
            stream = socket.create_connection((self.host, self.port), timeout=left_until(deadline))
        except TimeoutError:
            raise
        except OSError as error:
            raise ProxyFault(AWAY) from error
        return stream

    def _ask(self, stream: socket.socket, host: str, port: int, deadline: float) -> None:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        opened = f"Proxy-Authorization: {self.opened_with}\r\n" if self.opened_with else ""
        stream.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{opened}\r\n".encode("ascii"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            stream.settimeout(left_until(deadline))
            # One by one, since what follows the head is the other side's.
            piece = stream.recv(1)
            head += piece
            if not piece or len(head) > MOST_HEAD:
                raise ProxyFault(WRONG)
        status = head[:40].split()
        if len(status) < 2 or not head.startswith(b"HTTP/1."):
            raise ProxyFault(WRONG)
        if not status[1].startswith(b"2"):
            code = status[1].decode("ascii", errors="replace")[:3]
            raise ProxyFault(Words(f"the proxy refuses: HTTP {code}", f"代理不让过：HTTP {code}"))
        stream.settimeout(left_until(deadline))


Choose = Callable[[str], "Proxy | None"]


def chosen(url: str) -> Proxy | None:
    """The proxy for requests to `url`, or None; none stands before this very machine. Raises `ProxyFault`."""
    if urlsplit(url).hostname in LOOPBACK:
        return None
    known = requests.utils.get_environ_proxies(url, no_proxy=None)
    found = requests.utils.select_proxy(url, known)
    if not found:
        return None
    split = urlsplit(found if "://" in found else f"http://{found}")
    if split.scheme.lower() != "http" or not split.hostname:
        raise ProxyFault(UNKNOWN_KIND)
    try:
        port = split.port or 80
    except ValueError as error:
        raise ProxyFault(UNKNOWN_KIND) from error
    opened = f"{unquote(split.username or '')}:{unquote(split.password or '')}" if split.username else ""
    secret = base64.b64encode(opened.encode()).decode() if opened else ""
    return Proxy(split.hostname, port, f"Basic {secret}" if secret else "")
