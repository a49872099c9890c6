"""Files in hand: several threads share them, each takes the one whose turn it is and gives it back after a part.

Between parts the orders of people are looked at, so that a pause, another turn or a limit takes effect while a round
runs. A batch ends early, with what is left of it for the next one, when a file outside of it has become more urgent,
or when threads would idle although there is something for them to do.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from nodes.line import Turn
from nodes.models import LocalFile
from nodes.turns import Orders

LOOK_SECONDS = 0.2
"""For how long orders count as known."""
IDLE_SECONDS = 5.0
"""How old a batch is before it ends because threads idle: offering files costs the hub something, too."""


@dataclass
class Job:
    """A file with the parts that the hub still awaits of it."""

    file: LocalFile
    upload_id: str
    parts: deque[dict[str, Any]]
    more: bool
    through: int = 0
    """Bytes of it that got through in this batch."""
    broken: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of it is there now."""
        return not self.parts and not self.more and not self.broken


@dataclass
class Batch:
    """What several threads work on; `look` tells what is ordered, `over` whether to stop altogether."""

    jobs: Collection[Job]
    look: Callable[[], Orders]
    over: Callable[[], bool]
    interrupted: bool = False
    """Whether it ended with work left because of what people ordered, or for other work."""
    _taken: int = 0
    _ended: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free = list(self.jobs)
        self._begun = time.monotonic()
        self._changed = threading.Condition()
        self._closed = False
        self._orders: tuple[float, Orders] | None = None

    def take(self) -> Job | None:
        """The job whose turn it is; waits while that may yet change, None when this batch has nothing more."""
        with self._changed:
            while not self._closed and not self.over():
                orders = self._known_orders()
                free = [] if orders.stopped else [job for job in self._free if job.file.sha256 in orders.turns]
                job = min(free, key=_turn(orders), default=None)
                if job is not None and not _more_urgent(orders, orders.turns[job.file.sha256]):
                    self._free.remove(job)
                    self._taken += 1
                    return job
                if orders.stopped or job is not None or not self._taken or self._could_do_more(orders):
                    self.interrupted = bool(self._free or self._taken)
                    break
                self._changed.wait(LOOK_SECONDS)
            self._closed = True
            self._changed.notify_all()
            return None

    def give_back(self, job: Job) -> None:
        """After a part, or when it broke."""
        with self._changed:
            self._taken -= 1
            (self._ended if job.broken or not job.parts else self._free).append(job)
            self._changed.notify_all()

    def close(self) -> None:
        """No thread begins another part."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def ended(self) -> list[Job]:
        """The jobs that have ended since this was last asked."""
        with self._changed:
            found, self._ended = self._ended, []
            return found

    def _known_orders(self) -> Orders:
        moment = time.monotonic()
        if self._orders is None or moment - self._orders[0] >= LOOK_SECONDS:
            self._orders = moment, self.look()
        return self._orders[1]

    def _could_do_more(self, orders: Orders) -> bool:
        old = time.monotonic() - self._begun >= IDLE_SECONDS
        return old and (orders.other is not None or any(job.broken for job in self.jobs))


def _turn(orders: Orders) -> Callable[[Job], Turn]:
    return lambda job: orders.turns[job.file.sha256]


def _more_urgent(orders: Orders, turn: Turn) -> bool:
    return orders.other is not None and orders.other.priority < turn.priority
