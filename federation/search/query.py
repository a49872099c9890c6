"""Asking the index: hits in their order, a page of them, and the counts of the facets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tantivy
from tantivy import Query

from federation.search.documents import FACETS
from federation.search.entries import ORDERED, stored
from federation.search.index import SearchIndex
from federation.search.matching import MUST, SHOULD, parts, text_query

MAX_SIZE, MAX_DEPTH = 100, 10_000
BUCKETS = 200
FEW, TOGETHER = 5, 0.5
"""Fewer resources than this with most of the words are given with others that have any; what having most counts."""
WITNESSES = 4
"""Resources that show whether words that the index has are those of anything that is public still."""
SORTS = ("relevance", "newest", "oldest", "used", "title")
FieldType = tantivy.FieldType
ASCENDING, DESCENDING = tantivy.Order.Asc, tantivy.Order.Desc


@dataclass(frozen=True, kw_only=True)
class Spans:
    """From when until when, both ends included, None where it is open: publication (seconds), and years (1 BC is 0).

    A period fits when it overlaps; what has no period or no year fits no span.
    """

    published: tuple[int | None, int | None] = (None, None)
    period: tuple[int | None, int | None] = (None, None)
    created: tuple[int | None, int | None] = (None, None)


@dataclass(frozen=True)
class SearchRequest:
    """What is asked: text, facets (any value within one, all of them together), page (from 1), size, one of `SORTS`.

    `language` is the reader's, by which titles are put in order.
    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1
    size: int = 20
    sort: str = "relevance"
    spans: Spans = field(default_factory=Spans)
    language: str = "zh"


@dataclass(frozen=True)
class Hit:
    """One resource found; `payload` is what its document brought, `descriptions` its longer texts (both JSON)."""

    ark: str
    payload: str
    descriptions: str
    score: float


@dataclass(frozen=True)
class SearchResult:
    """How many there are, this page of them, and the facets' counts, most frequent first."""

    total: int
    hits: list[Hit]
    facets: dict[str, list[tuple[str, int]]]
    whole: int | None = None
    """How many of them have most of the words, where others are among them that have any."""


def search(index: SearchIndex, request: SearchRequest) -> SearchResult:
    """Find resources. Any text gives a result: no text everything, newest first; symbols alone nothing."""
    asked = text_query(index, request.text)
    limits = _limits(index, request.spans)
    filters = {name: values for name, values in request.filters.items() if name in FACETS and values}
    query = _filtered(index, asked, limits, filters, leaving="")
    size = max(1, min(request.size, MAX_SIZE))
    offset = min(max(request.page - 1, 0) * size, MAX_DEPTH)
    order = _order(request, asked)
    searcher = index.searcher()
    found: Any = searcher.search(query, limit=size, offset=offset, count=True, **order)
    whole = None
    if asked is not None and found.count < FEW:
        # Only now is it worth asking how many resources at all have most of the words.
        widened = _widened(index, request.text, asked, by_fitness=not order)
        if widened is not None:
            asked, whole = widened, int(found.count)
            query = _filtered(index, asked, limits, filters, leaving="")
            found = searcher.search(query, limit=size, offset=offset, count=True, **order)
    hits = [_hit(searcher, score, address, bool(order)) for score, address in found.hits]
    counted = _facets(index, searcher, asked, limits, filters, query)
    return SearchResult(int(found.count or 0), hits, counted, whole)


def count(index: SearchIndex, request: SearchRequest) -> tuple[int, Sequence[str]]:
    """How many resources a search finds, and the ARKs of a few of them, without the rest of the answer."""
    filters = {name: values for name, values in request.filters.items() if name in FACETS and values}
    asked, limits = asked_for(index, request.text), _limits(index, request.spans)
    searcher = index.searcher()
    query = _filtered(index, asked, limits, filters, leaving="")
    found: Any = searcher.search(query, limit=WITNESSES, count=True)
    return int(found.count or 0), arks_of(searcher, found.hits)


