"""What the programs weigh: memory at rest, time to start, and the node's installation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measure import Benchmark, Figure, Measured, at_most
from tests.benchmarks.servers import bare_granian, bare_waitress
from tests.benchmarks.watching import MIB, hub_parts, memory, seconds_until_answer, with_children
from tests.support.processes import Command, running_hub_process
from tests.support.stores import free_port

ROOT = Path(__file__).parents[2]
WAITRESS, GRANIAN = "bare Flask on waitress", "bare Flask on granian"
NODE = Figure("node at rest (serve)", "MiB", WAITRESS, (at_most(60),))
SERVE = Figure("node starts to serve", "s", WAITRESS, (at_most(1),))
STATUS = Figure("node says its status", "s", "Python that does nothing", (at_most(1),))
HUB = Figure("hub at rest: web and worker", "MiB", GRANIAN, (at_most(250),))
STORE = Figure("hub's store at rest", "MiB", GRANIAN, (at_most(100),))
INSTALL = Figure("node's installation", "MiB", "Flask and waitress with what they need", (at_most(150),))
BARE = ("flask", "werkzeug", "jinja2", "markupsafe", "click", "itsdangerous", "blinker", "waitress")
SETTLING = 2.0
"""Seconds that a program is given to come to rest."""


def run(quick: bool) -> list[Measured]:
    """Start each program several times, and weigh it when it has come to rest."""
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        # The installation needs a registry; a quick run does without, and weighs the node among our own tools.
        installed = [] if quick else [_installed(place)]
        python = sys.executable if quick else str(place / "environment" / "bin" / "python")
        return [*_node(place / "node", rounds, python), *_hub(place / "var"), *installed]


def _node(folder: Path, rounds: int, python: str) -> list[Measured]:
    """The node as an institution has it: run by the interpreter of its own environment."""
    node = Command("nodes", {"COMMONS_NODE_DATA": str(folder)}, python=python)
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
        status.append(_seconds([python, "-m", "nodes", "status"], node.environ))
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


def _installed(place: Path) -> Measured:
    """The locked base install in a new environment, without pip, which one may remove."""
    target, source = place / "environment", place / "source"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(target)], check=True)
    # A copy, since building leaves its traces beside the sources.
    for name in ("pyproject.toml", "README.md", "shared", "nodes", "federation"):
        (shutil.copytree if (ROOT / name).is_dir() else _copy)(ROOT / name, source / name)
    library = next(target.glob("lib/python*/site-packages"))
    before = time.perf_counter()
    for words in (
        ("--require-hashes", "-r", str(ROOT / "config" / "requirements-node.lock")),
        ("--no-deps", "--no-build-isolation", str(source)),
    ):
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(library)]
        subprocess.run([*pip, *words], check=True, capture_output=True)
    notes = {"seconds": round(time.perf_counter() - before, 1)}
    return Measured(INSTALL, [_size(target)], [sum(_size(library / name) for name in BARE)], notes)


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(source, target))


def _size(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / MIB


def _seconds(command: Sequence[str], environ: dict[str, str]) -> float:
    before = time.perf_counter()
    subprocess.run(command, env={**os.environ, **environ}, check=True, capture_output=True, timeout=60)
    return time.perf_counter() - before


BENCHMARK = Benchmark("footprint", (NODE, SERVE, STATUS, HUB, STORE, INSTALL), run)
