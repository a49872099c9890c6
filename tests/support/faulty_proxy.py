"""A proxy between a node and its hub or store that does to requests what networks do, and counts what went through.

It understands HTTP/1.1 just so far that it can tell requests apart: bytes are passed on as they came.
"""

from __future__ import annotations

import re
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Self

CHUNK = 64 * 1024
NONE, RESET, STALL, CUT, TWICE, TWICE_LAST, LATE = "none", "reset", "stall", "cut", "twice", "twice-last", "late"
"""Nothing; connection reset; silence; connection closed as if all had been said; the same bytes sent twice, and the
client hears the first answer or the last; the request kept back (the client is reset) until `deliver_late`."""
UP, DOWN = "up", "down"
ASKED, SENT, ANSWERED, BYTES = "asked", "sent", "answered", "bytes"
"""Moments: a request has come and nothing went on; all of it went on; its answer came and nothing went back; so many
bytes of bodies went on."""
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


@dataclass
class Fault:
    """What is done to the next `times` requests whose first line contains `line`, after `after` bytes one way."""

    kind: str
    way: str = UP
    after: int = 0
    times: int = 1
    line: str = ""

    def breaks(self, way: str) -> int | None:
        """After how many bytes this way everything ends; None for never."""
        return self.after if self.kind in (RESET, STALL, CUT) and self.way == way else None


@dataclass(frozen=True)
class Exchange:
    """A request that went on: its first line, how much of its body did, and the status of the answer (0: none)."""

    line: str
    body: int
    status: int


@dataclass
class Watch:
    """Something to be done once, when a moment has come `count` times (or bytes)."""

    moment: str
    count: int
    action: Callable[[], object]


class _Broken(Exception):
    """The fault strikes now."""


@dataclass
class _Flow:
    """One way of one exchange, with the place where it breaks."""

    sink: socket.socket
    breaks_after: int | None
    rate: int | None
    body: int = 0

    def send(self, data: bytes) -> None:
        """Pass on, up to the break."""
        if self.rate:
            time.sleep(len(data) / self.rate)
        if self.breaks_after is not None and len(data) >= self.breaks_after:
            self.sink.sendall(data[: self.breaks_after])
            raise _Broken
        if self.breaks_after is not None:
            self.breaks_after -= len(data)
        self.sink.sendall(data)


@dataclass(frozen=True)
class _Link:
    """A request that is to go on: between whom, its head, and what will become of it."""

    client: socket.socket
    server: socket.socket
    source: _Patient
    line: str
    head: bytes
    fault: Fault