def arks_of(searcher: tantivy.Searcher, hits: Sequence[tuple[Any, Any]]) -> Sequence[str]:
    """The ARKs of what was found."""
    return [str(searcher.doc(address).get_first("ark")) for _, address in hits]


def asked_for(index: SearchIndex, text: str) -> Query | None:
    """The query for most of the words; where hardly any resource has so many of them, for any (`_widened`)."""
    strict = text_query(index, text)
    return strict if strict is None else _widened(index, text, strict, by_fitness=True) or strict


def _widened(index: SearchIndex, text: str, strict: Query, *, by_fitness: bool) -> Query | None:
    """The query for any of the words, when no resource has most of them, or FEW have; None when enough have.

    Where a few have, they count more: mostly they are in front, and what is all about one word is not far behind. Who
    said more exactly what is meant, or wants another order than `by_fitness`, gets these few alone.
    """
    typed = parts(text)
    if len(typed) < 2:
        return None
    found: Any = index.searcher().search(strict, limit=1, count=True)
    exact = not by_fitness or any(part.quoted or part.unwanted for part in typed)
    if found.count >= FEW or (found.count and exact):
        return None
    loose = text_query(index, text, needed=0)
    if loose is None or not found.count:
        return loose
    return Query.boolean_query([(MUST, loose), (SHOULD, Query.boost_query(strict, TOGETHER))])


def _order(request: SearchRequest, asked: Query | None) -> dict[str, Any]:
    """How the engine is told the order; nothing for the order of fitting."""
    sort = "newest" if request.sort == "relevance" and asked is None else request.sort
    fields: dict[str, tuple[str, Any]] = {
        "newest": ("published_at", DESCENDING),
        "oldest": ("published_at", ASCENDING),
        "used": ("uses", DESCENDING),
        "title": (ORDERED["zh" if request.language == "zh" else "en"], ASCENDING),
    }
    if sort not in fields:
        return {}
    name, direction = fields[sort]
    return {"order_by_field": name, "order": direction}


def _limits(index: SearchIndex, spans: Spans) -> list[Query]:
    """The queries that hold to the spans; a period overlaps when it neither begins after nor ends before."""
    bounds = [
        ("published_at", FieldType.Unsigned, *spans.published),
        ("period_from", FieldType.Integer, None, spans.period[1]),
        ("period_until", FieldType.Integer, spans.period[0], None),
        ("created_year", FieldType.Integer, *spans.created),
    ]
    return [
        Query.range_query(index.schema, name, kind, lower_bound=low, upper_bound=high)
        for name, kind, low, high in bounds
        if low is not None or high is not None
    ]


def _filtered(
    index: SearchIndex,
    asked: Query | None,
    limits: Sequence[Query],
    filters: Mapping[str, tuple[str, ...]],
    *,
    leaving: str,
) -> Query:
    """The query with all filters but the one on facet `leaving`."""
    narrowing = list(limits)
    for name, values in filters.items():
        if name != leaving:
            narrowing.append(Query.term_set_query(index.schema, name, list(values[:50])))
    if not narrowing:
        return asked if asked is not None else Query.all_query()
    clauses = [(MUST, asked)] if asked is not None else []
    clauses += [(MUST, Query.const_score_query(query, 0.0)) for query in narrowing]
    return Query.boolean_query(clauses)


def _facets(
    index: SearchIndex,
    searcher: tantivy.Searcher,
    asked: Query | None,
    limits: Sequence[Query],
    filters: Mapping[str, tuple[str, ...]],
    query: Query,
) -> dict[str, list[tuple[str, int]]]:
    """Counts for each facet; one with a filter of its own counts as if it had none, so that one can add values."""
    counted = _count(searcher, query, [name for name in FACETS if name not in filters])
    for name in filters:
        counted |= _count(searcher, _filtered(index, asked, limits, filters, leaving=name), [name])
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
    payload, descriptions = stored(document, "payload"), stored(document, "descriptions")
    return Hit(str(document.get_first("ark")), payload, descriptions, 0.0 if ordered else float(score))
