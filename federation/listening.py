"""Whether the addresses that the hub needs can be listened on, asked before anything is started."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterable

from shared.errors import AddressUnusable, HubPortTaken

Address = tuple[str, int]


def require_free(addresses: Iterable[Address], *, patience: float = 0.0) -> None:
    """Raise `HubPortTaken` naming every address that is taken for `patience` seconds, or `AddressUnusable`."""
    wanted = list(addresses)
    deadline = time.monotonic() + patience
    while taken := [f"{host}:{port}" for host, port in wanted if not _is_free(host, port)]:
        if time.monotonic() >= deadline:
            raise HubPortTaken(addresses="、".join(taken))
        time.sleep(0.2)


def is_taken(address: Address) -> bool:
    """Whether somebody listens there by now."""
    return not _is_free(*address)


def _is_free(host: str, port: int) -> bool:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as probe:
                # As servers do it: what is left of closed connections does not count, a listener does.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise AddressUnusable(address=f"{host}:{port}", cause=error.strerror or str(error)) from error
    return True
