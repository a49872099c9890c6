"""What one web process remembers of the nodes that call it: who is at work now, and who was told to wait.

Both are looked at before the database is written to. A process of several threads must not be held by one node, and
whoever was told to wait and asks again at once should cost next to nothing. What counts for all processes of the hub
is the budget in the database (`federation.metering`).
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable

from shared.errors import Throttled, TooManyAtOnce

LATER = 1
"""Seconds after which a node that has too much under way may ask again."""


class Admission:
    """Counts the requests under way of each node, and keeps until when each key has to wait; for all threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, float] = {}

    def check(self, key_id: str) -> None:
        """Raise `Throttled` for a key that was told to wait and has not waited long enough.

        This may be asked before the signature is checked: only `tell_to_wait`, which is called after that, puts
        anybody here, so naming somebody else's key does that one no harm.
        """
        with self._lock:
            left = self._waiting.get(key_id, 0.0) - self._clock()
            if left <= 0:
                self._waiting.pop(key_id, None)
                return
        raise Throttled(retry_after=math.ceil(left))

    def tell_to_wait(self, key_id: str, seconds: int) -> None:
        """Remember that the holder of this key, who has signed, is to wait so long."""
        with self._lock:
            self._waiting[key_id] = self._clock() + seconds

    def enter(self, node_id: str, *, most: int) -> None:
        """A request of this node begins. Raises `TooManyAtOnce` when `most` are under way; then none has begun."""
        with self._lock:
            if self._under_way[node_id] >= most:
                raise TooManyAtOnce(retry_after=LATER)
            self._under_way[node_id] += 1

    def leave(self, node_id: str) -> None:
        """A request that was let in has ended."""
        with self._lock:
            self._under_way[node_id] -= 1
            if not self._under_way[node_id]:
                del self._under_way[node_id]
