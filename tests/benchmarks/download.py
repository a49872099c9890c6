"""The redirect to a file's bytes, counted and signed, against a bare redirect on the same server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.benchmarks import members
from tests.benchmarks.load import from_another_process
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least, at_most
from tests.benchmarks.servers import bare_granian
from tests.support.processes import HubProcess, running_hub_process
from tests.support.records import make_record

FLOOR = "bare Flask redirect on granian, same workers and threads"
RATE = Figure("download redirects", "requests/s", FLOOR, (at_least(0.4, RATIO),))
P95 = Figure("download redirect, p95", "ms", FLOOR, (at_most(2.5, RATIO),))
CONNECTIONS = 4
WORKERS, THREADS = 1, 4


def run(quick: bool) -> list[Measured]:
    """Load the hub and the bare application in turns, from a process of its own."""
    resources, seconds, rounds = (5, 1.0, 1) if quick else (50, 5.0, 5)
    rates, p95s, bare_rates, bare_p95s = [], [], [], []
    settings = {"COMMONS_WEB_PROCESSES": str(WORKERS), "COMMONS_WEB_THREADS": str(THREADS)}
    with tempfile.TemporaryDirectory() as name, running_hub_process(Path(name) / "var", **settings) as hub:
        place = Path(name)
        paths = _published(hub, place, resources)
        with bare_granian(workers=WORKERS, threads=THREADS) as bare:
            for round_ in range(rounds + 1):
                length = seconds if round_ else seconds / 5
                for port, rate, p95 in ((hub.port, rates, p95s), (bare.port, bare_rates, bare_p95s)):
                    found = from_another_process(port, paths, place, connections=CONNECTIONS, seconds=length)
                    assert set(found.statuses) == {"302"}, found.statuses
                    if round_:  # The first is for warming up.
                        rate.append(found.rate)
                        p95.append(found.p95)
    return [Measured(RATE, rates, bare_rates), Measured(P95, p95s, bare_p95s)]


def _published(hub: HubProcess, place: Path, count: int) -> list[str]:
    """Bring resources with a file each to the public, the whole way; the paths of their files."""
    node = hub.node(place / "node", "bench")
    hub.reviewer("bench-reviewer")
    members.register(place / "node", _with_files(place, count))
    node.run("sync", "--wait", "120", timeout=200)
    hub.command.run("approve", "--institution", "bench", "--reviewer", "bench-reviewer", "--reason", "测速")
    node.run("sync")
    found = node.json("status")["resources"]
    assert len(found) == count
    assert all(one["ark"] for one in found), found[:3]
    return [f"/resources/{one['ark']}/files/{quote('游标卡尺的读法.pdf')}" for one in found]


def _with_files(place: Path, count: int) -> Iterator[tuple[dict[str, Any], Sequence[Path]]]:
    for number in range(count):
        folder = place / f"file-{number}"
        folder.mkdir()
        path = folder / "游标卡尺的读法.pdf"
        path.write_bytes(b"%PDF-1.4\n" + str(number).encode())
        record = make_record(links=None)
        yield {name: value for name, value in record.items() if name not in ("id", "version")}, [path]


BENCHMARK = Benchmark("download", (RATE, P95), run)
