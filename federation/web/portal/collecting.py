"""Collections and campaigns for the public: the list, each at its lasting address, its feed, and its card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from federation import catalogue, days
from federation.collections import reading
from federation.collections.content import CAMPAIGN, COLLECTION
from federation.collections.reading import COMING, CURRENT, PAST, Shown
from federation.database import db
from federation.interop import feeds, oembed, schema_org_collections
from federation.interop.feeds import Channel
from federation.interop.places import Thumbnail
from federation.language import request_language
from federation.models.institutions import Institution
from federation.packs import whole
from federation.parts import parts
from federation.web.addresses import absolute, on_origin
from federation.web.headers import content_policy
from federation.web.portal.blueprint import portal
from federation.web.portal.following import KINDS, items_of
from federation.web.portal.pictures import picture_of, pictures_of
from federation.web.wording import said

KIND_NAMES = {COLLECTION: _l("专题集"), CAMPAIGN: _l("主题活动")}
PHASES = {COMING: _l("即将开始"), CURRENT: _l("正在进行"), PAST: _l("已结束")}


@portal.app_context_processor
def _names() -> dict[str, Any]:
    return {"collection_kinds": KIND_NAMES, "collection_phases": PHASES}


@portal.get("/collections")
def collections() -> ResponseReturnValue:
    """All that is shown: what is on, and what is over."""
    page = request.args.get("page", 1, type=int)
    found, pages = reading.listed(db.session(), today=days.today(), page=page)
    return render_template(
        "portal/collections.html",
        found=found,
        pictures=pictures_of([one.cover for one in found if one.cover]),
        page=min(max(1, page), pages),
        pages=pages,
    )


@portal.get("/collections/<slug>")
def collection(slug: str) -> ResponseReturnValue:
    """One collection; what has ended is still read here."""
    return collection_page(reading.find(db.session(), slug, today=days.today()))


def collection_page(shown: Shown, *, draft: str = "", back: str = "") -> str:
    """The page of a collection; where an editor looks at it before the public, `draft` says so above it, with the way
    `back`.
    """
    on, slug = days.today(), shown.collection.slug
    address, entries = absolute("portal.collection", slug=slug), [one.entry for one in shown.items]
    pictures = pictures_of([*entries, shown.cover] if shown.cover else entries)
    return render_template(
        "portal/collection.html",
        shown=shown,
        it=shown.collection,
        curator=shown.curator,
        pictures=pictures,
        cover_picture=pictures.get(shown.cover.ark) if shown.cover else None,
        licences=Counter(entry.record["license"] for entry in entries).most_common(),
        extent=whole.extent(entries),
        hindered=[one for one in entries if one.record.get("files") and catalogue.embargoed(one.record, on)],
        too_large=whole.is_too_large(entries),
        address=address,
        feed_title=_feed_title(shown),
        embed_code=oembed.frame_of(absolute("portal.embedded_collection", slug=slug), said(shown.content.title).text),
        json_ld=collection_json_ld(shown),
        draft=draft,
        back=back,
    )


@portal.get("/collections/<slug>/feed.<any(atom,json):kind>")
def collection_feed(slug: str, kind: str) -> ResponseReturnValue:
    """What is in a collection, as a feed: what changed last first."""
    shown = reading.find(db.session(), slug, today=days.today())
    entries = sorted((one.entry for one in shown.items), key=lambda entry: entry.at, reverse=True)
    channel = Channel(
        title=_feed_title(shown),
        page=absolute("portal.collection", slug=slug),
        feed=absolute("portal.collection_feed", slug=slug, kind=kind),
        language="zh-CN" if request_language() == "zh" else "en",
    )
    items = items_of(entries)
    if kind == "atom":
        return Response(feeds.atom(channel, items), content_type=f"{KINDS[kind]}; charset=utf-8")
    answer = jsonify(feeds.json_feed(channel, items))
    answer.content_type = KINDS[kind]
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@portal.get("/embed/collections/<slug>")
def embedded_collection(slug: str) -> ResponseReturnValue:
    """The card of a collection, for a frame of any site; it leads to the page in a window of its own."""
    shown, settings = reading.find(db.session(), slug, today=days.today()), parts().settings
    picture = picture_of(shown.cover) if shown.cover else None
    answer = make_response(render_template("portal/embedded_collection.html", shown=shown, picture=picture))
    policy = content_policy(settings.store_public_endpoint or settings.store_endpoint)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors *")
    return answer


def embedding(shown: Shown, room: Sequence[int | None]) -> Mapping[str, Any]:
    """What stands for a collection on another site (oEmbed 1.0 §2.3.4.4)."""
    settings, slug = parts().settings, shown.collection.slug
    picture = picture_of(shown.cover) if shown.cover else None
    owner = shown.curator
    return oembed.reply(
        title=said(shown.content.title).text,
        by=curator_name(owner),
        by_url=absolute("portal.institution", code=owner.code) if owner else absolute("portal.home"),
        hub=_hub_name(),
        origin=settings.origin,
        frame=absolute("portal.embedded_collection", slug=slug),
        picture=Thumbnail(on_origin(picture.src), picture.width, picture.height) if picture else None,
        box=oembed.size(*room),
    )


def collection_json_ld(shown: Shown) -> dict[str, Any]:
    """A collection as schema.org says it."""
    owner, slug = shown.curator, shown.collection.slug
    place = absolute("portal.institution", code=owner.code) if owner else absolute("portal.home")
    return schema_org_collections.describe(
        shown,
        page=absolute("portal.collection", slug=slug),
        parts=[on_origin(f"/{one.entry.ark}") for one in shown.items],
        curator={"@type": "Organization", "name": curator_name(owner), "url": place},
    )


def curator_name(owner: Institution | None) -> str:
    """Who curates a collection; the alliance goes by the name of the hub."""
    return owner.name(request_language()) if owner else _hub_name()


def _feed_title(shown: Shown) -> str:
    return str(_("%(title)s · %(hub)s", title=said(shown.content.title).text, hub=_hub_name()))


def _hub_name() -> str:
    settings = parts().settings
    return settings.hub_name_zh if request_language() == "zh" else settings.hub_name_en
