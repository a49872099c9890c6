"""A stable address before something that moves: each connection is passed on, byte for byte, to where `port` says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.daemons import free_ports


@dataclass
class Forwarder:
    """Listens on `own`; `port` is where new connections go, 0 for nowhere."""

    own: int
    port: int = 0

    @property
    def origin(self) -> str:
        """What the public knows."""
        return f"http://127.0.0.1:{self.own}"

    def serve(self, listener: socket.socket) -> None:
        """Pass connections on until the listener is closed."""
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            try:
                served = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            except OSError:
                caller.close()
                continue
            served.settimeout(None)
            for source, target in ((caller, served), (served, caller)):
                threading.Thread(target=_pour, args=(source, target), daemon=True).start()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
    target.close()


@contextmanager
def forwarding() -> Iterator[Forwarder]:
    """A forwarder that leads nowhere yet."""
    made = Forwarder(free_ports(1))
    with socket.create_server(("127.0.0.1", made.own)) as listener:
        thread = threading.Thread(target=made.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
