"""What an institution gets when it installs a node: megabytes, compiled parts, and how it runs from there."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.benchmarks import installing
from tests.benchmarks.measure import Benchmark, Figure, Measured, at_most
from tests.benchmarks.servers import bare_waitress
from tests.benchmarks.watching import memory, seconds_until_answer, with_children
from tests.support.processes import Command
from tests.support.stores import free_port

BARE = ("flask", "werkzeug", "jinja2", "markupsafe", "click", "itsdangerous", "blinker", "waitress")
FLASK, WAITRESS = "Flask and waitress with what they need", "bare Flask on waitress"
DOWNLOAD = Figure("node's wheels, as downloaded", "MB", FLASK, (at_most(40),))
PLAIN = Figure("node's installation, without bytecode", "MB", FLASK, (at_most(60),))
WHOLE = Figure("node's installation, with bytecode", "MB", FLASK, (at_most(100),))
START = Figure("installed node starts to serve", "s", WAITRESS, (at_most(1),))
REST = Figure("installed node at rest", "MiB", WAITRESS, (at_most(60),))
IDLE = Figure("installed node at rest: processor in 20 s", "s", WAITRESS, (at_most(0.1),))
SETTLING, RESTING = 2.0, 20.0
"""Seconds that a program is given to come to rest, and for which it is watched then."""


def run(quick: bool) -> list[Measured]:
    """Install it and run it; a quick run does without a registry, and runs it by our own interpreter."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        if quick:
            return _running(place / "node", sys.executable, rounds=1, resting=1.0)
        folder = installing.wheels(place)
        python = installing.environment(place, folder)
        measured = _sizes(folder, installing.library(place / "environment"), python)
        return [*measured, *_running(place / "node", str(python), rounds=5, resting=RESTING)]


def _sizes(folder: Path, library: Path, python: Path) -> list[Measured]:
    """The installation as it was unpacked, and once Python has compiled all of it."""
    parts = {path.name: round(installing.size(path), 1) for path in library.iterdir() if path.is_dir()}
    largest = dict(sorted(parts.items(), key=lambda part: -part[1])[:6])
    plain, floor = installing.size(library), _floor(library)
    subprocess.run([str(python), "-m", "compileall", "-q", str(library)], check=False, capture_output=True)
    downloaded = sum(path.stat().st_size for path in folder.glob("*.whl")) / installing.MB
    bare = [path for path in folder.glob("*.whl") if path.name.split("-")[0].lower() in BARE]
    compiled = installing.compiled(folder)
    return [
        Measured(DOWNLOAD, [downloaded], [sum(path.stat().st_size for path in bare) / installing.MB], compiled),
        Measured(PLAIN, [plain], [floor], largest),
        Measured(WHOLE, [installing.size(library)], [_floor(library)], {"compiled wheels": len(compiled)}),
    ]


def _floor(library: Path) -> float:
    return sum(installing.size(library / name) for name in BARE)


def _running(folder: Path, python: str, *, rounds: int, resting: float) -> list[Measured]:
    node = Command("nodes", {"COMMONS_NODE_DATA": str(folder)}, python=python, folder=folder.parent)
    seconds, held, bare_seconds, bare_held = [], [], [], []
    for _ in range(rounds):
        port = free_port()
        since = time.monotonic()
        process = node.start("serve", "--port", str(port))
        seconds.append(seconds_until_answer(f"http://127.0.0.1:{port}/", since=since))
        time.sleep(SETTLING)
        held.append(memory(with_children(process.pid)))
        busy = _processor(process.pid, resting)
        process.terminate()
        process.communicate(timeout=20)
        with bare_waitress() as server:
            bare_seconds.append(server.seconds)
            time.sleep(SETTLING)
            bare_held.append(memory(with_children(server.pid)))
            bare_busy = _processor(server.pid, 1.0)
    return [
        Measured(START, seconds, bare_seconds),
        Measured(REST, held, bare_held),
        # The kernel counts in hundredths of a second: a floor of nothing is one of them.
        Measured(IDLE, [busy], [max(bare_busy, 0.01)]),
    ]


def _processor(pid: int, seconds: float) -> float:
    """How many seconds of the processor a process has used in so many."""
    process = psutil.Process(pid)
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return max(0.0, after.user + after.system - before.user - before.system)


BENCHMARK = Benchmark("node-install", (DOWNLOAD, PLAIN, WHOLE, START, REST, IDLE), run)
