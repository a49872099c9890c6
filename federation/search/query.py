"""Asking the index: what people type becomes Query objects, never the engine's own query language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import tantivy

from federation.search.documents import FACETS
from federation.search.index import SearchIndex
from federation.search.text import fold, grams, runs, words

MAX_TEXT, MAX_PARTS, MAX_SIZE, MAX_DEPTH = 200, 12, 100, 10_000
WEIGHTS = {"title": 3.0, "keywords": 2.0, "text": 1.0}
PHRASE, WORD, PINYIN, FUZZY = 2.5, 0.6, 2.0, 0.3
BIGRAMS_NEEDED, PARTS_NEEDED = 0.5, 0.34
BUCKETS = 200
PART = re.compile(r'(?P<minus>(?:^|(?<=\s))[-－])?(?:["“”「](?P<quoted>[^"“”」]+)["“”」]|(?P<plain>[^\s"“”「」]+))')
Query = tantivy.Query
SHOULD, MUST, MUST_NOT = tantivy.Occur.Should, tantivy.Occur.Must, tantivy.Occur.MustNot


@dataclass(frozen=True)
class SearchRequest:
    """What is asked: text, facets (any value within one, all of them together), page (from 1), size, sort."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1
    size: int = 20
    sort: str = "relevance"


@dataclass(frozen=True)
class Hit:
    """One resource found; `payload` is what its document brought (JSON)."""

    ark: str
    payload: str
    score: float


@dataclass(frozen=True)
class SearchResult:
    """How many there are, this page of them, and the facets' counts, most frequent first."""

    total: int
    hits: list[Hit]
    facets: dict[str, list[tuple[str, int]]]


def search(index: SearchIndex, request: SearchRequest) -> SearchResult:
    """Find resources. Any text gives a result; text without letters finds everything, newest first."""
    asked = text_query(index, request.text)
    filters = {name: values for name, values in request.filters.items() if name in FACETS and values}
    query = _filtered(index, asked, filters, leaving="")
    size = max(1, min(request.size, MAX_SIZE))
    offset = min(max(request.page - 1, 0) * size, MAX_DEPTH)
    newest_first = request.sort == "newest" or (asked is None and request.sort == "relevance")
    order: dict[str, Any] = {}
    if newest_first or request.sort == "oldest":
        direction = tantivy.Order.Desc if newest_first else tantivy.Order.Asc
        order = {"order_by_field": "published_at", "order": direction}
    searcher = index.searcher()
    found = searcher.search(query, limit=size, offset=offset, count=True, **order)
    hits = [_hit(searcher, score, address, bool(order)) for score, address in found.hits]
    total: Any = found
    return SearchResult(int(total.count or 0), hits, _facets(index, searcher, asked, filters, query))


def text_query(index: SearchIndex, text: str) -> Query | None:
    """The query for what a person typed, or None when there is nothing to look for."""
    wanted: list[Query] = []
    unwanted: list[Query] = []
    for match in list(PART.finditer(text[:MAX_TEXT]))[:MAX_PARTS]:
        quoted = match.group("quoted")
        made = _part(index, quoted or match.group("plain") or "", exact=quoted is not None)
        if made is not None:
            (unwanted if match.group("minus") else wanted).append(made)
    if not wanted and not unwanted:
        return None
    return Query.boolean_query([(MUST, _most(wanted)), *((MUST_NOT, query) for query in unwanted)])


def _most(wanted: Sequence[Query]) -> Query:
    """Most of the parts that were typed must be found; resources that have all of them come first."""
    if len(wanted) < 2:
        return wanted[0] if wanted else Query.all_query()
    needed = max(1, int(len(wanted) * PARTS_NEEDED))
    return Query.boolean_query([(SHOULD, query) for query in wanted], minimum_number_should_match=needed)


def _part(index: SearchIndex, part: str, *, exact: bool) -> Query | None:
    """One word or quoted phrase as typed: every run of it must be found."""
    folded = fold(part)
    if exact:
        tokens = grams(part)
        return _phrase(index, tokens, folded) if tokens else None
    made = [_han(index, run) if han else _latin(index, run) for run, han in runs(folded)]
    if not made:
        return None
    identifier = Query.boost_query(Query.term_query(index.schema, "identifiers", folded.strip()), 10.0)
    together = made[0] if len(made) == 1 else Query.boolean_query([(MUST, query) for query in made])
    return Query.boolean_query([(SHOULD, together), (SHOULD, identifier)])


def _phrase(index: SearchIndex, tokens: Sequence[str], folded: str) -> Query:
    """The exact substring, in any field; the closing single character of the last run is no part of it."""
    inner: list[Any] = list(tokens)
    if len(inner) > 1 and len(inner[-1]) == 1 and inner[-2].endswith(inner[-1]):
        inner.pop()
    if len(inner) == 1:
        return _han(index, folded) if len(inner[0]) == 1 and not inner[0].isascii() else _anywhere(index, inner[0])
    return Query.boolean_query(
        [(SHOULD, Query.boost_query(Query.phrase_query(index.schema, name, inner), w)) for name, w in WEIGHTS.items()]
    )


