"""Servers that a test run starts: they end with it, even when it is killed."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import randbelow
from typing import Self

READY_WITHIN = 60.0
PORTS = range(10_000, 32_000)


class Daemons:
    """Processes that run in the foreground until the block ends; what they say goes to one file."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.send_signal(signal.SIGINT)
        for process in reversed(self._running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, command: Sequence[str | Path]) -> None:
        """Start a server; the kernel ends it when this process ends.

        By SIGINT: at SIGTERM PostgreSQL would first wait for its clients to leave.
        """
        with self.log.open("ab") as log:
            guarded = ["setpriv", "--pdeathsig", "INT", "--", *command]
            # A session of its own: Ctrl-C reaches the test run alone, which ends its servers last.
            self._running.append(
                subprocess.Popen(guarded, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            )

    def wait(self, ready: Callable[[], bool], name: str) -> None:
        """Wait until `ready` says so. Raises `AssertionError` with the end of the log."""
        deadline = time.monotonic() + READY_WITHIN
        while not ready():
            ended = any(process.poll() is not None for process in self._running)
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{name} did not start:\n{self.log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.05)


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that are free now.

    They lie below those that the system gives to whoever asks for any: between this look and the server's start, no
    client's connection takes one of them.
    """
    while True:
        first = PORTS.start + randbelow(len(PORTS) - count)
        if all(_is_free(first + number) for number in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
