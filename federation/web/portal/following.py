"""Following what is new: any search as a feed, and so any theme, institution or type."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE

from federation.catalogue import Entry
from federation.interop import feeds
from federation.interop.feeds import Channel, Item
from federation.language import request_language
from federation.web.addresses import absolute, on_origin
from federation.web.portal.blueprint import portal
from federation.web.portal.finding import PARSER, SEARCH_QUERY, Found, find_entries
from federation.web.portal.pictures import Shown, pictures_of
from federation.web.portal.refusal import refusal
from federation.web.portal.search_links import feed_address, feed_title, search_values
from federation.web.wording import label, said
from shared.errors import InvalidRequest, NotFound

ENTRIES = 50
"""Resources in one page of a feed."""
KINDS = {"atom": feeds.ATOM, "json": feeds.JSON_FEED}


@portal.get("/feed.<any(atom,json):kind>")
def feed(kind: str) -> ResponseReturnValue:
    """What a search finds, the newest first; without words and choices, everything."""
    try:
        query = PARSER.parse(SEARCH_QUERY, request, location="query", unknown=EXCLUDE)
    except InvalidRequest as error:
        return render_template("portal/refused.html", refused=refusal(request.args, error.errors)), error.status
    found, known = find_entries({**query, "sort": "newest"}, size=ENTRIES)
    if found.page > max(1, found.pages):
        raise NotFound()
    entries = sorted((known[hit.ark] for hit in found.hits), key=lambda entry: entry.at, reverse=True)
    channel, items = _channel(found, kind), items_of(entries)
    if kind == "atom":
        answer = Response(feeds.atom(channel, items), content_type=f"{feeds.ATOM}; charset=utf-8")
    else:
        answer = jsonify(feeds.json_feed(channel, items))
        answer.content_type = feeds.JSON_FEED
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _channel(found: Found, kind: str) -> Channel:
    numbers = {"first": 1, "previous": found.page - 1, "next": found.page + 1, "last": found.pages}
    return Channel(
        title=feed_title(found.query["q"], [value.said for _name, value in found.chosen]),
        page=absolute("portal.search_page", **search_values(found.query)),
        feed=on_origin(feed_address(found.query, kind, page=found.page)),
        language="zh-CN" if request_language() == "zh" else "en",
        others={
            relation: on_origin(feed_address(found.query, kind, page=number))
            for relation, number in numbers.items()
            if found.pages > 1 and 1 <= number <= found.pages
        },
    )


def items_of(entries: Sequence[Entry]) -> list[Item]:
    """Resources as items of a feed."""
    pictures = pictures_of(entries)
    return [_item(entry, pictures.get(entry.ark)) for entry in entries]


def _item(entry: Entry, picture: Shown | None) -> Item:
    language = request_language()
    return Item(
        id=on_origin(f"/{entry.ark}"),
        page=absolute("portal.resource", ark=entry.ark),
        title=said(entry.record["title"]).text,
        summary=said(entry.record["summary"]).text,
        by=entry.institution.name(language),
        at=entry.at,
        tags=[label("types", entry.type), *(label("themes", code) for code in entry.record["themes"])],
        picture=picture.widest if picture else None,
    )
