"""Asking a source over HTTP: within limits of size and time, and never led into the institution's own network.

The address that the operator typed may be on a private network, that is theirs to decide. What a server redirects to
must be the same host, or public; so must whatever is found inside a document (`shared.public_web`).
"""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException, HTTPResponse, IncompleteRead
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from requests.structures import CaseInsensitiveDict

from nodes import membership as memberships
from nodes.harvesting import proxies
from nodes.harvesting.proxies import Proxy, ProxyFault
from nodes.sources import CREDENTIALS, NO_ADDRESS
from nodes.workplace import Workplace
from shared.errors import InvalidSourceAddress, SourceAway, SourceRefused
from shared.public_web import (
    MOST_REDIRECTS,
    PORTS,
    Connect,
    Place,
    Refused,
    Resolve,
    connection,
    is_public,
    look_at,
    resolved,
)
from shared.wording import Words, in_bytes

MAX_ANSWER = 32 * 1024**2
"""Bytes of one answer: a hundred records take a fifth of a megabyte."""
LONGEST = 300.0
"""Seconds for one answer with all its redirects; large repositories think for a minute or two before they speak."""
CHUNK = 64 * 1024
MOST_PACKED = 1000
"""Parts of one answer that are packed each by itself; after each the rest is copied."""
REFUSALS = {
    "scheme": Words("only http and https are fetched", "只读取 http 和 https 的网址"),
    "credentials": CREDENTIALS,
    "port": Words("it leads to an unusual port of another host", "它转到了别处的非常用端口"),
    "address": Words("it leads into a private network", "它转到了内网的地址"),
}
NO_NAME = Words("there is no such name on the network", "网络上没有这个名字")
NOT_LOOKED_AT = Words(
    "this machine goes through a proxy and cannot look up the name, so it cannot tell whether it leads into a "
    "private network",
    "本机经代理上网，查不到这个名字的地址，无法确认它不在内网",
)
NOWHERE = Words("it redirects to what is no address", "它转到的不是网址")
CAUSES = (
    (ssl.SSLError, Words("its certificate cannot be verified", "无法核实它的证书")),
    (TimeoutError, Words("it took too long to answer", "等了太久没有回答")),
    (OSError, Words("no connection", "连接不上")),
)


@dataclass(frozen=True)
class Answer:
    """What came: `whole` is false when the line broke before the end that was announced."""

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True


class Fetcher:
    """Asks on behalf of one node; `typed` is the address that its operator gave, whose host alone may be private."""

    def __init__(self, *, agent: str, typed: str = "", longest: float = LONGEST, resolve: Resolve = resolved) -> None:
        self.agent, self._longest, self._resolve = agent, longest, resolve
        self._own = _endpoint(typed) if typed else ("", 0)

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        most: int = MAX_ANSWER,
        also: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """What stands at `url`, after at most five redirects; `also` are headers to send along.

        Raises `InvalidSourceAddress`, `SourceAway`, or `SourceRefused` for where nobody goes and for what is too
        long.
        """
        deadline, typed, proxy = time.monotonic() + self._longest, url, None
        for _ in range(MOST_REDIRECTS + 1):
            try:
                proxy = proxies.chosen(url)
                place = self._place(url, proxied=proxy is not None)
                answer = self._ask(place, {"Accept": accept, **also}, most, deadline, proxy)
                onward = answer.headers.get("Location", "")
                if not (300 <= answer.status < 400 and onward):
                    return answer
                url = _joined(place.url, onward)
            except Refused as refused:
                raise SourceRefused(address=url[:200], cause=REFUSALS[str(refused)]) from refused
            except socket.gaierror as error:
                cause = NO_NAME if proxy is None else NOT_LOOKED_AT
                raise SourceAway(address=typed[:200], cause=cause) from error
            except (OSError, HTTPException) as error:
                raise SourceAway(address=typed[:200], cause=_cause(error)) from error
            except ValueError as error:
                raise InvalidSourceAddress(address=url[:200], cause=NO_ADDRESS) from error
        raise SourceRefused(address=typed[:200], cause=Words("it redirects without end", "它转来转去没有尽头"))

    def _place(self, url: str, *, proxied: bool) -> Place:
        if not self._is_own(url):
            return look_at(url, resolve=self._resolve, permits=is_public, ports=PORTS)
        # Of the operator's own host nothing is to be found out; only the proxy may know its name.
        resolve = (lambda host, _port: [host]) if proxied else self._resolve
        ports = None if _endpoint(url) == self._own else PORTS
        return look_at(url, resolve=resolve, permits=lambda _: True, ports=ports)

    def _is_own(self, url: str) -> bool:
        return bool(self._own[0]) and urlsplit(url).hostname == self._own[0]

    def _ask(self, place: Place, asked: Mapping[str, str], most: int, deadline: float, proxy: Proxy | None) -> Answer:
        ours = {"Host": place.authority, "User-Agent": self.agent}
        headers = {**ours, **asked, "Accept-Encoding": "gzip", "Connection": "close"}
        target = place.target
        connect: Connect | None = None
        if proxy is not None:
            own = self._is_own(place.url)
            connect = partial(proxy.line, by_name=own)
            if own and not place.secure:
                connect, target = (lambda _place, until: proxy.connected(until)), place.url.partition("#")[0]
                headers |= {"Proxy-Authorization": proxy.opened_with} if proxy.opened_with else {}
        with connection(place, deadline, connect) as line:
            line.request("GET", target, headers=headers)
            with line.getresponse() as response:
                body, whole = _read(response, most)
        if len(body) > most:
            raise SourceRefused(address=place.url[:200], cause=_too_long(most))
        if response.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip"):
            body, whole = _unzipped(body, most, place.url, whole)
        found = CaseInsensitiveDict({name: _utf8(value) for name, value in response.headers.items()})
        return Answer(place.url, response.status, found, body, whole)


