"""Fairness: how long a quiet node waits for its answers while another publishes as fast as it is let."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from nodes.keys import Key, load_key
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_most, percentile
from tests.benchmarks.noise import Caller, noise, write_bodies
from tests.support.processes import running_hub_process
from tests.support.records import Signer, make_record

SENDERS = 8
PAUSE = 0.2
ALONE = "the same without noise"
KINDS = {"GET /status": 5, "publication of one record": 8}
"""What is asked for, and how much longer it may take. A thread at work doubles what a small request takes; one that
writes may have to wait for a whole part of somebody's batch besides, which is several times its own work."""
FIGURES = {
    (kind, share): Figure(f"quiet node, {kind}, p{share}", "ms", ALONE, (at_most(most, RATIO),))
    for kind, most in KINDS.items()
    for share in (50, 95)
}


@dataclass(frozen=True)
class Quiet:
    """The quiet node: asks and publishes now and then."""

    origin: str
    key: Key

    def times(self, count: int) -> dict[str, list[float]]:
        """Milliseconds of so many requests of each kind."""
        caller, signer = Caller(self.origin, self.key), Signer()
        signer.private_key, signer.key_id = self.key.private, self.key.id

        def status() -> requests.PreparedRequest:
            return caller.prepared("GET", "/status")

        def publish() -> requests.PreparedRequest:
            body = json.dumps({"records": [signer.sign(make_record())]}).encode()
            return caller.prepared("POST", "/records", body)

        kinds: dict[str, Callable[[], requests.PreparedRequest]] = dict(zip(KINDS, (status, publish), strict=True))
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(count):
            for name, make in kinds.items():
                time.sleep(PAUSE)
                request = make()
                before = time.perf_counter()
                answer = caller.send(request)
                found[name].append((time.perf_counter() - before) * 1000)
                assert answer.status_code == 200, answer.text
        return found


def run(quick: bool) -> list[Measured]:
    """Without noise, then with it, in turns; each figure is a percentile of a turn."""
    count, batches, rounds = (40, 40, 1) if quick else (150, 150, 3)
    values: dict[tuple[str, int], list[float]] = {name: [] for name in FIGURES}
    floors: dict[tuple[str, int], list[float]] = {name: [] for name in FIGURES}
    heard: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place, running_hub_process(Path(place) / "var") as hub:
        folders = [Path(place) / name for name in ("quiet", "noisy")]
        for folder in folders:
            hub.node(folder, folder.name)
        quiet = Quiet(hub.origin, load_key(folders[0]))
        quiet.times(3)
        for number in range(rounds):
            bodies = Path(place) / f"bodies-{number}"
            write_bodies(bodies, load_key(folders[1]), count=batches)
            _add(floors, quiet.times(count))
            with noise(hub.origin, folders[1], bodies, senders=SENDERS) as found:
                _add(values, quiet.times(count))
            heard.append(found)
    return [Measured(figure, values[name], floors[name], {"noise": heard}) for name, figure in FIGURES.items()]


def _add(figures: dict[tuple[str, int], list[float]], times: dict[str, list[float]]) -> None:
    for (kind, share), found in figures.items():
        found.append(percentile(times[kind], share / 100))


BENCHMARK = Benchmark("fairness", tuple(FIGURES.values()), run)
