"""Progress on a terminal: bars for whatever takes over a second; silence for scripts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

QUIET_FOR = 1.0


class Bars:
    """A reporter that draws bars on standard error when it is a terminal and the work is not over at once."""

    def __init__(self, translate: Callable[[str], str] = str) -> None:
        self._visible = sys.stderr.isatty()
        self._began = time.monotonic()
        self._translate = translate
        self._progress: Any = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, name: str, total: int) -> Callable[[int], None]:
        """Start a task; the function that comes back is told of each step."""
        done, task = 0, None

        def advance(steps: int) -> None:
            nonlocal done, task
            done += steps
            if not self._visible or time.monotonic() - self._began < QUIET_FOR:
                return
            if task is None:
                task = self._bars().add_task(self._translate(name), total=total or None)
            self._progress.update(task, completed=done)

        return advance

    def _bars(self) -> Any:
        if self._progress is None:
            # Loaded only when there is something to draw: it costs a tenth of a second.
            from rich.console import Console  # noqa: PLC0415  # see above
            from rich.progress import Progress  # noqa: PLC0415  # see above

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
        return self._progress
