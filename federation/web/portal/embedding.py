"""A resource's card for other sites: the frame itself, and how a site asks for it (oEmbed)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from federation import catalogue
from federation.collections import reading
from federation.database import db
from federation.days import today
from federation.interop import oembed
from federation.language import request_language
from federation.parts import parts
from federation.web.addresses import absolute, on_origin
from federation.web.headers import content_policy
from federation.web.portal import collecting
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from federation.web.portal.pictures import picture_of
from federation.web.wording import said
from shared.errors import NotFound

NOT_IMPLEMENTED = 501


@portal.get("/embed/<path:ark>")
def embedded(ark: str) -> ResponseReturnValue:
    """The card of a resource, for a frame of any site; it leads to the page in a window of its own."""
    moved = elsewhere(ark, "portal.embedded")
    if moved is not None:
        return moved
    _, entry = catalogue.latest(db.session(), ark)
    settings = parts().settings
    answer = make_response(render_template("portal/embedded.html", entry=entry, picture=picture_of(entry)))
    policy = content_policy(settings.store_public_endpoint or settings.store_endpoint)
    answer.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors *")
    return answer


@portal.get("/oembed")
def embed_code() -> ResponseReturnValue:
    """What stands for one of our addresses on another site (oEmbed 1.0 §2.3). Raises `NotFound` for any other."""
    if request.args.get("format", "json") != "json":
        return Response("only format=json\n", status=NOT_IMPLEMENTED, content_type="text/plain; charset=utf-8")
    settings, language = parts().settings, request_language()
    url = request.args.get("url", "")[:2000]
    room = [request.args.get(name, type=int) for name in ("maxwidth", "maxheight")]
    slug = oembed.slug_of(url, settings.origin)
    if slug is not None:
        return _code(collecting.embedding(reading.find(db.session(), slug, today=today()), room))
    ark = oembed.ark_of(url, settings.origin)
    if ark is None:
        raise NotFound()
    _, entry = catalogue.latest(db.session(), ark)
    picture = picture_of(entry)
    return _code(
        oembed.reply(
            title=said(entry.record["title"]).text,
            by=entry.institution.name(language),
            by_url=absolute("portal.institution", code=entry.institution.code),
            hub=settings.hub_name_zh if language == "zh" else settings.hub_name_en,
            origin=settings.origin,
            frame=absolute("portal.embedded", ark=entry.ark),
            picture=on_origin(picture) if picture else "",
            box=oembed.size(*room),
        )
    )


def _code(said: Mapping[str, Any]) -> Response:
    answer = jsonify(said)
    answer.content_type = (
        oembed.MEDIA_TYPE if "json+oembed" in request.headers.get("Accept", "") else "application/json"
    )
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
