"""Addresses of searches: the one at hand with something changed, its feeds, and what a form keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from federation.api.queries import SPANS, parameters
from federation.language import CHINESE, request_language
from federation.parts import parts
from federation.web.wording import in_quotes, year_span

FACETS = {
    "type": "type",
    "theme": "themes",
    "discipline": "disciplines",
    "audience": "audiences",
    "occasion": "occasions",
    "institution": "institution",
    "license": "license",
}
"""Query parameters in their order of display, and the index's names for them."""
_PLAIN = "!$'()*,/:;?@"
"""Signs that need no escape in a query (RFC 3986 §3.4), but for those with a meaning in a form."""
ENDS = tuple(f"{name}_{end}" for name in SPANS for end in ("from", "until"))


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
    found = parameters(values)
    # A page has sixty of these: what is the same in all is made once, and what follows as Werkzeug would write it.
    page = _search_page(request.script_root)
    return f"{page}?{urlencode(found, doseq=True, safe=_PLAIN)}" if found else page


@lru_cache(maxsize=8)
def _search_page(_root: str) -> str:
    return url_for("portal.search_page")


def feed_address(query: Mapping[str, Any], kind: str = "atom", *, page: int = 1) -> str:
    """Where a page of the feed of this search is, whatever page and order it is seen in."""
    return url_for("portal.feed", kind=kind, **search_values(query), **parameters({"page": page}))


def feed_title(words: str = "", chosen: Sequence[str] = ()) -> str:
    """The hub's name and what was asked for: whoever follows three feeds tells them apart by it."""
    settings = parts().settings
    hub = settings.hub_name_zh if request_language() == CHINESE else settings.hub_name_en
    asked, listed = in_quotes(words), _("、").join(chosen)
    if words.strip() and chosen:
        return str(_("%(hub)s：检索%(words)s，%(chosen)s", hub=hub, words=asked, chosen=listed))
    if words.strip():
        return str(_("%(hub)s：检索%(words)s", hub=hub, words=asked))
    return str(_("%(hub)s：%(chosen)s", hub=hub, chosen=listed) if chosen else _("%(hub)s：新到资源", hub=hub))


def search_values(query: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a search: its words, choices and spans, as parameters."""
    return parameters({name: query[name] for name in ("q", *FACETS, *ENDS) if name in query})


def kept_values(query: Mapping[str, Any], *, without: tuple[str, ...] = ("q",)) -> list[tuple[str, str]]:
    """The parameters that a new search from the same page keeps, but for those that its form has fields for."""
    kept = {name: query[name] for name in ("q", *FACETS, *ENDS, "sort") if name in query and name not in without}
    return [
        (name, one)
        for name, value in parameters(kept).items()
        for one in (value if isinstance(value, list) else [value])
    ]


@dataclass(frozen=True)
class SpanChip:
    """A span that is chosen, in words, and the changes that take it away."""

    text: str
    without: Mapping[str, None]


def span_chips(query: Mapping[str, Any]) -> list[SpanChip]:
    """The spans of a search as the reader's list of choices has them."""
    names = {"published": _("发布于"), "period": _("年代"), "created": _("制作")}
    return [
        SpanChip(f"{names[name]} {_span(first, last)}", {f"{name}_from": None, f"{name}_until": None})
        for name in SPANS
        for first, last in [(query[f"{name}_from"], query[f"{name}_until"])]
        if first is not None or last is not None
    ]


def _span(first: Any, last: Any) -> str:
    """Years or days from the first until the last, in the reader's language."""
    if isinstance(first or last, date):
        one, other = (format_date(day, "medium") if day else "" for day in (first, last))
        return f"{one} – {other}".strip()
    return year_span(first, last)
