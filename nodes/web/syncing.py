"""Rounds that the page begins, and how far one is, whoever began it: this page, its schedule, or a command."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from nodes import background
from nodes.models import Round, Task, now
from nodes.settings import NodeSettings
from nodes.workplace import Workplace
from shared.errors import RoundInterrupted

SILENT = timedelta(seconds=30)
"""A round that was not heard of for so long has ended without saying so (it writes every second)."""


@dataclass(frozen=True)
class Progress:
    """What a page shows: whether a round runs and each of its tasks, and what the last one came to.

    `outcome` is empty until one has ended; `error` is a sentence for each language when it failed.
    """

    running: bool = False
    kind: str = "sync"
    tasks: tuple[Task, ...] = ()
    outcome: dict[str, Any] = field(default_factory=dict)
    good: bool = True
    error: dict[str, str] = field(default_factory=dict)
    started_at: datetime | None = None
    beat_at: datetime | None = None
    finished_at: datetime | None = None


class Syncer:
    """Begins rounds of one node in processes of their own, one at a time."""

    def __init__(self, workplace: Workplace, settings: NodeSettings) -> None:
        self._workplace, self._settings = workplace, settings
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._since = now()
        self._hindrance: dict[str, str] = {}

    def start(self, *, kind: str = "sync", begun_by: str = "page") -> bool:
        """Begin, unless a round is running already; whether it was begun."""
        with self._lock:
            if self._alive() or self._progress(row := self._latest(), ours_ended=self._begun(row)).running:
                return False
            self._hindrance, self._since = {}, now()
            self._child = background.begin(self._settings, kind=kind, begun_by=begun_by)
            return True

    @property
    def progress(self) -> Progress:
        """How far it is."""
        with self._lock:
            alive = self._alive()
            row = self._latest()
            begun = self._begun(row)
            if alive and not begun:
                return Progress(running=True, started_at=self._since)
            if self._child is not None and not begun:
                # Ours has ended without a line in the book: what stands there is of another time.
                return Progress(error=self._hindrance or _interrupted(), finished_at=self._since)
            return self._progress(row, ours_ended=begun and not alive)

    def stop(self) -> None:
        """End a round of ours that still runs; what it did is done, and the next one goes on."""
        with self._lock:
            if self._alive() and self._child is not None:
                self._child.terminate()
                background.said_by(self._child)

    def _alive(self) -> bool:
        """Whether our process runs; of one that has ended, learn what it said."""
        if self._child is None or self._child.poll() is None:
            return self._child is not None
        if self._child.stdout is not None and not self._child.stdout.closed:
            self._hindrance = background.said_by(self._child)
        return False

    def _begun(self, row: Round | None) -> bool:
        """Whether this is the row of our process, be it alive or not."""
        return self._child is not None and row is not None and row.started_at >= self._since

    def _latest(self) -> Round | None:
        with self._workplace.database.unit_of_work(read_only=True) as session:
            return session.scalars(select(Round).order_by(Round.id.desc()).limit(1)).first()

    def _progress(self, row: Round | None, *, ours_ended: bool = False) -> Progress:
        if row is None:
            return Progress()
        tasks = tuple(Task(**task) for task in row.tasks)
        told = Progress(kind=row.kind, tasks=tasks, started_at=row.started_at, beat_at=row.beat_at)
        if row.finished_at is None:
            # Of a clock that was set back since, too, the last sign of life is far away.
            if not ours_ended and abs(now() - row.beat_at) < SILENT:
                return replace(told, running=True)
            return replace(told, error=_interrupted(), finished_at=row.beat_at)
        return replace(told, outcome=row.outcome, good=bool(row.good), error=row.error, finished_at=row.finished_at)


def _interrupted() -> dict[str, str]:
    error = RoundInterrupted()
    return {"zh": error.message("zh"), "en": error.message("en")}
