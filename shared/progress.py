"""Progress on a terminal: bars for whatever takes over a second; silence for scripts."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import click

QUIET_FOR = 1.0


class Bars:
    """A reporter that draws bars on standard error when it is a terminal and the work is not over at once.

    The bar of the task that went on last is drawn; when another one goes on, its bar takes the next line.
    """

    def __init__(self, translate: Callable[[str], str] = str) -> None:
        self._visible = sys.stderr.isatty()
        self._began = time.monotonic()
        self._translate = translate
        self._drawn: object = None
        self._line = ExitStack()
        self._lock = threading.Lock()

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()

    def begin(self, name: str, total: int) -> Callable[[int], None]:
        """Start a task; the function that comes back is told of each step, by any thread.

        A `total` of 0 means that nobody knows how many steps there are.
        """
        task = object()
        done = drawn = 0
        bar: Any = None

        def advance(steps: int) -> None:
            nonlocal done, drawn, bar
            with self._lock:
                done += steps
                if not self._visible or time.monotonic() - self._began < QUIET_FOR:
                    return
                if self._drawn is not task:
                    self._line.close()
                    bar, drawn, self._drawn = self._line.enter_context(self._bar(name, total)), 0, task
                bar.update(done - drawn)
                drawn = done

        return advance

    def _bar(self, name: str, total: int) -> Any:
        label = self._translate(name)
        if total:
            return click.progressbar(length=total, label=label, file=sys.stderr)
        return click.progressbar(itertools.count(), label=label, show_pos=True, show_percent=False, file=sys.stderr)
