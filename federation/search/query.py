"""Asking the index: hits in their order, a page of them, and the counts of the facets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tantivy

from federation.search.documents import FACETS
from federation.search.index import SearchIndex
from federation.search.matching import MUST, SHOULD, parts, text_query

MAX_SIZE, MAX_DEPTH = 100, 10_000
BUCKETS = 200
Query = tantivy.Query


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
    """Find resources. Any text gives a result: no text everything, newest first; symbols alone nothing."""
    asked = asked_for(index, request.text)
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


def asked_for(index: SearchIndex, text: str) -> Query | None:
    """The query for most of the words; when no resource has so many of them, for any."""
    strict = text_query(index, text)
    if strict is None or len(parts(text)) < 2 or index.searcher().search(strict, limit=1, count=False).hits:
        return strict
    return text_query(index, text, needed=0)


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
