"""Searching: the page of results, and the same results for programs. What is found comes from the index."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE

from federation import catalogue
from federation.api.openapi import QueryParser
from federation.api.queries import MAX_PAGE, SearchQuery, parameters
from federation.catalogue import Entry
from federation.database import db
from federation.days import ZONE
from federation.language import request_language
from federation.parts import parts
from federation.search.correcting import corrected
from federation.search.marking import highlights, snippet
from federation.search.matching import Part, is_wordless
from federation.search.matching import parts as typed_parts
from federation.search.query import MAX_DEPTH, SearchRequest, Spans, count, search
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import member_names
from federation.web.portal.paging import page_numbers
from federation.web.portal.pictures import pictures_of
from federation.web.portal.refusal import refusal
from federation.web.portal.search_links import (
    ENDS,
    FACETS,
    feed_address,
    feed_title,
    kept_values,
    span_chips,
    with_change,
)
from federation.web.wording import Said, said
from shared.canonical import best_text
from shared.errors import InvalidRequest
from shared.vocabularies import vocabulary

PAGE_SIZE = 20
LITTLE = 3
"""Where fewer resources than this are found, other searches are offered that find more."""
SNIPPET = 160
"""Characters that are shown of a hit's text."""
VOCABULARIES = {
    "type": "types",
    "theme": "themes",
    "discipline": "disciplines",
    "audience": "audiences",
    "occasion": "occasions",
    "license": "licenses",
}
PARSER, SEARCH_QUERY = QueryParser(), SearchQuery()


@dataclass(frozen=True)
class Value:
    """A value of a facet, its labels by language, and how many hits choosing it leaves."""

    code: str
    label: Mapping[str, str]
    count: int
    chosen: bool

    @property
    def said(self) -> str:
        """Its label for the reader."""
        return best_text(self.label, request_language()) or self.code


@dataclass(frozen=True)
class Hit:
    """One resource found, as the index keeps it."""

    ark: str
    shown: Mapping[str, Any]
    longer: str

    @cached_property
    def descriptions(self) -> Mapping[str, str]:
        """Its longer texts by language, which only pages show a piece of."""
        found: Mapping[str, str] = json.loads(self.longer)
        return found

    @property
    def type(self) -> str:
        """The code of its type."""
        return str(self.shown["type"])


@dataclass(frozen=True)
class Other:
    """Another search that finds more, with the number of resources that it does, and some of them."""

    text: str
    total: int
    arks: Sequence[str] = ()


