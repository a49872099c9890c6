"""Following what is new: any search as a feed, and so any theme, institution or type."""

from __future__ import annotations

from collections.abc import Sequence

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
from federation.web.portal.finding import PARSER, Found, find
from federation.web.portal.pictures import Shown, pictures_of
from federation.web.portal.refusal import refusal
from federation.web.portal.search_links import feed_address, search_values
from federation.web.wording import label, said
from shared.canonical import best_text
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
    channel, items = _channel(found, kind), _items(entries)
    if kind == "atom":
        answer = Response(feeds.atom(channel, items), content_type=f"{feeds.ATOM}; charset=utf-8")
    else:
        answer = jsonify(feeds.json_feed(channel, items))
        answer.content_type = feeds.JSON_FEED
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _channel(found: Found, kind: str) -> Channel:
    language, settings = request_language(), parts().settings
    return Channel(
        title=_title(found, settings.hub_name_zh if language == "zh" else settings.hub_name_en),
        page=absolute("portal.search_page", **search_values(found.query)),
        feed=settings.origin + feed_address(found.query, kind),
        language="zh-CN" if language == "zh" else "en",
    )


def _title(found: Found, hub: str) -> str:
    """The hub's name and what was asked for: whoever follows three feeds tells them apart by it."""
    words = found.query["q"].strip()
    chosen = _("、").join(best_text(value.label, request_language()) for _name, value in found.chosen)
    if words and chosen:
        return str(_("%(hub)s：检索“%(words)s”，%(chosen)s", hub=hub, words=words, chosen=chosen))
    if words:
        return str(_("%(hub)s：检索“%(words)s”", hub=hub, words=words))
    return str(_("%(hub)s：%(chosen)s", hub=hub, chosen=chosen) if chosen else _("%(hub)s：新到资源", hub=hub))


def _items(entries: Sequence[Entry]) -> list[Item]:
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
        picture=on_origin(picture.src) if picture else "",
    )
