"""Everything of a resource as one ZIP, written while it is sent, against the same bytes from the store itself."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks import members
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least
from tests.support.processes import HubProcess, running_hub_process
from tests.support.records import make_record

MIB = 1024**2
RATE = Figure("archive, sent while it is made", "MiB/s", "the file itself from the store", (at_least(0.6, RATIO),))


def run(quick: bool) -> list[Measured]:
    """Take the archive and the file in turns."""
    size, rounds = (16, 1) if quick else (256, 5)
    rates, bare = [], []
    with tempfile.TemporaryDirectory() as name, running_hub_process(Path(name) / "var") as hub:
        page = _published(hub, Path(name), size * MIB)
        for _ in range(rounds):
            rates.append(_rate(f"{page}/pack.zip", size))
            bare.append(_rate(f"{page}/files/film.pdf", size))
    return [Measured(RATE, rates, bare)]


def _rate(address: str, size: int) -> float:
    """MiB a second from the request to the last byte, which must all be there."""
    began, taken = time.perf_counter(), 0
    with requests.get(address, stream=True, timeout=120) as answer:
        answer.raise_for_status()
        for piece in answer.iter_content(MIB):
            taken += len(piece)
    assert taken >= size * MIB, taken
    return size / (time.perf_counter() - began)


def _published(hub: HubProcess, place: Path, size: int) -> str:
    """Bring a resource with one large file to the public; the address of its page."""
    node = hub.node(place / "node", "bench")
    hub.reviewer("bench-reviewer")
    members.register(place / "node", [_with_file(place, size)])
    node.run("sync", "--wait", "120", timeout=200)
    hub.command.run("approve", "--institution", "bench", "--reviewer", "bench-reviewer", "--reason", "测速")
    node.run("sync")
    [resource] = node.json("status")["resources"]
    return f"{hub.origin}/resources/{resource['ark']}"


def _with_file(place: Path, size: int) -> tuple[dict[str, Any], Sequence[Path]]:
    path = place / "film.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.4\n")
        for _ in range(size // MIB):
            file.write(os.urandom(MIB))
    record = make_record(links=None)
    return {name: value for name, value in record.items() if name not in ("id", "version")}, [path]


BENCHMARK = Benchmark("archive", (RATE,), run)