@dataclass(frozen=True)
class Found:
    """A page of hits with the facets that narrow them."""

    query: Mapping[str, Any]
    total: int
    hits: Sequence[Hit]
    facets: Mapping[str, Sequence[Value]]
    meant: Other | None = None
    fewer_words: Sequence[Other] = ()
    size: int = PAGE_SIZE
    whole: int | None = None
    """How many of them have all the words, where others are among them (`SearchResult.whole`)."""

    @property
    def arks(self) -> list[str]:
        """Of which resources it shows words that nobody typed."""
        return [*(hit.ark for hit in self.hits), *(self.meant.arks if self.meant else ())]

    def of(self, public: Container[str]) -> Found:
        """What is public of it: the index follows at its own pace, and not at all while the worker is away."""
        hits = [hit for hit in self.hits if hit.ark in public]
        meant = self.meant if self.meant and any(ark in public for ark in self.meant.arks) else None
        return replace(self, hits=hits, total=self.total - len(self.hits) + len(hits), meant=meant)

    @property
    def page(self) -> int:
        """The number of this page, from 1."""
        return int(self.query["page"])

    @property
    def pages(self) -> int:
        """How many pages there are to see."""
        return min(MAX_PAGE, MAX_DEPTH // self.size, -(-self.total // self.size))

    @cached_property
    def chosen(self) -> list[tuple[str, Value]]:
        """The facet values that are chosen, with their parameters."""
        return [(name, value) for name, values in self.facets.items() for value in values if value.chosen]

    @property
    def in_quotes(self) -> str:
        """What was asked with each word in quotes: who asks so gets those that have them alone."""
        typed = (Part(part.text, quoted=True, unwanted=part.unwanted) for part in typed_parts(self.query["q"]))
        return " ".join(part.as_typed() for part in typed)

    @property
    def wordless(self) -> bool:
        """Whether only symbols were typed, which nothing is found by."""
        return is_wordless(self.query["q"])

    def numbers(self) -> list[int]:
        """The page numbers worth showing: first, last, and those around this one; 0 is a gap."""
        return page_numbers(self.page, self.pages)


@portal.get("/search")
def search_page() -> ResponseReturnValue:
    """The results of a search, or everything; what others add to a link that is passed on makes no difference."""
    try:
        query = PARSER.parse(SEARCH_QUERY, request, location="query", unknown=EXCLUDE)
    except InvalidRequest as error:
        return render_template("portal/refused.html", refused=refusal(request.args, error.errors)), error.status
    found, entries = find_entries(query, helpful=True)
    return render_template(
        "portal/search.html",
        found=found,
        pictures=pictures_of(entries.values()),
        query=query,
        spans=parameters({name: query[name] for name in ENDS}),
        span_names=ENDS,
        span_chips=span_chips(query),
        with_change=with_change,
        feed_address=feed_address,
        feed_title=feed_title(query["q"], [value.said for _name, value in found.chosen]),
        kept_values=kept_values,
        marked=marked,
        excerpt=excerpt,
    )


def find(query: Mapping[str, Any]) -> Found:
    """What is public of what the index has for `query`, which `SearchQuery` has checked."""
    found = _asked(query, helpful=False, size=PAGE_SIZE)
    return found.of(catalogue.public_arks(db.session(), found.arks))


def find_entries(
    query: Mapping[str, Any], *, helpful: bool = False, size: int = PAGE_SIZE
) -> tuple[Found, Mapping[str, Entry]]:
    """The same with the resources themselves by ARK; `helpful`, also with other searches that find more."""
    found = _asked(query, helpful=helpful, size=size)
    entries = {entry.ark: entry for entry in catalogue.by_arks(db.session(), found.arks)}
    return found.of(entries), entries


def _asked(query: Mapping[str, Any], *, helpful: bool, size: int) -> Found:
    """Ask the index what `query` (checked by `SearchQuery`) says; `helpful`, also for others that find more."""
    index, wanted = parts().index, _request(query, size)
    result = search(index, wanted)
    hits = [Hit(hit.ark, json.loads(hit.payload), hit.descriptions) for hit in result.hits]
    meant, fewer = None, []
    if helpful and query["q"].strip():
        meant = _other(wanted, corrected(index, query["q"]))
    little = result.total if result.whole is None else result.whole
    if helpful and little < LITTLE:
        alone = [one for one in typed_parts(query["q"]) if not one.unwanted]
        others = (_other(wanted, one.as_typed(), more_than=little) for one in alone if len(alone) > 1)
        fewer = [other for other in others if other is not None]
    return Found(query, result.total, hits, _facets(query, result.facets), meant, fewer, size, result.whole)


def _other(wanted: SearchRequest, text: str, *, more_than: int = 0) -> Other | None:
    """The same search for another text, when it finds more than so many."""
    found, arks = count(parts().index, replace(wanted, text=text)) if text else (0, ())
    return Other(text, found, arks) if found > more_than else None


def _request(query: Mapping[str, Any], size: int) -> SearchRequest:
    return SearchRequest(
        text=query["q"],
        filters={field: tuple(query[name]) for name, field in FACETS.items()},
        page=query["page"],
        size=size,
        sort=query["sort"] or "relevance",
        spans=Spans(
            published=_moments(query["published_from"], query["published_until"]),
            period=(query["period_from"], query["period_until"]),
            created=(query["created_from"], query["created_until"]),
        ),
        language=request_language(),
    )


def _moments(first: date | None, last: date | None) -> tuple[int | None, int | None]:
    """From the beginning of the first day until the end of the last, in China, in seconds since 1970."""
    start = int(datetime.combine(first, time.min, ZONE).timestamp()) if first else None
    end = int(datetime.combine(last, time.max, ZONE).timestamp()) if last else None
    return (None if start is None else max(0, start)), (None if end is None else max(0, end))


def counts() -> dict[str, dict[str, int]]:
    """How many public resources each value of each facet has."""
    result = search(parts().index, SearchRequest(size=1))
    return {name: dict(result.facets[field]) for name, field in FACETS.items()}


def of_occasion(code: str, *, limit: int) -> list[str]:
    """ARKs of resources meant for an occasion: those that speak of it first, then the newest."""
    words = vocabulary("occasions").label(code, "zh").split("（")[0]
    meant = SearchRequest(filters={"occasions": (code,)}, size=limit)
    asked = (replace(meant, text=words), meant)
    return list(dict.fromkeys(hit.ark for one in asked for hit in search(parts().index, one).hits))[:limit]


def marked(texts: Mapping[str, str], asked: str) -> Said:
    """The text for the reader in pieces with whether each is what was asked (`pieces`)."""
    chosen = said(texts)
    return Said(chosen.text, chosen.language, tuple(highlights(chosen.text, asked)) if asked.strip() else ())


def excerpt(hit: Hit, asked: str) -> Said:
    """Of the summary, or else the description, the place where what was asked stands."""
    summary = said(hit.shown["summary"])
    longer = hit.descriptions.get(summary.language, "")
    pieces = snippet([summary.text, longer], asked, SNIPPET)
    return Said("".join(text for text, _ in pieces), summary.language, tuple(pieces))


def as_reply(found: Found) -> dict[str, Any]:
    """The results as `federation.api.schemas.SearchReply` says."""
    origin = parts().settings.origin
    # An ARK is the same in an address as it is: forty addresses are not made one by one.
    page, api = (origin + url_for(name, ark="a")[:-1] for name in ("portal.resource", "public_api.resource"))
    return {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "results": [_hit_reply(hit, page, api) for hit in found.hits],
        "facets": {
            name: [{"code": one.code, "label": one.label, "count": one.count, "chosen": one.chosen} for one in values]
            for name, values in found.facets.items()
        },
        "next": _api_page(found, found.page + 1, origin),
        "previous": _api_page(found, found.page - 1, origin),
    }


def _hit_reply(hit: Hit, page: str, api: str) -> dict[str, Any]:
    shown = hit.shown
    return {
        "ark": hit.ark,
        "url": page + hit.ark,
        "api": api + hit.ark,
        "title": shown["title"],
        "summary": shown["summary"],
        "type": shown["type"],
        "institution": shown["institution"],
        "license": shown["license"],
        "published_at": shown["at"],
    }


def _api_page(found: Found, number: int, origin: str) -> str | None:
    if not 1 <= number <= found.pages:
        return None
    return origin + url_for("public_api.search", **parameters({**found.query, "page": number}))


def _facets(query: Mapping[str, Any], counted: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, list[Value]]:
    names = member_names().read(db.session)
    return {name: _values(name, query[name], dict(counted[field]), names) for name, field in FACETS.items()}


def _values(
    name: str, chosen: Sequence[str], counted: Mapping[str, int], names: Mapping[str, Mapping[str, str]]
) -> list[Value]:
    codes = [*counted, *(code for code in chosen if code not in counted)]
    return [Value(code, _labels(name, code, names), counted.get(code, 0), code in chosen) for code in codes]


def _labels(name: str, code: str, names: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    return names.get(code, {"zh": code}) if name == "institution" else _term(VOCABULARIES[name], code)


@lru_cache(maxsize=1024)
def _term(name: str, code: str) -> Mapping[str, str]:
    known = vocabulary(name)
    return {"zh": known.label(code, "zh"), "en": known.label(code, "en")}
