"""Searching: the page of results, and the same results for programs. What is found comes from the index."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE
from sqlalchemy import select

from federation import catalogue
from federation.api.openapi import QueryParser
from federation.api.queries import MAX_PAGE, SearchQuery
from federation.database import db
from federation.models.institutions import Institution
from federation.parts import parts
from federation.search.marking import highlights
from federation.search.matching import is_wordless
from federation.search.query import SearchRequest, search
from federation.web.portal.blueprint import portal
from federation.web.portal.paging import page_numbers
from federation.web.portal.pictures import pictures_of
from federation.web.portal.refusal import refusal
from federation.web.wording import Said, said
from shared.errors import InvalidRequest
from shared.vocabularies import vocabulary

PAGE_SIZE = 20
FACETS = {
    "type": "type",
    "theme": "themes",
    "discipline": "disciplines",
    "audience": "audiences",
    "institution": "institution",
    "license": "license",
}
"""Query parameters in their order of display, and the index's names for them."""
VOCABULARIES = {
    "type": "types",
    "theme": "themes",
    "discipline": "disciplines",
    "audience": "audiences",
    "license": "licenses",
}
PARSER = QueryParser()


@dataclass(frozen=True)
class Value:
    """A value of a facet, its labels by language, and how many hits choosing it leaves."""

    code: str
    label: Mapping[str, str]
    count: int
    chosen: bool


@dataclass(frozen=True)
class Hit:
    """One resource found, as the index keeps it."""

    ark: str
    shown: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The code of its type."""
        return str(self.shown["type"])


@dataclass(frozen=True)
class Found:
    """A page of hits with the facets that narrow them."""

    query: Mapping[str, Any]
    total: int
    hits: Sequence[Hit]
    facets: Mapping[str, Sequence[Value]]

    @property
    def page(self) -> int:
        """The number of this page, from 1."""
        return int(self.query["page"])

    @property
    def pages(self) -> int:
        """How many pages there are to see."""
        return min(MAX_PAGE, -(-self.total // PAGE_SIZE))

    @cached_property
    def chosen(self) -> list[tuple[str, Value]]:
        """The facet values that are chosen, with their parameters."""
        return [(name, value) for name, values in self.facets.items() for value in values if value.chosen]

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
        query = PARSER.parse(SearchQuery, request, location="query", unknown=EXCLUDE)
    except InvalidRequest as error:
        return render_template("portal/refused.html", refused=refusal(request.args, error.errors)), error.status
    found = find(query)
    return render_template(
        "portal/search.html",
        found=found,
        pictures=pictures_of(catalogue.by_arks(db.session(), [hit.ark for hit in found.hits])),
        query=query,
        with_change=with_change,
        feed_address=feed_address,
        kept_values=kept_values,
        marked=marked,
    )


def find(query: Mapping[str, Any]) -> Found:
    """Ask the index what `query` (checked by `SearchQuery`) says."""
    wanted = SearchRequest(
        text=query["q"],
        filters={field: tuple(query[name]) for name, field in FACETS.items()},
        page=query["page"],
        size=PAGE_SIZE,
        sort=query["sort"] or "relevance",
    )
    result = search(parts().index, wanted)
    hits = [Hit(hit.ark, json.loads(hit.payload)) for hit in result.hits]
    return Found(query, result.total, hits, _facets(query, result.facets))


def counts() -> dict[str, dict[str, int]]:
    """How many public resources each value of each facet has."""
    result = search(parts().index, SearchRequest(size=1))
    return {name: dict(result.facets[field]) for name, field in FACETS.items()}


def of_occasion(code: str, *, limit: int) -> list[str]:
    """ARKs of resources meant for an occasion, the most fitting first."""
    wanted = SearchRequest(text=vocabulary("occasions").label(code, "zh").split("（")[0], size=50)
    hits = search(parts().index, wanted).hits
    return [hit.ark for hit in hits if code in json.loads(hit.payload)["occasions"]][:limit]


def with_change(query: Mapping[str, Any], **changes: Any) -> str:
    """The address of this search with some parameters changed; a facet value is added or taken away.

    Every other change than of the page leads back to the first one.
    """
    values: dict[str, Any] = {"page": 1, **query} if "page" in changes else {**query, "page": 1}
    for name, value in changes.items():
        if name in FACETS:
            kept = [one for one in query[name] if one != value]
            values[name] = sorted(kept if value in query[name] else [*kept, value])
        else:
            values[name] = value
    if values["page"] == 1:
        values["page"] = None
    return url_for("portal.search_page", **{name: value for name, value in values.items() if value})


def feed_address(query: Mapping[str, Any], kind: str = "atom") -> str:
    """Where the feed of this search is, whatever page and order it is seen in."""
    return url_for("portal.feed", kind=kind, **search_values(query))


def search_values(query: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a search: its words and choices."""
    return {name: query[name] for name in ("q", *FACETS) if query.get(name)}


def kept_values(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parameters that a new search from the same page keeps: what is chosen, not the words."""
    chosen = [(name, value) for name in FACETS for value in query[name]]
    return [*chosen, ("sort", query["sort"])] if query["sort"] else chosen


def marked(texts: Mapping[str, str], asked: str, *, limit: int = 0) -> Said:
    """The text for the reader, cut at `limit`, in pieces with whether each is what was asked (`pieces`)."""
    chosen = said(texts)
    text = chosen.text if not limit or len(chosen.text) <= limit else chosen.text[: limit - 1] + "…"
    return Said(text, chosen.language, tuple(highlights(text, asked)) if asked.strip() else ())


def as_reply(found: Found) -> dict[str, Any]:
    """The results as `federation.api.schemas.SearchReply` says."""
    origin = parts().settings.origin
    return {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "results": [_hit_reply(hit, origin) for hit in found.hits],
        "facets": {
            name: [{"code": one.code, "label": one.label, "count": one.count, "chosen": one.chosen} for one in values]
            for name, values in found.facets.items()
        },
        "next": _api_page(found, found.page + 1, origin),
        "previous": _api_page(found, found.page - 1, origin),
    }


def _hit_reply(hit: Hit, origin: str) -> dict[str, Any]:
    shown = hit.shown
    return {
        "ark": hit.ark,
        "url": origin + url_for("portal.resource", ark=hit.ark),
        "api": origin + url_for("public_api.resource", ark=hit.ark),
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
    values = {**found.query, "page": number}
    return origin + url_for("public_api.search", **{name: value for name, value in values.items() if value})


def _facets(query: Mapping[str, Any], counted: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, list[Value]]:
    names = _institution_names()
    return {name: _values(name, query[name], dict(counted[field]), names) for name, field in FACETS.items()}


def _values(
    name: str, chosen: Sequence[str], counted: Mapping[str, int], names: Mapping[str, Mapping[str, str]]
) -> list[Value]:
    codes = [*counted, *(code for code in chosen if code not in counted)]
    return [Value(code, _labels(name, code, names), counted.get(code, 0), code in chosen) for code in codes]


def _labels(name: str, code: str, names: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    if name == "institution":
        return names.get(code, {"zh": code})
    known = vocabulary(VOCABULARIES[name])
    return {"zh": known.label(code, "zh"), "en": known.label(code, "en")}


def _institution_names() -> dict[str, dict[str, str]]:
    rows = db.session.execute(select(Institution.code, Institution.name_zh, Institution.name_en))
    return {code: {"zh": zh or en, "en": en or zh} for code, zh, en in rows}
