"""A hub of the test's process behind a real port, so that a real node speaks with it; answers may get lost."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.hub import Hub


class Line:
    """What stands between node and hub: it may lose answers, after the hub has done what was asked."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.losing: set[int] = set()
        self.count = 0

    def lose(self, *numbers: int) -> None:
        """Lose these answers of those to come, the next being 0."""
        self.count, self.losing = 0, set(numbers)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on."""
        number, self.count = self.count, self.count + 1
        if number not in self.losing:
            answer: Iterable[bytes] = self._app(environ, start_response)
            return answer
        list(self._app(environ, lambda *_: None))
        start_response("502 Bad Gateway", [("Content-Length", "0")])
        return [b""]


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any, **__: Any) -> None:
        """Say nothing."""


@contextmanager
def served(hub: Hub, port: int) -> Iterator[Line]:
    """Answer on this port, which the hub's public origin must name."""
    line = Line(hub.app)
    server = make_server("127.0.0.1", port, line, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
