"""A synchronisation in the background, and how far it is: one at a time for each node's page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from nodes import faults, routine
from nodes.models import now
from nodes.sync import Synced
from nodes.workplace import Workplace
from shared.errors import CommonsError

WAIT_SECONDS = 20.0
"""How long a synchronisation looks whether the hub has read the files."""


@dataclass(frozen=True)
class Task:
    """A part of the work by name: how many steps of how many are done."""

    name: str
    total: int
    done: int = 0

    @property
    def percent(self) -> int:
        """Whole per cent, at most 100."""
        return min(100, self.done * 100 // self.total) if self.total else 100


@dataclass(frozen=True)
class Progress:
    """What a page shows: whether it runs, each task, and in the end the result or the error."""

    running: bool = False
    tasks: tuple[Task, ...] = ()
    result: Synced | None = None
    error: CommonsError | None = None
    finished_at: datetime | None = None


@dataclass
class Syncer:
    """Runs synchronisations of one node in a thread of its own; what is done is in the database as it goes.

    A process that ends in the middle loses nothing: the next synchronisation goes on.
    """

    workplace: Workplace
    _progress: Progress = field(default_factory=Progress)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        with self._lock:
            return self._progress

    def start(self) -> bool:
        """Begin, unless one is running already; whether it was begun."""
        with self._lock:
            if self._progress.running:
                return False
            self._progress = Progress(running=True)
        threading.Thread(target=self._run, name="page-sync", daemon=True).start()
        return True

    def begin(self, name: str, total: int) -> Callable[[int], None]:
        """Start showing a task (for `synchronise`)."""
        with self._lock:
            number = len(self._progress.tasks)
            self._progress = replace(self._progress, tasks=(*self._progress.tasks, Task(name, total)))

        def advance(steps: int) -> None:
            with self._lock:
                tasks = list(self._progress.tasks)
                tasks[number] = replace(tasks[number], done=tasks[number].done + steps)
                self._progress = replace(self._progress, tasks=tuple(tasks))

        return advance

    def _run(self) -> None:
        result, failure = None, None
        try:
            result = routine.go_round(self.workplace, wait=WAIT_SECONDS, reporter=self).synced
        except Exception as error:  # a page must say that it failed, whatever the cause
            failure = faults.named(error, self.workplace.folder)
        with self._lock:
            self._progress = replace(self._progress, running=False, result=result, error=failure, finished_at=now())
