"""What crawlers and browsers ask for by themselves: robots.txt, the sitemaps, and how to search here."""

from __future__ import annotations

from flask import Response

from federation import catalogue, listing
from federation.collections import reading
from federation.database import db
from federation.days import today
from federation.interop import opensearch, sitemaps
from federation.interop.sitemaps import Page
from federation.language import request_language
from federation.listing import Listed
from federation.parts import parts
from federation.web.addresses import absolute, on_origin
from federation.web.assets import asset_url
from federation.web.portal import pictures, timeline
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import keeper
from shared.errors import NotFound
from shared.vocabularies import vocabulary

WAYS_IN = ("home", "browse", "search_page", "timeline", "world", "calendar", "collections", "institutions", "about")
"""Pages that are always there, by their views."""
XML = "application/xml; charset=utf-8"
ROBOTS = """User-agent: *
Disallow: /workbench/
Disallow: /en/workbench/
Disallow: /api/v1/federation/
Disallow: /*/files/
Allow: /*/files/*?inline=1
Disallow: /*/pack.zip
Disallow: /*/bag.zip
Disallow: /search?
Disallow: /en/search?
Disallow: /map/
Disallow: /en/map/
Disallow: /suggestions
Disallow: /en/suggestions
"""
"""The longest rule wins (RFC 9309 §2.2.2): nothing is downloaded, but the pictures in sitemaps may be looked at."""


@portal.get("/robots.txt")
def robots() -> Response:
    """What crawlers should leave alone, and where the list of all pages is."""
    place = absolute("portal.sitemap_index")
    return Response(f"{ROBOTS}\nSitemap: {place}\n", content_type="text/plain; charset=utf-8")


@portal.get("/sitemap.xml")
def sitemap_index() -> Response:
    """Where the sitemaps are."""
    numbers = range(1, sitemaps.parts_of(catalogue.position(db.session())) + 1)
    addresses = [absolute("portal.sitemap", number=number) for number in numbers]
    others = [absolute("portal.sitemap_of_pages"), absolute("portal.sitemap_of_collections")]
    content = sitemaps.index([*addresses, *others])
    return Response(content, content_type=XML)


@portal.get("/sitemap-<int(max=2147483647):number>.xml")
def sitemap(number: int) -> Response:
    """One sitemap: the pages of some of the public resources. Raises `NotFound` for a file that there is not."""
    session = db.session()
    if not 1 <= number <= sitemaps.parts_of(catalogue.position(session)):
        raise NotFound()
    first, last = sitemaps.stretch(number)
    listed = listing.listed(session, first=first, last=last, today=today())
    return Response(sitemaps.urlset(map(_page, listed)), content_type=XML)


def _page(one: Listed) -> Page:
    address, seen = absolute("portal.resource", ark=one.ark), one.picture
    if seen is None:
        return Page(address, one.at)
    if seen.made is not None:
        picture = on_origin(pictures.address(one.ark, seen.made))
    else:
        picture = absolute("portal.download", ark=one.ark, name=seen.original, inline=1)
    term = vocabulary("licenses").terms.get(seen.licence)
    return Page(address, one.at, picture, (term.uri or "") if term else "")


@portal.get("/sitemap-pages.xml")
def sitemap_of_pages() -> Response:
    """The ways into the catalogue: what one browses by, each period, occasion and member that has something."""
    figures, session = keeper().read(db.session()), db.session()
    periods, centuries = timeline.counted_bands()
    bands = [one.band.code for one in (*periods, *centuries) if one.count]
    members = [one.institution.code for one in catalogue.members(session, figures) if one.resources]
    addresses = [
        *(absolute(f"portal.{name}") for name in WAYS_IN),
        *(absolute("portal.timeline_band", code=code) for code in bands),
        *(absolute("portal.occasion", code=term.code) for term in vocabulary("occasions")),
        *(absolute("portal.institution", code=code) for code in members),
    ]
    return Response(sitemaps.urlset(map(Page, addresses)), content_type=XML)


@portal.get("/sitemap-collections.xml")
def sitemap_of_collections() -> Response:
    """The pages of all collections that are shown, those that have ended too.

    A sitemap names what is beside or below it (sitemaps.org, "Sitemap file location"), and so it stands at the root.
    """
    found = reading.addresses(db.session())
    pages = (Page(absolute("portal.collection", slug=slug), at) for slug, at in found)
    return Response(sitemaps.urlset(pages), content_type=XML)


@portal.get("/opensearch.xml")
def search_description() -> Response:
    """How a browser searches here."""
    settings, language = parts().settings, request_language()
    chinese = language == "zh"
    content = opensearch.description(
        name=settings.hub_name_zh if chinese else settings.hub_name_en,
        about=f"检索{settings.hub_name_zh}" if chinese else f"Search {settings.hub_name_en}",
        search=absolute("portal.search_page") + "?q=",
        suggest=absolute("portal.suggestions") + "?q=",
        api=absolute("public_api.search") + "?q=",
        icon=settings.origin + asset_url("favicon.svg"),
        language="zh-CN" if chinese else "en",
    )
    return Response(content, content_type=opensearch.MEDIA_TYPE)
