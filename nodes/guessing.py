"""Slowing down whoever guesses passwords, without keeping out whose password is guessed.

Wrong passwords are counted by name and address together: somebody else who tries a name from elsewhere does not lock
its owner out. Many wrong ones from one address, whatever the names, slow that address down.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from shared.errors import Throttled

WITHIN = 900
"""Seconds for which a wrong password is remembered."""
FOR_A_NAME, FOR_AN_ADDRESS = 5, 50
"""Wrong passwords within that time after which no further one is looked at."""
KEPT = 10_000
"""Places that are remembered, the last ones."""


class Guesses:
    """The wrong passwords of the last minutes, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seen: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def check(self, name: str, address: str) -> None:
        """Raise `Throttled` when there were too many."""
        moment = self._clock()
        with self._lock:
            for place, most in (((name, address), FOR_A_NAME), (("", address), FOR_AN_ADDRESS)):
                times = [at for at in self._seen.get(place, ()) if moment - at < WITHIN]
                if len(times) >= most:
                    raise Throttled(retry_after=max(1, round(WITHIN - (moment - times[-most]))))

    def wrong(self, name: str, address: str) -> None:
        """Remember a wrong password."""
        moment = self._clock()
        with self._lock:
            for place in ((name, address), ("", address)):
                times = [at for at in self._seen.pop(place, []) if moment - at < WITHIN]
                self._seen[place] = [*times, moment][-FOR_AN_ADDRESS:]
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)

    def right(self, name: str, address: str) -> None:
        """Forget the wrong ones for this name from there."""
        with self._lock:
            self._seen.pop((name, address), None)
