"""Waiting as the other side asks: how long Retry-After says, how long to go on, and until when it would be.

Somebody who says when to come again is there and at work, so being told to wait is no failed attempt: a node goes on
for as long as its patience lasts. Somebody who says nothing is asked again after growing pauses, a few times only.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

BUSY = (429, 502, 503, 504)
"""Answers of a server that may do tomorrow what it does not do today."""
LONGEST_PAUSE = 60.0
_LONGEST = 10**9 - 1
"""Seconds: who says "never" (the year 9999, say) is understood to mean some thirty years, which clocks can name."""

Sleep = Callable[[float], object]


def retry_after(headers: Mapping[str, str]) -> int | None:
    """The seconds that a Retry-After asks to wait (RFC 9110 10.2.3: a number, or a date); None without a good one."""
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return min(int(said[:10]), _LONGEST)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0, math.ceil((moment - datetime.now(UTC)).total_seconds())), _LONGEST)


def until(seconds: float) -> str:
    """The clock's time in so many seconds, for a person at this machine; with the day when it is not today."""
    now = datetime.now().astimezone()
    moment = now + timedelta(seconds=seconds)
    return f"{moment:%H:%M:%S}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M}"


class Patience:
    """How long one thing is tried: seconds of waiting that was asked for, and attempts without a word."""

    def __init__(self, *, seconds: float, attempts: int, sleep: Sleep = time.sleep) -> None:
        self._left, self._attempts, self._sleep = seconds, attempts, sleep
        self._failed = 0

    def wait(self, asked: int | None) -> bool:
        """Wait as was asked, or with growing, jittered pauses. False when that would be too long or too often."""
        if asked is None:
            self._failed += 1
            if self._failed >= self._attempts:
                return False
            self._sleep(min(LONGEST_PAUSE, 0.5 * 2**self._failed) * random.uniform(0.5, 1.0))  # noqa: S311  # jitter
            return True
        # Asked to come at once is asked to come soon: no server means that it wants to be asked without a pause.
        asked = max(1, asked)
        if asked > self._left:
            return False
        self._left -= asked
        self._sleep(asked)
        return True


class Hold:
    """A pause that holds for several threads: when one of them is told to wait, the others do not come meanwhile.

    Its `pause` is the `sleep` of a `Patience`.
    """

    def __init__(self, *, sleep: Sleep = time.sleep, clock: Callable[[], float] = time.monotonic) -> None:
        self._sleep, self._clock = sleep, clock
        self._lock = threading.Lock()
        self._until = 0.0

    def ask(self, seconds: float) -> None:
        """Nobody is to come before so many seconds have passed."""
        with self._lock:
            self._until = max(self._until, self._clock() + seconds)

    def left(self) -> float:
        """Seconds until one may come."""
        return max(0.0, self._until - self._clock())

    def keep(self) -> None:
        """Wait until one may come."""
        while (left := self.left()) > 0:
            self._sleep(left)

    def pause(self, seconds: float) -> None:
        """Hold everybody for so long, the caller too."""
        self.ask(seconds)
        self.keep()
