"""What the programs weigh: memory at rest, and time to start."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measure import Benchmark, Figure, Measured, at_most
from tests.benchmarks.servers import bare_granian, bare_waitress
from tests.benchmarks.watching import hub_parts, memory, seconds_until_answer, with_children
from tests.support.processes import Command, running_hub_process
from tests.support.stores import free_port

WAITRESS, GRANIAN = "bare Flask on waitress", "bare Flask on granian"
NODE = Figure("node at rest (serve)", "MiB", WAITRESS, (at_most(60),))
SERVE = Figure("node starts to serve", "s", WAITRESS, (at_most(1),))
STATUS = Figure("node says its status", "s", "Python that does nothing", (at_most(1),))
HUB = Figure("hub at rest: web and worker", "MiB", GRANIAN, (at_most(250),))
STORE = Figure("hub's store at rest", "MiB", GRANIAN, (at_most(100),))
SETTLING = 2.0
"""Seconds that a program is given to come to rest."""


def run(quick: bool) -> list[Measured]:
    """Start each program several times, and weigh it when it has come to rest."""
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        return [*_node(place / "node", rounds), *_hub(place / "var")]


def _node(folder: Path, rounds: int) -> list[Measured]:
    """The node among our own tools; as an institution installs it, it is weighed by `node_install`."""
    node = Command("nodes", {"COMMONS_NODE_DATA": str(folder)}, started=True)
    node.run("init")
    serve: dict[str, list[float]] = {"seconds": [], "memory": []}
    bare: dict[str, list[float]] = {"seconds": [], "memory": []}
    status, nothing = [], []
    for _ in range(rounds):
        port = free_port()
        since = time.monotonic()
        process = node.start("serve", "--port", str(port))
        serve["seconds"].append(seconds_until_answer(f"http://127.0.0.1:{port}/", since=since))
        time.sleep(SETTLING)
        serve["memory"].append(memory(with_children(process.pid)))
        process.terminate()
        process.communicate(timeout=20)
        with bare_waitress() as server:
            bare["seconds"].append(server.seconds)
            time.sleep(SETTLING)
            bare["memory"].append(memory(with_children(server.pid)))
        status.append(_seconds([sys.executable, "-m", "nodes", "status"], node.environ))
        nothing.append(_seconds([sys.executable, "-c", "pass"], {}))
    return [
        Measured(NODE, serve["memory"], bare["memory"]),
        Measured(SERVE, serve["seconds"], bare["seconds"]),
        Measured(STATUS, status, nothing),
    ]


def _hub(var: Path) -> list[Measured]:
    with running_hub_process(var) as hub, bare_granian(workers=1, threads=4) as bare:
        hub.get("/")
        time.sleep(SETTLING)
        held = {name: memory(group) for name, group in hub_parts(hub).items()}
        floor = memory(with_children(bare.pid))
    notes = {name: round(size, 1) for name, size in held.items()}
    return [
        Measured(HUB, [held["web"] + held["worker"]], [floor], notes),
        Measured(STORE, [held["store"]], [floor]),
    ]


def _seconds(command: Sequence[str], environ: dict[str, str]) -> float:
    before = time.perf_counter()
    subprocess.run(command, env={**os.environ, **environ}, check=True, capture_output=True, timeout=60)
    return time.perf_counter() - before


BENCHMARK = Benchmark("footprint", (NODE, SERVE, STATUS, HUB, STORE), run)
