"""Child processes that never outlive their parent, and a supervisor that keeps them running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

from shared.supervised import SUPERVISED

log = structlog.get_logger()
LONGEST_PAUSE = 30.0
STEADY = 10.0
"""Seconds that a child must have run for its next crash to count as the first."""
PATIENCE = 5.0
"""Seconds that children have for ending by themselves. What is cut off then is found again by the next sweep."""


@dataclass
class Child:
    """One command to keep running; `last` is stopped only when all others have ended, since they need it."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    last: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.5
    due: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own so that Ctrl-C reaches only the supervisor."""
        self.started = time.monotonic()
        self.process = self.launch()

    def launch(self) -> subprocess.Popen[bytes]:
        """A new process of this command."""
        environ = {**os.environ, **self.environ, SUPERVISED: str(os.getpid())}
        return subprocess.Popen(self.command, env=environ, start_new_session=True, stdin=subprocess.DEVNULL)

    def ask(self) -> None:
        """Ask it to end, without waiting."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for its end until `deadline` (monotonic), then kill it and all that it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("child killed", name=self.name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Keeps children running until it is asked to stop; a child that ends is started again, ever more slowly."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.stopping = threading.Event()

    def add(self, name: str, command: Sequence[str], environ: Mapping[str, str] | None = None) -> Child:
        """Start a child and keep it."""
        return self.keep(Child(name, command, environ or {}))

    def keep(self, child: Child) -> Child:
        """Keep a child; one that does not run yet is started."""
        if child.process is None:
            child.start()
        self.children.append(child)
        return child

    def catch_signals(self) -> None:
        """Let Ctrl-C and SIGTERM stop everything in order."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stopping.set()

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)

    def run(self) -> None:
        """Watch the children until asked to stop."""
        while not self.stopping.wait(0.3):
            self.revive()

    def revive(self) -> None:
        """Start again whatever has ended, when its pause is over."""
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            now = time.monotonic()
            if not child.due:
                child.pause = 0.5 if now - child.started > STEADY else min(child.pause * 2, LONGEST_PAUSE)
                child.due = now + child.pause
                log.warning("child ended", name=child.name, code=child.process.returncode, restart_in=child.pause)
            elif now >= child.due:
                self._start_again(child)

    def _start_again(self, child: Child) -> None:
        """Start a child; a machine that is short of memory or files today may not be so at the next attempt."""
        child.due = 0.0
        try:
            child.start()
        except OSError as error:
            log.warning("child not started", name=child.name, cause=str(error))

    def stop(self, *, patience: float = PATIENCE) -> None:
        """Stop all children at once, then those the others needed; who takes longer than `patience` is killed."""
        self.stopping.set()
        for group in (False, True):
            members = [child for child in self.children if child.last == group]
            for child in members:
                child.ask()
            deadline = time.monotonic() + patience
            for child in members:
                child.end(deadline)
