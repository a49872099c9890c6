"""Searching catalogues of several sizes through HTTP, facets and all, against the bare call of the engine.

`make bench ARGS=search` does 10,000 and 100,000 records; `make bench ARGS=search-million` a million, which takes
some 10 GB of disk and the better part of an hour.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import tantivy

from federation import operations
from federation.models.institutions import Node
from federation.search.documents import FACETS
from federation.search.index import SearchIndex
from federation.search.query import asked_for
from federation.search.text import grams
from tests.benchmarks.catalogue import fill, publish
from tests.benchmarks.load import Connection, prepared
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least, at_most, percentile
from tests.benchmarks.texts import Words
from tests.benchmarks.watching import anonymous, hub_parts
from tests.support.processes import HubProcess, eventually, running_hub_process
from tests.support.records import Signer

SIZES, MILLION_OF, SEEDS = (10_000, 100_000), 1_000_000, 20_000
"""No more than so many different records are made; the others are copies of them under other names."""
FLOOR = "tantivy: top 20 with count and the seven facets, query built beforehand"
BARE_INDEX = "tantivy: bigrams of the same texts cut and indexed"
SHARES = (0.5, 0.95)
WAYS = {"/api/v1/search": "search, API", "/search": "search, page", "/suggestions": "suggestions"}
SAMPLE = 10_000
"""Records of which the bare index is made, to tell the rate and the size."""
TYPED = (1, 2, 3)
"""How many characters of a word have been typed when suggestions are asked for."""


def figures(size: int) -> dict[str, Figure]:
    """The figures of one size by what they are about."""
    # The fixed cost of a request through HTTP is several times that of the engine while there is little to search.
    ratio = (at_most(3, RATIO),) if size == MILLION_OF else ()
    about = f", {size:,} records"
    found = {
        f"{way} {share}": Figure(
            f"{name}, p{share * 100:.0f}{about}",
            "ms",
            FLOOR,
            (at_most(50), *(ratio if way.startswith("/api") and share == 0.95 else ())),
        )
        for way, name in WAYS.items()
        for share in SHARES
    }
    rate = Figure(f"index built by the hub's follower{about}", "records/s", BARE_INDEX, (at_least(1000),))
    return found | {
        "rate": rate,
        "size": Figure(f"size of the index{about}", "B/record", BARE_INDEX, (at_most(4, RATIO),)),
        "memory": Figure(
            f"memory of the web processes after it{about}", "MiB", "the same before it", (at_most(150),)
        ),
        "fresh": Figure(f"from published to found{about}", "s", "one commit and reload of tantivy", (at_most(2),)),
    }


FIGURES = {size: figures(size) for size in (*SIZES, MILLION_OF)}


def run(quick: bool) -> list[Measured]:
    """Each size in turn."""
    return [measured for size in SIZES for measured in _run(size, quick)]


def run_million(quick: bool) -> list[Measured]:
    """The million."""
    return _run(MILLION_OF, quick)


def _run(size: int, quick: bool) -> list[Measured]:
    """Fill, let the hub's own follower build the index, then ask the same questions in turns."""
    count, asked, rounds = (2000, 40, 1) if quick else (size, 300, 3)
    words, named, seeds = Words(), FIGURES[size], min(count, SEEDS)
    with tempfile.TemporaryDirectory() as place:
        var = Path(place) / "var"
        fill(var, words, seeds, copies=count // seeds)
        bare_rate, bare_size, bare_fresh = _bare_index(Path(place) / "bare", Words(), min(seeds, SAMPLE))
        before = time.perf_counter()
        with running_hub_process(var) as hub:
            index = SearchIndex.open(var / "search")
            eventually(lambda: index.reload() or index.count() == count, seconds=7200)
            rate = count / (time.perf_counter() - before)
            eventually(lambda: hub.get("/api/v1/search").json()["total"] == count)
            web = hub_parts(hub)["web"]
            at_rest = anonymous(web)
            times = _measure(hub, index, words, asked, rounds)
            held = anonymous(web)
            fresh = [_until_found(hub, words) for _ in range(3)]
            taken = sum(path.stat().st_size for path in index.folder.iterdir()) / count
    notes = {"records": count, "different": seeds}
    found = [Measured(named[key], values, floors, notes) for key, (values, floors) in times.items()]
    return [
        *found,
        Measured(named["rate"], [rate], [bare_rate], notes),
        Measured(named["size"], [taken], [bare_size], notes),
        Measured(named["memory"], [held], [at_rest], notes),
        Measured(named["fresh"], fresh, [bare_fresh], notes),
    ]


def _measure(
    hub: HubProcess, index: SearchIndex, words: Words, asked: int, rounds: int
) -> dict[str, tuple[list[float], list[float]]]:
    """For each way and share, the milliseconds of the hub and those of the engine alone, one of each a round."""
    found: dict[str, tuple[list[float], list[float]]] = {
        f"{way} {share}": ([], []) for way in WAYS for share in SHARES
    }
    connection = Connection(hub.port)
    for _ in range(rounds):
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        bare = []
        for place, (text, kind) in enumerate(words.questions(asked)):
            query = urlencode({"q": text, **({"type": kind} if kind else {})})
            beginning = urlencode({"q": text[: TYPED[place % len(TYPED)]]})
            total = 0
            for way, taken in times.items():
                request = prepared(f"{way}?{beginning if way == '/suggestions' else query}")
                started = time.perf_counter()
                status, body = connection.get(request)
                taken.append((time.perf_counter() - started) * 1000)
                assert status == 200, (way, query, status)
                total = json.loads(body)["total"] if way.startswith("/api") else total
            bare.append(_bare(index, text, kind, total))
        for way, share in itertools.product(WAYS, SHARES):
            values, floors = found[f"{way} {share}"]
            values.append(percentile(times[way], share))
            floors.append(percentile(bare, share))
    connection.close()
    return found


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
    found: Any = searcher.search(query, limit=20, count=True)
    searcher.aggregate(query, facets)
    taken = (time.perf_counter() - started) * 1000
    assert found.count == total, (text, kind, found.count, total)
    return taken


def _bare_index(folder: Path, words: Words, count: int) -> tuple[float, float, float]:
    """Records a second of cutting and indexing, bytes a record, and the seconds of one more commit and reload."""
    folder.mkdir()
    texts = [_texts(words.record()) for _ in range(count)]
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="whitespace")
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=50_000_000, num_threads=1)
    before = time.perf_counter()
    for text in texts:
        writer.add_document(tantivy.Document(text=" ".join(grams(text))))
    writer.commit()
    rate = count / (time.perf_counter() - before)
    size = sum(path.stat().st_size for path in folder.iterdir()) / count
    before = time.perf_counter()
    writer.add_document(tantivy.Document(text=" ".join(grams(texts[0]))))
    writer.commit()
    index.reload()
    return rate, size, time.perf_counter() - before


def _texts(record: dict[str, Any]) -> str:
    return "\n".join(
        (record["title"]["zh"], *record["keywords"], record["summary"]["zh"], record["description"]["zh"])
    )


def _until_found(hub: HubProcess, words: Words) -> float:
    """Seconds from the commit of a publication until a search finds it."""
    name = f"freshness {time.monotonic_ns()}"
    record: dict[str, Any] = words.record() | {"title": {"zh": name}}
    with hub.services() as session:
        owner = operations.institution(session, "bench")
        node = session.query(Node).filter_by(institution_id=owner.id).one()
        # Whoever follows the feed reads records and checks no signatures: any key will do.
        publish(session, node, Signer(), [record])
    before = time.perf_counter()
    asked = urlencode({"q": f'"{name}"'})
    eventually(lambda: hub.get(f"/api/v1/search?{asked}").json()["total"], seconds=60)
    return time.perf_counter() - before


BENCHMARK = Benchmark("search", tuple(figure for size in SIZES for figure in FIGURES[size].values()), run)
MILLION = Benchmark("search-million", tuple(FIGURES[MILLION_OF].values()), run_million)
