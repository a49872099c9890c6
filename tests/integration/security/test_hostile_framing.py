"""What comes over the wire to the real web server: false framing, endless and slow bodies, bombs, oversized headers.

After each attack the next honest request is served, nothing was answered with 5xx, nothing was stored, and the memory
of the web process has not grown by more than a few requests' worth.
"""

from __future__ import annotations

import gzip
import json
import resource
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from federation.waiting import PLACES_OF_ONE_ADDRESS
from shared import http_signatures
from shared.messages import PREFIX
from tests.support.bombs import gigabyte_of_zeros
from tests.support.processes import HubProcess, eventually
from tests.support.records import Signer, make_record

MIB = 1024**2
ROOM = 64
"""Mebibytes by which the web process may grow under an attack of a gigabyte."""
PUBLISH = PREFIX + "/records"
HOST = b"Host: hub\r\n"
CLOSE = b"Connection: close\r\n"
POST = b"POST " + PUBLISH.encode() + b" HTTP/1.1\r\n" + HOST
GET = b"GET /healthz HTTP/1.1\r\n" + HOST


@dataclass
class Wire:
    """Raw connections to the hub's web server, and an enrolled node beside them."""

    hub: HubProcess
    signer: Signer

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.hub.port), timeout=60)

    def send(self, data: bytes) -> bytes:
        """What is answered until the server closes the connection."""
        with closing(self.connect()) as line:
            # Whoever refuses may close before all of it is sent.
            with suppress(ConnectionError):
                line.sendall(data)
            return received(line)

    def signed(self, body: bytes, **headers: str) -> requests.Response:
        url = self.hub.origin + PUBLISH
        request = http_signatures.Request("POST", url, {"Content-Type": "application/json", **headers})
        http_signatures.sign_request(request, body, private_key=self.signer.private_key, kid=self.signer.key_id)
        return requests.post(url, data=body, headers=dict(request.headers), timeout=60)

    def honest(self) -> None:
        """The public is served at once, and a node that comes again when it is told to."""
        assert self.hub.get("/healthz").status_code == 200
        body = json.dumps({"records": [self.signer.sign(make_record())]}).encode()
        answer = eventually(lambda: given(self.signed(body)), seconds=60)
        assert answer.json()["results"][0]["outcome"] == "accepted"

    def web(self) -> list[psutil.Process]:
        assert self.hub.process is not None
        below = psutil.Process(self.hub.process.pid).children(recursive=True)
        return [process for process in below if "granian" in " ".join(process.cmdline())]

    def memory(self) -> int:
        """Mebibytes that the web server's processes hold."""
        return sum(process.memory_info().rss for process in self.web()) // MIB

    @contextmanager
    def in_bounds(self) -> Iterator[None]:
        """What happens within costs little memory, and the web server's processes stay the same."""
        processes, before = {one.pid for one in self.web()}, self.memory()
        yield
        assert self.memory() - before < ROOM
        assert {one.pid for one in self.web()} == processes
        self.honest()


def given(answer: requests.Response) -> requests.Response | None:
    """The answer, unless it is to come again."""
    return None if answer.status_code == 503 else answer


def received(line: socket.socket) -> bytes:
    said = b""
    with suppress(ConnectionError):
        while piece := line.recv(65_536):
            said += piece
    return said


