"""Opening the review queue with 10,000 waiting items, sign-in and templates included, against the empty queue."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask.testing import FlaskClient

from federation import ingestion, people
from federation.database import unit_of_work
from federation.models.institutions import Node
from tests.benchmarks.measure import Benchmark, Figure, Measured, at_most, percentile
from tests.benchmarks.texts import Words
from tests.support.desk import Desk
from tests.support.engines import running_engines
from tests.support.hub import ORIGIN, Hub, running_hub
from tests.support.stores import running_store

FLOOR = "the same page with nothing waiting"
SHARES = (0.5, 0.95)
PAGES = {
    "first page": "/workbench/",
    "what waits for me, by theme": "/workbench/?show=mine&theme=knowledge&age=3",
    "last page": "/workbench/?page=400",
}
FIGURES = {
    (name, share): Figure(f"queue, {name}, p{share * 100:.0f}", "ms", FLOOR, (at_most(200),))
    for name in PAGES
    for share in SHARES
}
AT_A_TIME = 500


def run(quick: bool) -> list[Measured]:
    """Time each page on the empty hub, fill it, and time them again."""
    count, asked, rounds = (500, 5, 1) if quick else (10_000, 40, 3)
    with (
        running_engines(),
        tempfile.TemporaryDirectory() as place,
        running_store(Path(place) / "s") as store,
        running_hub(Path(place) / "hub", store) as hub,
    ):
        client = Desk(hub).signed_in("li", people.REVIEWER).client
        floors = _rounds(client, asked, rounds)
        _fill(hub, count)
        values = _rounds(client, asked, rounds)
    notes = {"waiting": count}
    return [Measured(figure, values[key], floors[key], notes) for key, figure in FIGURES.items()]


def _rounds(client: FlaskClient, asked: int, rounds: int) -> dict[tuple[str, float], list[float]]:
    found: dict[tuple[str, float], list[float]] = {key: [] for key in FIGURES}
    for _ in range(rounds):
        for name, path in PAGES.items():
            times = [_milliseconds(lambda path=path: _open(client, path)) for _ in range(asked)]
            for share in SHARES:
                found[name, share].append(percentile(times, share))
    return found


def _open(client: FlaskClient, path: str) -> None:
    answer = client.get(path, base_url=ORIGIN)
    assert answer.status_code == 200, (path, answer.status_code)


def _milliseconds(act: Callable[[], None]) -> float:
    before = time.perf_counter()
    act()
    return (time.perf_counter() - before) * 1000


def _fill(hub: Hub, count: int) -> None:
    """Submissions of one member, all of which wait."""
    member, words = hub.member("bench"), Words()
    for start in range(0, count, AT_A_TIME):
        tokens = [member.signer.sign(words.record()) for _ in range(min(AT_A_TIME, count - start))]
        with unit_of_work(hub.app) as session:
            node = session.get_one(Node, member.node_id)
            outcomes = ingestion.ingest(session, node, tokens, max_file_bytes=10**9)
        assert {outcome.state for outcome in outcomes} == {"in_review"}


BENCHMARK = Benchmark("queue", tuple(FIGURES.values()), run)
