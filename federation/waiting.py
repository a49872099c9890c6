"""The waiting room for request bodies: whoever sends slowly waits there, and keeps nobody else from being served.

A web server hands a request over as soon as its headers are there, and the thread that reads its body is taken for
as long as the sender likes; a few slow senders would take them all. So a body is read whole before anything is done
with the request; there are more threads than requests that are worked on, and neither all senders together nor those
of one address get more than their part of them. What nobody sends a body with, the pages of the public above all, is
served all the while. The server has no limit of time for a body: that is nginx's part, which waits in front of it.
"""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from flask import Flask, request

from shared.errors import CommonsError, InvalidRequest, TooManyWaiting

PLACES = 32
"""Bodies that one process awaits at the same time."""
PLACES_OF_ONE_ADDRESS = 8
COME_AGAIN = 5
"""Seconds after which a sender who found no place may try again."""
REFUSAL = "commons.body_refused"

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Stream(Protocol):
    """Where the web server gives the body."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""


class WaitingRoom:
    """WSGI middleware that reads each body before the application is asked, and lets `desks` requests in at a time.

    A body of more than `limit` bytes is cut there: it is too long already, and the application says so.
    """

    def __init__(self, wsgi_app: WSGI, *, desks: int, limit: int) -> None:
        self._app, self._limit = wsgi_app, limit
        self._desks = threading.BoundedSemaphore(desks)
        self._waiting: Counter[str] = Counter()
        self._guard = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        if _has_body(environ, self._limit):
            try:
                with self._place(str(environ.get("REMOTE_ADDR", ""))):
                    body = _read(environ, self._limit + 1)
            except (TooManyWaiting, InvalidRequest) as refusal:
                body, environ[REFUSAL] = b"", refusal
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
        with self._desks:
            return self._app(environ, start_response)

    @contextmanager
    def _place(self, address: str) -> Iterator[None]:
        """Hold a place for a sender. Raises `TooManyWaiting`."""
        with self._guard:
            if self._waiting.total() >= PLACES or self._waiting[address] >= PLACES_OF_ONE_ADDRESS:
                raise TooManyWaiting(retry_after=COME_AGAIN)
            self._waiting[address] += 1
        try:
            yield
        finally:
            with self._guard:
                self._waiting[address] -= 1
                if not self._waiting[address]:
                    del self._waiting[address]


def init_waiting(app: Flask) -> None:
    """Let the application answer what the waiting room refuses, before it looks at a form."""
    app.before_request(_refuse_what_was_not_read)


def _refuse_what_was_not_read() -> None:
    refusal: CommonsError | None = request.environ.get(REFUSAL)
    if refusal is not None:
        raise refusal


def _has_body(environ: dict[str, Any], limit: int) -> bool:
    """Whether there is a body to wait for; one that says itself that it is too long is not read at all."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return True
    length = environ.get("CONTENT_LENGTH") or "0"
    return str(length).isdecimal() and 0 < int(length) <= limit


def _read(environ: dict[str, Any], most: int) -> bytes:
    """The body. Raises `InvalidRequest` for one that broke off: half a form must not be taken for a whole one."""
    stream: Stream = environ["wsgi.input"]
    chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
    # Not a byte beyond what was announced (PEP 3333): some servers would wait for it.
    wanted = most if chunked else int(environ["CONTENT_LENGTH"])
    arrived = bytearray()
    while len(arrived) < wanted and (piece := stream.read(wanted - len(arrived))):
        arrived += piece
    if len(arrived) < wanted and not chunked:
        raise InvalidRequest()
    return bytes(arrived)
