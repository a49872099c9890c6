"""Proving that a node and the hub hold the same: in agreement and with some differences, in seconds and in bytes."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests
from sqlalchemy import update

from nodes import routine
from nodes.models import Version
from nodes.settings import NodeSettings
from nodes.workplace import Workplace, open_workplace
from shared.reconciliation import bucket_digests
from tests.benchmarks import members
from tests.benchmarks.measure import Benchmark, Figure, Measured, at_most
from tests.benchmarks.texts import Words
from tests.support.processes import Command, running_hub_process

FLOOR = "both sides' digests from their databases, nothing else"
BYTES_FLOOR = "the 256 digests, once"
EQUAL = Figure("reconcile in agreement (the command)", "s", FLOOR, (at_most(2),))
DIFFERING = Figure("reconcile with 100 differences", "s", FLOOR, (at_most(10),))
BYTES = Figure("reconcile in agreement, exchanged", "KiB", BYTES_FLOOR, (at_most(100),))
BYTES_DIFFERING = Figure("reconcile with 100 differences, exchanged", "KiB", BYTES_FLOOR, (at_most(20_000),))
KIB = 1024
AT_A_TIME = 2000
HUB_ROWS = "SELECT v.resource_id, v.version, v.sha256, v.state FROM resource_versions v"
NODE_ROWS = "SELECT resource_id, number, sha256, state FROM versions"


def run(quick: bool) -> list[Measured]:
    """Publish many records by the protocol itself, then compare again and again."""
    count, rounds = (1000, 1) if quick else (100_000, 5)
    with tempfile.TemporaryDirectory() as name, running_hub_process(Path(name) / "var") as hub:
        folder = Path(name) / "node"
        node = hub.node(folder, "bench")
        _register(folder, count)
        node.run("sync", timeout=900)
        databases = [(Path(name) / "var" / "hub.sqlite", HUB_ROWS), (folder / "node.sqlite", NODE_ROWS)]
        return _measure(node, folder, databases, rounds, {"records": count})


def _measure(
    node: Command, folder: Path, databases: list[tuple[Path, str]], rounds: int, notes: dict[str, int]
) -> list[Measured]:
    seconds: dict[Figure, list[float]] = {EQUAL: [], DIFFERING: []}
    exchanged: dict[Figure, list[float]] = {BYTES: [], BYTES_DIFFERING: []}
    floors = []
    for _ in range(rounds):
        floors.append(_bare(databases))
        seconds[EQUAL].append(_seconds(node))
        _differ(folder, 100)
        seconds[DIFFERING].append(_seconds(node))
        exchanged[BYTES].append(_bytes(folder))
        _differ(folder, 100)
        exchanged[BYTES_DIFFERING].append(_bytes(folder))
    digests = len(str(bucket_digests([]))) / KIB
    return [
        *(Measured(figure, found, floors, notes) for figure, found in seconds.items()),
        *(Measured(figure, found, [digests], notes) for figure, found in exchanged.items()),
    ]


def _register(folder: Path, count: int) -> None:
    words = Words()
    for start in range(0, count, AT_A_TIME):
        drafts = (words.record() for _ in range(min(AT_A_TIME, count - start)))
        named = ("id", "version")
        members.register(folder, (({k: v for k, v in one.items() if k not in named}, ()) for one in drafts))


def _seconds(node: Command) -> float:
    before = time.perf_counter()
    assert node.json("reconcile")["equal"]
    return time.perf_counter() - before


def _differ(folder: Path, count: int) -> None:
    """Forget the states of some versions, as a node does that was restored from yesterday's backup."""
    with _opened(folder) as workplace, workplace.database.unit_of_work() as session:
        ids = [row[0] for row in session.query(Version.resource_id)]
        some = random.Random(1).sample(ids, min(count, len(ids)))
        session.execute(update(Version).where(Version.resource_id.in_(some)).values(state="received"))


def _bytes(folder: Path) -> float:
    """KiB of bodies and headers that one comparison sends and receives."""
    total = 0
    real = requests.Session.send

    def counting(self: requests.Session, request: requests.PreparedRequest, **options: object) -> requests.Response:
        nonlocal total
        answer = real(self, request, **options)  # type: ignore[arg-type]
        total += len(request.body or b"") + len(answer.content)
        total += sum(len(name) + len(value) + 4 for one in (request, answer) for name, value in one.headers.items())
        return answer

    requests.Session.send = counting  # type: ignore[method-assign]
    try:
        with _opened(folder) as workplace:
            assert routine.reconcile(workplace).equal
    finally:
        requests.Session.send = real  # type: ignore[method-assign]
    return total / KIB


def _bare(databases: list[tuple[Path, str]]) -> float:
    before = time.perf_counter()
    found = []
    for path, query in databases:
        with closing(sqlite3.connect(path)) as connection:
            found.append(bucket_digests(connection.execute(query)))
    assert found[0] == found[1]
    return time.perf_counter() - before


@contextmanager
def _opened(folder: Path) -> Iterator[Workplace]:
    workplace = open_workplace(NodeSettings(data=str(folder)))
    try:
        yield workplace
    finally:
        workplace.database.close()


BENCHMARK = Benchmark("reconcile", (EQUAL, DIFFERING, BYTES, BYTES_DIFFERING), run)
