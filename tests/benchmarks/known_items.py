"""Known-item search on real abstracts: one to three of a record's keywords must bring the record back.

Beside the hub's search stand bare tantivy over character bigrams (any of them, BM25) and SQLite's FTS5 with its
trigram tokenizer (any of the trigrams, its own rank), on the same documents and the same questions. Each figure is
measured on the two halves of the records: weights were chosen on the even ones, the odd ones show whether they hold.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import opencc
import tantivy

from federation.search.query import SearchRequest, search
from federation.search.text import runs
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least
from tests.benchmarks.texts import DATA
from tests.support.searching import make_document, make_index

Case = tuple[str, str]
"""What is asked, and the record that is meant."""
Finder = Callable[[str], Sequence[str]]
SEED, TOP, COUNTS = 20, 10, (1, 2, 3)
SETS = {"whole": "whole records", "texts": "title and abstract", "typed": "typed otherwise"}
"""Records with their keywords; without, so that a keyword need not be there; and asked in traditional characters."""
RIVALS = {"tantivy": "bare tantivy, character bigrams", "fts5": "SQLite FTS5, trigrams"}
LEAST = {
    ("whole", 1, "tantivy", "MRR"): 1.04,
    ("whole", 1, "tantivy", "recall"): 1.01,
    ("typed", 1, "tantivy", "MRR"): 1.2,
    ("typed", 1, "tantivy", "recall"): 1.2,
    ("texts", 1, "tantivy", "MRR"): 1.0,
}
"""How many times the rival's ours must be where it can show: with more keywords all are close to 100 %."""
FIGURES = {
    (name, count, measure, rival): Figure(
        f"{SETS[name]}, {count} keyword{'s' * (count > 1)}, {measure}@{TOP} beside {rival}",
        "%",
        said,
        (at_least(LEAST.get((name, count, rival, measure), 1.02 if rival == "fts5" else 0.97), RATIO),),
    )
    for name in SETS
    for count in (COUNTS if name != "typed" else COUNTS[:1])
    for measure in ("MRR", "recall")
    for rival, said in RIVALS.items()
}


def run(quick: bool) -> list[Measured]:
    """Build the three indexes, of whole records and of their texts alone, and ask each the same."""
    path = DATA / "csl" / "records.jsonl"
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][: 200 if quick else None]
    traditional = opencc.OpenCC("s2t").convert
    found = []
    with tempfile.TemporaryDirectory() as place:
        for kept in (True, False):
            ours = _ours(Path(place) / str(kept), records, keywords=kept)
            rivals = {"tantivy": _tantivy(records, keywords=kept), "fts5": _fts5(records, keywords=kept)}
            for count in COUNTS:
                asked = _cases(records, count)
                found += _measured("whole" if kept else "texts", count, ours, rivals, asked)
                if kept and count == 1:
                    found += _measured("typed", 1, ours, rivals, [(traditional(text), n) for text, n in asked])
    return found


def _cases(records: Sequence[dict[str, Any]], count: int) -> list[Case]:
    chance = random.Random(SEED)
    return [
        (" ".join(chance.sample(record["keywords"], count)), str(number))
        for number, record in enumerate(records)
        if len(record["keywords"]) >= count
    ]


def _measured(
    name: str, count: int, ours: Finder, rivals: dict[str, Finder], cases: Sequence[Case]
) -> list[Measured]:
    halves = [[case for case in cases if int(case[1]) % 2 == half] for half in (0, 1)]
    mine = [_scores(ours, half) for half in halves]
    found = []
    for rival, finder in rivals.items():
        theirs = [_scores(finder, half) for half in halves]
        for place, measure in enumerate(("MRR", "recall")):
            values, floors = ([scores[place] for scores in both] for both in (mine, theirs))
            figure = FIGURES[name, count, measure, rival]
            found.append(Measured(figure, values, floors, {"cases": len(cases), "halves": "even, odd"}))
    return found


def _scores(find: Finder, cases: Sequence[Case]) -> tuple[float, float]:
    """Mean reciprocal rank and recall among the first ten, in percent."""
    reciprocal = recalled = 0.0
    for text, meant in cases:
        hits = list(find(text))[:TOP]
        if meant in hits:
            reciprocal += 1 / (hits.index(meant) + 1)
            recalled += 1
    return 100 * reciprocal / len(cases), 100 * recalled / len(cases)


def _ours(folder: Path, records: Sequence[dict[str, Any]], *, keywords: bool) -> Finder:
    documents = [
        make_document(
            str(number),
            record["title"],
            summaries=(record["abstract"],),
            keywords=tuple(record["keywords"]) if keywords else (),
        )
        for number, record in enumerate(records)
    ]
    index = make_index(folder, documents)
    return lambda text: [hit.ark for hit in search(index, SearchRequest(text=text, size=TOP)).hits]


def _text(record: dict[str, Any], *, keywords: bool) -> str:
    return "\n".join((record["title"], record["abstract"], *(record["keywords"] if keywords else ())))


def _bigrams(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).lower()
    return [
        token
        for run, han in runs(plain)
        for token in ([run[place : place + 2] for place in range(max(1, len(run) - 1))] if han else [run])
    ]


def _tantivy(records: Sequence[dict[str, Any]], *, keywords: bool) -> Finder:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("name", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="whitespace")
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(heap_size=50_000_000, num_threads=1)
    for number, record in enumerate(records):
        text = " ".join(_bigrams(_text(record, keywords=keywords)))
        writer.add_document(tantivy.Document(name=str(number), text=text))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def find(text: str) -> list[str]:
        either = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", one)) for one in _bigrams(text)]
        hits = searcher.search(tantivy.Query.boolean_query(either), limit=TOP, count=False).hits
        return [str(searcher.doc(address).get_first("name")) for _, address in hits]

    return find


def _fts5(records: Sequence[dict[str, Any]], *, keywords: bool) -> Finder:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE texts USING fts5(name UNINDEXED, text, tokenize = 'trigram')")
    rows = [(str(number), _text(record, keywords=keywords)) for number, record in enumerate(records)]
    database.executemany("INSERT INTO texts VALUES (?, ?)", rows)

    def find(text: str) -> list[str]:
        pieces = [word[place : place + 3] for word in text.split() for place in range(max(1, len(word) - 2))]
        asked = " OR ".join('"' + piece.replace('"', '""') + '"' for piece in pieces)
        query = "SELECT name FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?"
        return [name for (name,) in database.execute(query, (asked, TOP))]

    return find


BENCHMARK = Benchmark("known-items", tuple(FIGURES.values()), run)