def _anywhere(index: SearchIndex, token: str) -> Query:
    return Query.boolean_query(
        [(SHOULD, Query.boost_query(Query.term_query(index.schema, name, token), w)) for name, w in WEIGHTS.items()]
    )


def _han(index: SearchIndex, run: str) -> Query:
    """A Chinese run: most of its bigrams must be there; as one phrase, and as dictionary words, counts more."""
    if len(run) == 1:
        return Query.boolean_query(
            [(SHOULD, Query.regex_query(index.schema, name, re.escape(run) + ".?")) for name in WEIGHTS]
        )
    bigrams = [first + second for first, second in pairwise(run)]
    if len(bigrams) == 1:
        return _anywhere(index, bigrams[0])
    needed = max(1, int(len(bigrams) * BIGRAMS_NEEDED))
    loose = Query.boolean_query(
        [(SHOULD, _anywhere(index, bigram)) for bigram in bigrams], minimum_number_should_match=needed
    )
    clauses = [(MUST, loose), (SHOULD, Query.boost_query(_phrase(index, bigrams, run), PHRASE))]
    clauses += [
        (SHOULD, Query.boost_query(Query.term_query(index.schema, "words", word), WORD)) for word in set(words(run))
    ]
    return Query.boolean_query(clauses)


def _latin(index: SearchIndex, run: str) -> Query:
    """A Latin word or number: as it is, as pinyin of a title, or with one letter wrong when it is long enough."""
    [token] = grams(run) or [run]
    clauses = [(SHOULD, _anywhere(index, token))]
    if run.isascii() and run.isalpha():
        clauses.append((SHOULD, Query.boost_query(Query.term_query(index.schema, "pinyin", run), PINYIN)))
        if len(token) >= 5:
            near = Query.fuzzy_term_query(index.schema, "text", token, distance=1)
            clauses.append((SHOULD, Query.boost_query(near, FUZZY)))
    return Query.boolean_query(clauses)


def _filtered(
    index: SearchIndex, asked: Query | None, filters: Mapping[str, tuple[str, ...]], *, leaving: str
) -> Query:
    """The query with all filters but the one on facet `leaving`."""
    clauses = [(MUST, asked if asked is not None else Query.all_query())]
    for name, values in filters.items():
        if name != leaving:
            either = Query.boolean_query(
                [(SHOULD, Query.term_query(index.schema, name, value)) for value in values[:50]]
            )
            clauses.append((MUST, Query.const_score_query(either, 0.0)))
    return clauses[0][1] if len(clauses) == 1 else Query.boolean_query(clauses)


def _facets(
    index: SearchIndex,
    searcher: tantivy.Searcher,
    asked: Query | None,
    filters: Mapping[str, tuple[str, ...]],
    query: Query,
) -> dict[str, list[tuple[str, int]]]:
    """Counts for each facet; one with a filter of its own counts as if it had none, so that one can add values."""
    counted = _count(searcher, query, [name for name in FACETS if name not in filters])
    for name in filters:
        counted |= _count(searcher, _filtered(index, asked, filters, leaving=name), [name])
    return {name: counted[name] for name in FACETS}


def _count(searcher: tantivy.Searcher, query: Query, names: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    if not names:
        return {}
    answer: Any = searcher.aggregate(query, {name: {"terms": {"field": name, "size": BUCKETS}} for name in names})
    if isinstance(answer, str):
        answer = json.loads(answer)
    return {
        name: [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in answer[name]["buckets"]] for name in names
    }


def _hit(searcher: tantivy.Searcher, score: Any, address: Any, ordered: bool) -> Hit:
    document = searcher.doc(address)
    return Hit(str(document.get_first("ark")), str(document.get_first("payload")), 0.0 if ordered else float(score))


def highlights(text: str, asked: str) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it matches what was asked; folding that changes lengths marks nothing."""
    folded = fold(text)
    spots = [run for run, _ in runs(fold(asked[:MAX_TEXT]))]
    if len(folded) != len(text) or not spots:
        return [(text, False)]
    marks = [False] * len(text)
    for spot in spots:
        _mark(folded, spot, marks)
    pieces: list[tuple[str, bool]] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marks[place] != marks[start]:
            pieces.append((text[start:place], marks[start]))
            start = place
    return pieces or [(text, False)]


def _mark(folded: str, spot: str, marks: list[bool]) -> None:
    """Mark the whole run where it stands; where it stands nowhere, each of its bigrams."""
    for needle in [spot] if spot in folded or len(spot) < 3 else [a + b for a, b in pairwise(spot)]:
        place = folded.find(needle)
        while place != -1:
            marks[place : place + len(needle)] = [True] * len(needle)
            place = folded.find(needle, place + 1)
