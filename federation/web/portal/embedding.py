"""A resource's card for other sites: the frame itself, and how a site asks for it (oEmbed)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import catalogue
from federation.collections import reading
from federation.database import db
from federation.days import today
from federation.interop import oembed
from federation.interop.places import Thumbnail
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
    entry = catalogue.latest(db.session(), ark)[1]
    settings = parts().settings
    answer = make_response(render_template("portal/embedded.html", entry=entry, picture=picture_of(entry)))
    policy = content_policy(settings.store_public_endpoint or settings.store_endpoint)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors *")
    return answer


@portal.get("/oembed")
def embed_code() -> ResponseReturnValue:
    """What stands for one of our addresses on another site (oEmbed 1.0 §2.3). Raises `NotFound` for any other."""
    if request.args.get("format", "json") != "json":
        refused = Response(_("只提供 JSON：format=json。"), status=NOT_IMPLEMENTED, mimetype="text/plain")
        return _open_to_all(refused)
    settings, language = parts().settings, request_language()
    url = request.args.get("url", "")[:2000]
    room = [request.args.get(name, type=int) for name in ("maxwidth", "maxheight")]
    slug = oembed.slug_of(url, settings.origin)
    if slug is not None:
        return _code(collecting.embedding(reading.find(db.session(), slug, today=today()), room))
    ark = oembed.ark_of(url, settings.origin)
    if ark is None:
        raise NotFound()
    entry = catalogue.latest(db.session(), ark)[1]
    picture = picture_of(entry)
    return _code(
        oembed.reply(
            title=said(entry.record["title"]).text,
            by=entry.institution.name(language),
            by_url=absolute("portal.institution", code=entry.institution.code),
            hub=settings.hub_name_zh if language == "zh" else settings.hub_name_en,
            origin=settings.origin,
            frame=absolute("portal.embedded", ark=entry.ark),
            picture=Thumbnail(on_origin(picture.src), picture.width, picture.height) if picture else None,
            box=oembed.size(*room),
        )
    )


def _code(said: Mapping[str, Any]) -> Response:
    answer = jsonify(said)
    answer.content_type = (
        oembed.MEDIA_TYPE if "json+oembed" in request.headers.get("Accept", "") else "application/json"
    )
    return _open_to_all(answer)


def _open_to_all(answer: Response) -> Response:
    """Scripts of other sites' pages may read it: it is they that put the frame there."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
