"""The pages that the public reads, each kind by itself and all of them in turns, against the bare hello of Flask."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from tests.benchmarks.catalogue import fill
from tests.benchmarks.load import Connection, from_another_process, prepared
from tests.benchmarks.measure import VALUE, Benchmark, Figure, Measured, at_least, at_most, percentile
from tests.benchmarks.servers import bare_granian
from tests.benchmarks.texts import Words
from tests.support.processes import HubProcess, eventually, running_hub_process

FLOOR = "bare Flask page of one word on granian, same workers and threads"
KINDS = ("home", "search", "search for words", "resource", "institution", "institutions", "about", "audit log")
P95 = {kind: Figure(f"page: {kind}, p95", "ms", FLOOR, (at_most(60, VALUE),)) for kind in KINDS}
ALL = Figure("pages of all kinds in turns, 4 readers", "pages/s", FLOOR, (at_least(50),))
WORKERS, THREADS, READERS = 1, 4, 4


def run(quick: bool) -> list[Measured]:
    """Fill a hub, wait for its index, then read in both languages."""
    count, asked, seconds, rounds = (500, 10, 0.5, 1) if quick else (10_000, 100, 4.0, 3)
    words = Words()
    settings = {"COMMONS_WEB_PROCESSES": str(WORKERS), "COMMONS_WEB_THREADS": str(THREADS)}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        fill(place / "var", words, count)
        with running_hub_process(place / "var", **settings) as hub:
            eventually(lambda: hub.get("/api/v1/search").json()["total"] == count, seconds=300)
            paths = _paths(hub, words, asked)
            with bare_granian(workers=WORKERS, threads=THREADS) as bare:
                found = _alone(hub.port, bare.port, paths, rounds, {"records": count})
                return [*found, _together(hub.port, bare.port, paths, place, seconds, rounds)]


def _paths(hub: HubProcess, words: Words, asked: int) -> Mapping[str, Sequence[str]]:
    """Addresses of each kind, half of them in English."""
    arks = [one["ark"] for one in hub.get("/api/v1/search?sort=newest").json()["results"]]
    chinese: dict[str, list[str]] = {
        "home": ["/"],
        "search": ["/search", "/search?type=article", "/search?page=3"],
        "search for words": [f"/search?q={quote(text)}" for text, _ in words.questions(asked)],
        "resource": [f"/resources/{ark}" for ark in arks],
        "institution": ["/institutions/bench"],
        "institutions": ["/institutions"],
        "about": ["/about"],
        "audit log": ["/audit"],
    }
    both = {kind: [path for one in paths for path in (one, f"/en{one}")] for kind, paths in chinese.items()}
    return {kind: (paths * asked)[:asked] for kind, paths in both.items()}


def _alone(
    port: int, bare: int, paths: Mapping[str, Sequence[str]], rounds: int, notes: dict[str, object]
) -> list[Measured]:
    """The 95th percentile of each kind, one reader; the floor is read in turns with it."""
    connections = Connection(port), Connection(bare)
    values: dict[str, list[float]] = {kind: [] for kind in KINDS}
    floors: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for round_ in range(rounds + 1):
        for kind in KINDS:
            taken = [
                [_milliseconds(connection, path) for path in asked]
                for connection, asked in zip(connections, (paths[kind], ["/"] * len(paths[kind])), strict=True)
            ]
            if round_:  # The first is for warming up.
                values[kind].append(percentile(taken[0], 0.95))
                floors[kind].append(percentile(taken[1], 0.95))
    for connection in connections:
        connection.close()
    return [Measured(P95[kind], values[kind], floors[kind], notes) for kind in KINDS]


def _milliseconds(connection: Connection, path: str) -> float:
    request = prepared(path)
    before = time.perf_counter()
    status, _ = connection.get(request)
    taken = (time.perf_counter() - before) * 1000
    assert status == 200, (path, status)
    return taken


def _together(
    port: int, bare: int, paths: Mapping[str, Sequence[str]], place: Path, seconds: float, rounds: int
) -> Measured:
    mixed = [path for together in zip(*paths.values(), strict=True) for path in together]
    rates, floors = [], []
    for _ in range(rounds):
        for at, asked, rate in ((port, mixed, rates), (bare, ["/"], floors)):
            found = from_another_process(at, asked, place, connections=READERS, seconds=seconds)
            assert set(found.statuses) == {"200"}, found.statuses
            rate.append(found.rate)
    return Measured(ALL, rates, floors)


BENCHMARK = Benchmark("pages", (*P95.values(), ALL), run)
