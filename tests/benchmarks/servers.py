"""Starting the bare applications of the floors as processes, on the same servers that ours run on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from federation.service import LEAN
from tests.benchmarks.watching import seconds_until_answer
from tests.support.stores import free_port


@dataclass(frozen=True)
class BareServer:
    """A running bare application, and how long it took to answer."""

    port: int
    pid: int
    seconds: float


@contextmanager
def bare_granian(*, workers: int, threads: int) -> Iterator[BareServer]:
    """The bare application on granian."""
    port = free_port()
    command = ["-m", "granian", "tests.benchmarks.bare:app", "--interface", "wsgi", "--log-level", "warning"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--respawn-failed-workers"]
    command += ["--workers", str(workers), "--blocking-threads", str(threads)]
    with _running(command, port) as server:
        yield server


@contextmanager
def bare_waitress() -> Iterator[BareServer]:
    """The bare application on waitress."""
    port = free_port()
    with _running(["-m", "tests.benchmarks.bare", str(port)], port) as server:
        yield server


@contextmanager
def _running(command: list[str], port: int) -> Iterator[BareServer]:
    since = time.monotonic()
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, **LEAN})
    try:
        yield BareServer(port, process.pid, seconds_until_answer(f"http://127.0.0.1:{port}/", since=since))
    finally:
        process.terminate()
        process.wait(20)
