"""Whoever stops reading an answer loses the connection, so that its thread and its place are free for others.

The web server waits for a reader as long as the connection lives, and TCP lets it live while the other side answers,
though it takes nothing. The kernel can be told how long that may go on (RFC 5482, TCP_USER_TIMEOUT); what the
listening socket was told holds for every connection that it accepts.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]
OPEN_FILES = Path("/proc/self/fd")
NOT_TAKEN_SECONDS = 30
"""How long what was sent may wait for its reader to take any of it."""


class Impatient:
    """WSGI middleware that says so to the sockets on which this process listens.

    The server makes them after it has loaded the application, and so the first request is the first occasion; in a
    running hub that is the question of its supervisor, or of a balancer, whether it is ready.
    """

    def __init__(self, wsgi_app: WSGI, *, seconds: float = NOT_TAKEN_SECONDS) -> None:
        self._app, self._seconds = wsgi_app, seconds
        self._to_be_said = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve a request."""
        # Never let go of: it has been said then.
        if self._to_be_said.acquire(blocking=False):
            limit(self._seconds)
        return self._app(environ, start_response)


def limit(seconds: float) -> int:
    """Limit how long a reader may take nothing; the number of listening sockets that know. Only Linux can do it."""
    told = 0
    if hasattr(socket, "TCP_USER_TIMEOUT") and OPEN_FILES.is_dir():
        for number in [int(entry.name) for entry in OPEN_FILES.iterdir()]:
            # Files are opened and closed meanwhile by other threads.
            with suppress(OSError):
                told += stat.S_ISSOCK(os.fstat(number).st_mode) and _tell(number, int(seconds * 1000))
    return told


def _tell(number: int, milliseconds: int) -> bool:
    with socket.socket(fileno=os.dup(number)) as found:
        listens = found.family in (socket.AF_INET, socket.AF_INET6) and bool(
            found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        )
        if listens:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    return listens