@dataclass
class FaultyProxy:
    """Listens at `origin` and passes on to `upstream`; by itself it is a good network."""

    upstream: tuple[str, int] = ("127.0.0.1", 0)
    rate: int | None = None
    """Bytes a second, each way; None for as fast as it goes."""
    exchanges: list[Exchange] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    """The statuses that requests got which were sent a second time."""
    late: list[bytes] = field(default_factory=list)
    body_bytes: int = 0
    """Bytes of bodies that went on since the start."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._faults: list[Fault] = []
        self._watches: list[Watch] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, name="proxy", daemon=True)]

    @property
    def origin(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in list(self._threads):
            thread.join(10)

    def break_with(self, *faults: Fault) -> None:
        """Let these happen, the first that fits a request first."""
        with self._lock:
            self._faults = list(faults)

    def when(self, moment: str, count: int, action: Callable[[], object]) -> None:
        """Call `action` once, when `moment` has come `count` times from now on."""
        with self._lock:
            self._watches.append(Watch(moment, count, action))

    def heal(self) -> None:
        """Be a good network again, and forget what was to be watched for."""
        with self._lock:
            self._faults, self._watches, self.rate = [], [], None

    def deliver_late(self) -> list[int]:
        """Send what was kept back, the last first; the statuses of the answers, 0 for none."""
        kept, self.late = self.late[::-1], []
        return [self._once_more(request) for request in kept]

    def bodies(self, method: str = "PUT") -> int:
        """How many bytes of bodies went on with requests of this method."""
        return sum(exchange.body for exchange in list(self.exchanges) if exchange.line.startswith(method + " "))

    # -- inside ------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), name="proxied", daemon=True)
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(120)
        with client:
            waiting = _Patient(client, self._ending)
            with suppress(OSError, _Broken, EOFError):
                while head := _head(waiting):
                    self._exchange(client, waiting, head)

    def _exchange(self, client: socket.socket, source: _Patient, head: bytes) -> None:
        line = head.split(b"\r\n", 1)[0].decode("latin-1")
        fault = self._next_fault(line)
        self._moment(ASKED)
        if fault.kind == LATE:
            self.late.append(head + source.exactly(_length(head)))
            _reset(client)
            raise _Broken
        try:
            with socket.create_connection(self.upstream, timeout=600) as server:
                self._pass(_Link(client, server, source, line, head, fault))
        except _Broken:
            if fault.kind == STALL:
                self._ending.wait(600)
            if fault.kind != CUT:
                _reset(client)
            raise
        except OSError:
            _reset(client)
            raise

    def _pass(self, link: _Link) -> None:
        """One request and its answer, as far as the fault lets them."""
        up, status = _Flow(link.server, link.fault.breaks(UP), self.rate), 0
        try:
            request = self._pass_request(link, up)
            self._moment(SENT)
            with link.server.makefile("rb") as answer:
                first = _head(answer)
                if not first:
                    raise ConnectionError("no answer")
                status = int(first.split(b" ", 2)[1])
                self._moment(ANSWERED)
                if link.fault.kind == TWICE:
                    self.repeated.append(self._once_more(request))
                if link.fault.kind == TWICE_LAST:
                    self.repeated.append(self._once_more(request, link.client))
                else:
                    down = _Flow(link.client, link.fault.breaks(DOWN), self.rate)
                    _pass_answer(link.line, first, answer, down)
        finally:
            with self._lock:
                self.exchanges.append(Exchange(link.line, up.body, status))

    def _pass_request(self, link: _Link, up: _Flow) -> bytes:
        """Send it on; gives it whole if it will be needed again."""
        request = link.head
        up.send(link.head)
        left = _length(link.head)
        while left:
            data = link.source.some(min(left, CHUNK))
            up.send(data)
            left, up.body = left - len(data), up.body + len(data)
            if link.fault.kind in (TWICE, TWICE_LAST):
                request += data
            self._bytes(len(data))
        return request

    def _once_more(self, request: bytes, listener: socket.socket | None = None) -> int:
        with socket.create_connection(self.upstream, timeout=60) as server, server.makefile("rb") as answer:
            # Who refuses may do so before all has come.
            with suppress(OSError):
                server.sendall(request)
            with suppress(OSError):
                first = _head(answer)
                if listener is not None and first:
                    _pass_answer(request.decode("latin-1"), first, answer, _Flow(listener, None, None))
                return int(first.split(b" ", 2)[1]) if first else 0
            return 0

    def _next_fault(self, line: str) -> Fault:
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.line in line:
                    fault.times -= 1
                    return fault
        return Fault(NONE)

    def _moment(self, moment: str, steps: int = 1) -> None:
        with self._lock:
            for watch in self._watches:
                if watch.moment == moment:
                    watch.count -= steps
            due = [watch for watch in self._watches if watch.count <= 0]
            self._watches = [watch for watch in self._watches if watch.count > 0]
        for watch in due:
            watch.action()

    def _bytes(self, count: int) -> None:
        with self._lock:
            self.body_bytes += count
        self._moment(BYTES, count)


class _Patient:
    """Reads from a client that may be silent for long, until the proxy ends. Raises `EOFError` when it is gone."""

    def __init__(self, client: socket.socket, ending: threading.Event) -> None:
        self._client, self._ending, self._kept = client, ending, b""

    def readline(self) -> bytes:
        while b"\n" not in self._kept:
            self._kept += self._more()
        line, _, self._kept = self._kept.partition(b"\n")
        return line + b"\n"

    def some(self, most: int) -> bytes:
        data = self._kept or self._more()
        self._kept = data[most:]
        return data[:most]

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self.some(count - len(data))
        return data

    def _more(self) -> bytes:
        while not self._ending.is_set():
            if not select.select([self._client], [], [], 0.5)[0]:
                continue
            data = self._client.recv(CHUNK)
            if not data:
                break
            return data
        raise EOFError


def _head(source: _Patient | BinaryIO) -> bytes:
    """All up to the empty line; empty when the other side is gone."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = source.readline()
        if not line:
            return b""
        head += line
    return head


def _length(head: bytes) -> int:
    found = LENGTH.search(head)
    return int(found[1]) if found else 0


def _pass_answer(line: str, head: bytes, answer: BinaryIO, down: _Flow) -> None:
    down.send(head)
    if line.startswith("HEAD ") or head.split(b" ", 2)[1] in (b"204", b"304"):
        return
    if CHUNKED.search(head):
        while size := _chunk(answer, down):
            _copy(answer, down, size + 2)
        down.send(answer.readline())
    else:
        _copy(answer, down, _length(head))


def _chunk(answer: BinaryIO, down: _Flow) -> int:
    line = answer.readline()
    down.send(line)
    return int(line.split(b";")[0], 16)


def _copy(answer: BinaryIO, down: _Flow, left: int) -> None:
    while left:
        data = answer.read(min(left, CHUNK))
        if not data:
            raise ConnectionError("the answer ended early")
        down.send(data)
        left -= len(data)


def _reset(client: socket.socket) -> None:
    """End the connection so that the other side hears of it at once and in no other way."""
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
