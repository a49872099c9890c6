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


@dataclass
class Child:
    """One command to keep running."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.5
    due: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own so that Ctrl-C reaches only the supervisor."""
        environ = {**os.environ, **self.environ, SUPERVISED: "1"}
        self.process = subprocess.Popen(self.command, env=environ, start_new_session=True, stdin=subprocess.DEVNULL)
        self.started = time.monotonic()

    def stop(self, *, patience: float = 10.0) -> None:
        """Ask it to end; after `patience` seconds kill it and all that it started."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Keeps children running until it is asked to stop; a child that ends is started again, ever more slowly."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.stopping = threading.Event()

    def add(self, name: str, command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        """Start a child and keep it."""
        child = Child(name, command, environ or {})
        child.start()
        self.children.append(child)

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
                child.due = 0.0
                child.start()

    def stop(self) -> None:
        """Stop all children, the last started first."""
        self.stopping.set()
        for child in reversed(self.children):
            child.stop()
