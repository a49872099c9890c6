"""What a server lets programs open, as its robots.txt says (RFC 9309, the Robots Exclusion Protocol)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protego import Protego

TOKEN = "metrology-commons-links"  # noqa: S105  # the product token by which a robots.txt may name us (2.2.1)
PATH = "/robots.txt"
MAX_BYTES = 512 * 1024
"""At least 500 KiB are to be read (2.5); what comes after is not looked at."""
KEPT_SECONDS = 24 * 3600.0
"""No longer than a day (2.4)."""
KEPT_SERVERS = 1000

Read = Callable[[], tuple[int, bytes]]
"""The status of a server's robots.txt, redirects followed, and the first `MAX_BYTES` of it."""


class Robots:
    """The rules of the servers that were asked lately; for one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Protego]] = OrderedDict()

    def allow(self, url: str, server: str, read: Read) -> bool:
        """Whether `url` may be opened at `server` (scheme and authority), whose rules are read if they are not known.

        A server without rules allows everything (2.3.1.3). One that answers with an error of its own forbids it
        (2.3.1.4), and is asked again the next time. Raises what `read` raises.
        """
        found = self._known.get(server)
        if found is None or found[0] <= self._clock():
            status, text = read()
            if status >= 500:
                return False
            found = (self._clock() + KEPT_SECONDS, _parsed(text if 200 <= status < 300 else b""))
            self._keep(server, found)
        return bool(found[1].can_fetch(url, TOKEN))

    def _keep(self, server: str, found: tuple[float, Protego]) -> None:
        self._known[server] = found
        self._known.move_to_end(server)
        if len(self._known) > KEPT_SERVERS:
            self._known.popitem(last=False)


def _parsed(text: bytes) -> Protego:
    # The web process knows what the links came to and opens none: it does without the library.
    from protego import Protego  # noqa: PLC0415  # see above

    return Protego.parse(text.decode("utf-8-sig", errors="replace"))
