"""Searching a large catalogue through HTTP, facets and all, against the bare call of the engine."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import tantivy

from federation.search.documents import FACETS
from federation.search.index import SearchIndex
from federation.search.query import asked_for
from tests.benchmarks.catalogue import fill
from tests.benchmarks.load import Connection, prepared
from tests.benchmarks.measure import VALUE, Benchmark, Figure, Measured, at_most, percentile
from tests.benchmarks.texts import Words
from tests.support.processes import HubProcess, eventually, running_hub_process

FLOOR = "tantivy: top 20 with count and the six facets, query built beforehand"
SHARES = (0.5, 0.95)
FIGURES = {
    (way, share): Figure(f"search {name}, p{share * 100:.0f}", "ms", FLOOR, (at_most(50, VALUE),))
    for way, name in (("/api/v1/search", "of records, API"), ("/search", "of records, page"))
    for share in SHARES
}


def run(quick: bool) -> list[Measured]:
    """Fill, let the hub's own follower build the index, then ask the same questions in turns."""
    count, asked, rounds = (2000, 40, 1) if quick else (100_000, 300, 3)
    words = Words()
    with tempfile.TemporaryDirectory() as place:
        var = Path(place) / "var"
        fill(var, words, count)
        before = time.perf_counter()
        with running_hub_process(var) as hub:
            index = SearchIndex.open(var / "search")
            eventually(lambda: index.reload() or index.count() == count, seconds=600)
            eventually(lambda: hub.get("/api/v1/search").json()["total"] == count)
            notes = {"records": count, "seconds until indexed": round(time.perf_counter() - before, 1)}
            return _measure(hub, index, words, asked, rounds, notes)


def _measure(
    hub: HubProcess, index: SearchIndex, words: Words, asked: int, rounds: int, notes: dict[str, object]
) -> list[Measured]:
    values: dict[tuple[str, float], list[float]] = {key: [] for key in FIGURES}
    floors: dict[float, list[float]] = {share: [] for share in SHARES}
    connection = Connection(hub.port)
    for _ in range(rounds):
        times: dict[str, list[float]] = {way: [] for way, _ in FIGURES}
        bare = []
        for text, kind in words.questions(asked):
            query = urlencode({"q": text, **({"type": kind} if kind else {})})
            total = 0
            for way, taken in times.items():
                request = prepared(f"{way}?{query}")
                started = time.perf_counter()
                status, body = connection.get(request)
                taken.append((time.perf_counter() - started) * 1000)
                assert status == 200, (way, query, status)
                total = json.loads(body)["total"] if way.startswith("/api") else total
            bare.append(_bare(index, text, kind, total))
        for (way, share), found in values.items():
            found.append(percentile(times[way], share))
        for share, found in floors.items():
            found.append(percentile(bare, share))
    connection.close()
    return [Measured(figure, values[key], floors[key[1]], notes) for key, figure in FIGURES.items()]


def _bare(index: SearchIndex, text: str, kind: str, total: int) -> float:
    """Milliseconds of the engine alone; it must find as many as the hub did."""
    schema = index.schema
    query = asked_for(index, text) or tantivy.Query.all_query()
    if kind:
        only = tantivy.Query.const_score_query(tantivy.Query.term_query(schema, "type", kind), 0.0)
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, only)])
    facets = {name: {"terms": {"field": name, "size": 200}} for name in FACETS}
    started = time.perf_counter()
    searcher = index.searcher()
    found = searcher.search(query, limit=20, count=True)
    searcher.aggregate(query, facets)
    taken = (time.perf_counter() - started) * 1000
    assert found.count == total, (text, kind, found.count, total)
    return taken


BENCHMARK = Benchmark("search", tuple(FIGURES.values()), run)
