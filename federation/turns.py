"""Taking turns: whoever asked first is next."""

from __future__ import annotations

import threading
from collections import deque

LONGEST = 30.0
"""Seconds to wait for a turn; then one goes on without, and meets whoever holds the thing itself."""


class Turns:
    """One turn at a time for the threads of a process, in the order in which they asked."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._taken = False
        self._queue: deque[threading.Event] = deque()

    def take(self) -> bool:
        """Wait for the turn. False when it did not come in time: then there is nothing to give back."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Event()
            self._queue.append(mine)
        if mine.wait(self._longest):
            return True
        with self._lock:
            if mine.is_set():
                return True
            self._queue.remove(mine)
            return False

    def give_back(self) -> None:
        """The next in the queue takes over."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._taken = False