def statuses(said: bytes) -> list[int]:
    """The status of each answer on a connection; a body of ours never holds such a line."""
    return [int(line.split()[1]) for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.")]


@pytest.fixture(scope="module")
def wire(live_hub: HubProcess) -> Wire:
    signer = Signer()
    invitation = live_hub.institution("wire")
    body = json.dumps(
        {"protocol": 1, "token": invitation, "node_name": "x", "public_key": signer.jwk}, ensure_ascii=False
    ).encode()
    url = live_hub.origin + PREFIX + "/enrolments"
    request = http_signatures.Request("POST", url, {"Content-Type": "application/json"})
    http_signatures.sign_request(request, body, private_key=signer.private_key, kid=signer.key_id)
    assert requests.post(url, data=body, headers=dict(request.headers), timeout=60).status_code == 201
    return Wire(live_hub, signer)


HIDDEN = b"GET /workbench/ HTTP/1.1\r\n" + HOST + b"\r\n"
"""A request that a false framing hides in the body of the first."""
FALSE_FRAMES = {
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 0, 40\r\n\r\n" + HIDDEN,
    "a signed length": POST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "a length beyond all": POST + b"Content-Length: 99999999999999999999999\r\n\r\n" + HIDDEN,
    "a hexadecimal length": POST + b"Content-Length: 0x0\r\n\r\n" + HIDDEN,
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a vertical tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a bad chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n" + HIDDEN,
    "a chunk beyond all": POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + HIDDEN,
    "a folded header": GET + b"X: a\r\n b\r\n\r\n" + HIDDEN,
    "a bare carriage return": GET + b"X: a\rTransfer-Encoding: chunked\r\n\r\n" + HIDDEN,
    "NUL in a header": GET + b"X: a\0b\r\n\r\n" + HIDDEN,
    "an unknown version": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n" + HIDDEN,
    "no version": b"GET /healthz\r\n\r\n" + HIDDEN,
    "bytes for a path": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n" + HIDDEN,
    "another protocol": b"\x16\x03\x01\x02\x00" + b"\0" * 600,
    "zeros": b"\0" * 5000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", FALSE_FRAMES)
def test_false_framing_hides_no_second_request(wire: Wire, name: str) -> None:
    """One answer at most, a refusal, and the connection is closed: no second request is read out of the first."""
    found = statuses(wire.send(FALSE_FRAMES[name]))
    assert len(found) <= 1, found
    assert all(400 <= status < 500 for status in found), found
    wire.honest()


LONG = {
    "an address of 100,000 signs": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", {414}),
    "a header of a megabyte": (GET + CLOSE + b"X: " + b"a" * MIB + b"\r\n\r\n", {431}),
    "5,000 headers": (GET + CLOSE + b"".join(b"X%d: a\r\n" % n for n in range(5000)) + b"\r\n", {431}),
    "a cookie of 60,000 signs": (
        b"GET /workbench/ HTTP/1.1\r\n" + HOST + CLOSE + b"Cookie: session=" + b"a." * 30_000 + b"\r\n\r\n",
        {303},
    ),
    "10,000 cookies": (
        b"GET /workbench/ HTTP/1.1\r\n" + HOST + CLOSE + b"Cookie: " + b"a=b;" * 10_000 + b"\r\n\r\n",
        {303},
    ),
    "a method of 10,000 signs": (b"A" * 10_000 + b" / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", {400, 405}),
    "1,000 ranges": (
        b"GET /favicon.ico HTTP/1.1\r\n" + HOST + CLOSE + b"Range: bytes=" + b"0-,"
        * 1000 + b"0-\r\n\r\n", {200},
    ),
    "10,000 languages": (
        b"GET /api/v1/search HTTP/1.1\r\n" + HOST + CLOSE + b"Accept-Language: " + b"zh;q=.1," * 5000 + b"en\r\n\r\n",
        {200},
    ),
    "10,000 parameters": (b"GET /search?" + b"&".join(b"a=b" for _ in range(10_000)) + b" HTTP/1.1\r\n" + HOST + CLOSE
        + b"\r\n", {200, 414},
    ),
    "bytes in headers": (GET + CLOSE + b"Cookie: \xff=\xfe\r\nUser-Agent: \xff\r\nAccept: \xff\r\n\r\n", {200}),
    "two hosts": (GET + b"Host: evil\r\n" + CLOSE + b"\r\n", {200, 400}),
    "an address of another host": (b"GET http://evil/healthz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", {200, 400}),
    "a tunnel": (b"CONNECT evil:80 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", {400, 404, 405}),
    "a socket of the web": (
        GET + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n",
        {400, 422, 426},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_what_is_too_long_or_strange_in_the_head_is_no_failure(wire: Wire, name: str) -> None:
    data, expected = LONG[name]
    with wire.in_bounds():
        found = statuses(wire.send(data))
        assert found[:1], "an answer"
        assert set(found) <= expected, found


@pytest.mark.parametrize("path", [PUBLISH, "/workbench/sign-in", "/healthz"])
@pytest.mark.parametrize("framing", ["chunks", "a length of gigabytes"])
def test_a_body_without_end_is_cut_off(wire: Wire, path: str, framing: str) -> None:
    head = b"POST " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n" if framing == "chunks" else b"Content-Length: 3000000000\r\n\r\n"
    piece = b"a" * MIB if framing != "chunks" else b"100000\r\n" + b"a" * MIB + b"\r\n"
    sent = 0
    with wire.in_bounds(), closing(wire.connect()) as line:
        with suppress(ConnectionError):
            line.sendall(head)
            for _ in range(1024):
                line.sendall(piece)
                sent += 1
        assert sent < 100, "the server has read on and on"


@pytest.mark.parametrize("path", [PUBLISH, "/workbench/sign-in", "/api/v1/federation/enrolments"])
def test_many_slow_senders_keep_nobody_from_reading_and_an_address_has_its_share(wire: Wire, path: str) -> None:
    head = b"POST " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n{"
    slow = [wire.connect() for _ in range(5 * PLACES_OF_ONE_ADDRESS)]
    try:
        for line in slow:
            line.sendall(head)
        for _ in range(20):
            assert wire.hub.get("/healthz").status_code == 200
            assert wire.hub.get("/").status_code == 200
        refused = wire.signed(b"{}")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    finally:
        for line in slow:
            line.close()
    wire.honest()


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nX-A", GET + b"\r\n"])
def test_slow_heads_and_idle_connections_keep_nobody_from_reading(wire: Wire, head: bytes) -> None:
    """More than the web server takes by itself, and six of each visitor are idle for half a minute."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(4096, limits[0]), limits[1]))
    open_lines: list[socket.socket] = []
    try:
        for _ in range(1500):
            open_lines.append(socket.create_connection(("127.0.0.1", wire.hub.port), timeout=10))
            open_lines[-1].sendall(head)
        assert requests.get(wire.hub.origin + "/healthz", timeout=10).status_code == 200
        wire.honest()
    finally:
        for line in open_lines:
            line.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_request_that_breaks_off_is_nobody_s_request(wire: Wire) -> None:
    for data in (POST + b"Content-Length: 1000\r\n\r\n{", POST + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{", GET):
        for _ in range(20):
            with closing(wire.connect()) as line:
                line.sendall(data)
    wire.honest()


def test_a_gigabyte_of_zeros_in_a_megabyte_is_not_unpacked(wire: Wire) -> None:
    bomb = gigabyte_of_zeros()
    nested = gzip.compress(bomb, mtime=0)
    with wire.in_bounds():
        for _ in range(5):
            for body in (bomb, nested):
                assert wire.signed(body, **{"Content-Encoding": "gzip"}).status_code in (400, 413)


@pytest.mark.parametrize("name", ["Content_Digest", "Signature_Input", "Content_Type", "Signature", "Content-Type"])
def test_a_header_in_another_spelling_or_twice_is_no_choice(wire: Wire, name: str) -> None:
    """CGI's names know no difference between `-` and `_`: what is signed must be what is read."""
    url = wire.hub.origin + PUBLISH
    body = json.dumps({"records": [wire.signer.sign(make_record())]}).encode()
    request = http_signatures.Request("POST", url, {"Content-Type": "application/json"})
    http_signatures.sign_request(request, body, private_key=wire.signer.private_key, kid=wire.signer.key_id)
    head = b"".join(f"{key}: {value}\r\n".encode() for key, value in request.headers.items())
    extra = f"{name}: text/plain\r\n".encode()
    length = b"Content-Length: %d\r\n" % len(body)
    for lines in (head + extra, extra + head):
        [status] = statuses(wire.send(POST + lines + length + CLOSE + b"\r\n" + body))
        assert status in (200, 400, 401, 415)
        other = body.replace(b"records", b"recordz")
        [altered] = statuses(wire.send(POST + lines + length + CLOSE + b"\r\n" + other))
        assert altered in (400, 401)
    wire.honest()


def test_the_log_tells_of_no_failure(wire: Wire) -> None:
    """Whatever of this module has run before."""
    said = Path(wire.hub.log).read_text(encoding="utf-8")
    assert "unhandled" not in said
    assert "Traceback" not in said
