"""Progress on a terminal: bars for whatever takes over a second; silence for scripts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nodes.texts import _

QUIET_FOR = 1.0


class Bars:
    """A reporter that draws bars on standard error when it is a terminal and the work is not over at once."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._visible = sys.stderr.isatty()
        self._began = time.monotonic()
        self._shown = False

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._progress.stop()

    def begin(self, name: str, total: int) -> Callable[[int], None]:
        """Start a task; the function that comes back is told of each step."""
        task = self._progress.add_task(_(name), total=total or None)

        def advance(steps: int) -> None:
            self._progress.advance(task, steps)
            if self._visible and not self._shown and time.monotonic() - self._began > QUIET_FOR:
                self._shown = True
                self._progress.start()

        return advance