def agent_of(workplace: Workplace) -> str:
    """Who asks, and how to reach them (RFC 9110, 10.1.5), in ASCII."""
    contact = workplace.settings.contact
    if not contact:
        with workplace.database.unit_of_work(read_only=True) as session:
            membership = memberships.find(session)
        contact = f"{membership.institution_code}; {membership.origin}" if membership is not None else ""
    try:
        number = version("metrology-commons")
    except PackageNotFoundError:
        number = "0"
    said = f"metrology-commons-node/{number}" + (f" ({contact})" if contact else "")
    return said.encode("ascii", errors="replace").decode("ascii").replace("\n", " ").replace("\r", " ")


def _joined(url: str, onward: str) -> str:
    try:
        return urljoin(url, onward)
    except ValueError as error:
        raise SourceRefused(address=url[:200], cause=NOWHERE) from error


def _endpoint(url: str) -> tuple[str, int]:
    split = urlsplit(url)
    return split.hostname or "", split.port or (443 if split.scheme.lower() == "https" else 80)


def _read(response: HTTPResponse, most: int) -> tuple[bytes, bool]:
    """The body, one byte more than `most` at the utmost, and whether it came to its end."""
    body = bytearray()
    announced = response.length
    try:
        for chunk in iter(partial(response.read, CHUNK), b""):
            body += chunk
            if len(body) > most:
                break
    except IncompleteRead as error:
        return bytes(body + error.partial), False
    except OSError:
        return bytes(body), False
    return bytes(body), announced is None or len(body) >= announced


def _unzipped(body: bytes, most: int, url: str, whole: bool) -> tuple[bytes, bool]:
    """What `body` unpacks to, whose parts may be packed one by one (RFC 1952, 2.2), and whether it was whole."""
    plain, rest, ended = bytearray(), body, False
    for _ in range(MOST_PACKED):
        if not rest:
            break
        inflating = zlib.decompressobj(wbits=31)
        try:
            plain += inflating.decompress(rest, most + 1 - len(plain))
        except zlib.error:
            # Many a server pads the end.
            return bytes(plain), whole and ended and not rest.strip(b"\0")
        if len(plain) > most:
            raise SourceRefused(address=url[:200], cause=_too_long(most))
        rest, ended = inflating.unused_data, inflating.eof
    return bytes(plain), whole and ended and not rest


def _too_long(most: int) -> Words:
    return Words(f"its answer is longer than {in_bytes(most)}", f"它的答复超过 {in_bytes(most)}")


def _utf8(value: str) -> str:
    """A header as it is meant: servers send addresses in UTF-8 where RFC 9110 has ASCII."""
    return value.encode("latin-1", errors="replace").decode("utf-8", errors="replace")


def _cause(error: Exception) -> Words:
    if isinstance(error, ProxyFault):
        return error.words
    known = next((words for kind, words in CAUSES if isinstance(error, kind)), None)
    return known or Words("something else answers there", "答复的不是网页服务器")
