"""Following what is new: any search as a feed, and so any theme, institution or type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import EXCLUDE

from federation import catalogue
from federation.api.queries import SearchQuery
from federation.catalogue import Entry
from federation.database import db
from federation.interop import feeds
from federation.interop.feeds import Channel, Item
from federation.language import request_language
from federation.parts import parts
from federation.web.addresses import absolute, on_origin
from federation.web.portal.blueprint import portal
from federation.web.portal.finding import PARSER, feed_address, find, search_values
from federation.web.portal.pictures import picture_of
from federation.web.portal.refusal import refusal
from federation.web.wording import label, said
from shared.errors import InvalidRequest

KINDS = {"atom": feeds.ATOM, "json": feeds.JSON_FEED}


@portal.get("/feed.<any(atom,json):kind>")
def feed(kind: str) -> ResponseReturnValue:
    """What a search finds, the newest first; without words and choices, everything."""
    try:
        query = PARSER.parse(SearchQuery, request, location="query", unknown=EXCLUDE)
    except InvalidRequest as error:
        return render_template("portal/refused.html", refused=refusal(request.args, error.errors)), error.status
    found = find({**query, "sort": "newest", "page": 1})
    entries = catalogue.by_arks(db.session(), [hit.ark for hit in found.hits])
    entries.sort(key=lambda entry: entry.at, reverse=True)
    channel, items = _channel(query, kind), [item_of(entry) for entry in entries]
    if kind == "atom":
        return Response(feeds.atom(channel, items), content_type=f"{feeds.ATOM}; charset=utf-8")
    answer = jsonify(feeds.json_feed(channel, items))
    answer.content_type = feeds.JSON_FEED
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _channel(query: Mapping[str, Any], kind: str) -> Channel:
    language, settings = request_language(), parts().settings
    hub = settings.hub_name_zh if language == "zh" else settings.hub_name_en
    words = query["q"].strip()
    title = _("%(hub)s：检索“%(words)s”", hub=hub, words=words) if words else _("%(hub)s：新到资源", hub=hub)
    return Channel(
        title=title,
        page=absolute("portal.search_page", **search_values(query)),
        feed=settings.origin + feed_address(query, kind),
        language="zh-CN" if language == "zh" else "en",
    )


def item_of(entry: Entry) -> Item:
    """A resource as an item of a feed."""
    language, picture = request_language(), picture_of(entry)
    return Item(
        id=on_origin(f"/{entry.ark}"),
        page=absolute("portal.resource", ark=entry.ark),
        title=said(entry.record["title"]).text,
        summary=said(entry.record["summary"]).text,
        by=entry.institution.name(language),
        at=entry.at,
        tags=[label("types", entry.type), *(label("themes", code) for code in entry.record["themes"])],
        picture=on_origin(picture) if picture else "",
    )
