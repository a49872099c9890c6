"""Reading stored objects again: the hub through its store, against `sha256sum` of the same bytes on disk."""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import tempfile
import time
from pathlib import Path

from federation.fixity import Claim, Pace, examine
from federation.models.base import now
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least
from tests.support.stores import RunningStore, running_store

MIB = 1024**2
FIGURE = Figure("fixity check", "MiB/s", "sha256sum of the same files", (at_least(0.6, RATIO),))


def run(quick: bool) -> list[Measured]:
    """Check the same objects both ways, in turns."""
    count, size, rounds = (2, MIB, 1) if quick else (8, 32 * MIB, 5)
    values, floors = [], []
    with tempfile.TemporaryDirectory() as name, running_store(Path(name)) as store:
        claims = [_keep(store, size) for _ in range(count)]
        files = [str(path) for path in Path(name).rglob("sha256/*/*/*")]
        for _ in range(rounds):
            values.append(count * size / MIB / _checked(store, claims))
            floors.append(count * size / MIB / _summed(files))
    return [Measured(FIGURE, values, floors)]


def _keep(store: RunningStore, size: int) -> Claim:
    data = secrets.token_bytes(size)
    sha256 = hashlib.sha256(data).hexdigest()
    store.client().put_bytes(sha256=sha256, data=data)
    return Claim(sha256, size, now())


def _checked(store: RunningStore, claims: list[Claim]) -> float:
    client, before = store.client(), time.perf_counter()
    for claimed in claims:
        found = examine(client, claimed, pace=Pace(0), beat=lambda: None)
        if found:
            raise AssertionError(found)
    return time.perf_counter() - before


def _summed(files: list[str]) -> float:
    before = time.perf_counter()
    subprocess.run(["sha256sum", *files], check=True, capture_output=True)
    return time.perf_counter() - before


BENCHMARK = Benchmark("fixity", (FIGURE,), run)
