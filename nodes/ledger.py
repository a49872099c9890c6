"""How far each file is and how fast the line: measured as it goes, written once a second for people to see.

Whoever reads it is never told more than is known: what arrived is what the hub said or the store confirmed, and a
speed counts only while its `beat_at` is fresh, so that a machine that slept or a process that died leaves none.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import bindparam, update
from sqlalchemy.exc import OperationalError

from nodes.models import Line, LocalFile, now
from nodes.workplace import Workplace

BEAT_SECONDS = 1.0
WINDOW_SECONDS = 10.0
"""The last seconds, over which speed is measured."""

Progress = Callable[[int], None]
Clock = Callable[[], float]


class Speedometer:
    """Bytes a second over the last seconds; the clock must not jump when the machine's is set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._total = 0
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])

    def count(self, amount: int) -> None:
        """So many bytes have gone out just now."""
        self._total += amount

    def rate(self) -> int:
        """The speed; 0 while nothing has moved in the last seconds."""
        moment = self._clock()
        if not self._total or moment - self._seen[-1][0] > WINDOW_SECONDS:
            # It had to wait for its turn, or nobody was awake: what lies between says nothing of the line.
            self._seen.clear()
        self._seen.append((moment, self._total))
        # One sight at the edge of the window stays, or there would be nothing to compare with.
        while len(self._seen) > 2 and self._seen[1][0] <= moment - WINDOW_SECONDS:
            self._seen.popleft()
        begun, before = self._seen[0]
        return round((self._total - before) / (moment - begun)) if moment > begun else 0


@dataclass
class _Entry:
    arrived: int
    speed: Speedometer
    passing: int = 0
    shown: int = 0
    """How many bytes of it the progress of the round counts."""
    active: bool = False
    dirty: bool = True
    """Whether there is something to write of it."""


class Ledger:
    """The account of one run; a context within which it is kept up to date."""

    def __init__(
        self, workplace: Workplace, progress: Progress | None = None, *, clock: Clock = time.monotonic
    ) -> None:
        self._workplace, self._progress, self._clock = workplace, progress, clock
        self._entries: dict[str, _Entry] = {}
        self._total = Speedometer(clock)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name="ledger", daemon=True)

    def __enter__(self) -> Self:
        self._clear()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        with suppress(OperationalError):  # the disk is full, say: that is told by what it hindered
            self._write()
            self._clear()

    def known(self, sha256: str, arrived: int) -> None:
        """The hub says that it has so many bytes of a file, or all of it."""
        with self._lock:
            entry = self._entries.setdefault(sha256, _Entry(arrived, Speedometer(self._clock)))
            entry.arrived = arrived
            self._show(entry, arrived - entry.shown)
            entry.dirty = True

    def begin(self, sha256: str) -> None:
        """A file that is `known` is being sent from now on."""
        with self._lock:
            self._entries[sha256].active = self._entries[sha256].dirty = True

    def passed(self, sha256: str, amount: int) -> None:
        """So many bytes were handed to the network; negative for those that were so in vain."""
        with self._lock:
            entry = self._entries[sha256]
            entry.passing += amount
            if amount > 0:
                # What goes out in vain uses the line, too.
                entry.speed.count(amount)
                self._total.count(amount)
            self._show(entry, amount)

    def confirmed(self, sha256: str, size: int) -> None:
        """The store has a part of so many bytes."""
        with self._lock:
            entry = self._entries[sha256]
            entry.arrived, entry.passing = entry.arrived + size, 0

    def rest(self, sha256: str) -> None:
        """The file is not being sent any more, for now."""
        with self._lock:
            self._entries[sha256].active = False

    def settled(self, sha256: str, size: int) -> None:
        """All of it is with the hub, or the hub does not want it: there is nothing more to tell."""
        with self._lock:
            entry = self._entries.pop(sha256, None)
            self._count(size - (entry.shown if entry is not None else 0))

    def _show(self, entry: _Entry, amount: int) -> None:
        entry.shown += amount
        self._count(amount)

    def _count(self, amount: int) -> None:
        if self._progress is not None and amount:
            self._progress(amount)

    def _keep_beating(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            with suppress(OperationalError):
                self._write()

    def _write(self) -> None:
        moment = now()
        with self._lock:
            rows = [
                {
                    "b_sha256": sha256,
                    "arrived": entry.arrived,
                    "passing": entry.passing,
                    "rate": entry.speed.rate(),
                    "beat_at": moment if entry.active else None,
                }
                for sha256, entry in self._entries.items()
                if entry.dirty
            ]
            for entry in self._entries.values():
                entry.dirty = entry.active
            rate = self._total.rate()
        with self._workplace.database.unit_of_work() as session:
            session.execute(update(Line).values(rate=rate, beat_at=moment))
            if rows:
                still = update(LocalFile).where(LocalFile.sha256 == bindparam("b_sha256"), ~LocalFile.sent)
                session.connection().execute(still, rows)

    def _clear(self) -> None:
        """Nothing is being sent: also what a process that was killed has left behind goes."""
        with self._workplace.database.unit_of_work() as session:
            session.execute(
                update(LocalFile).where(LocalFile.beat_at.is_not(None)).values(beat_at=None),
                execution_options={"synchronize_session": False},
            )
            session.execute(update(Line).values(beat_at=None))
