"""What crawlers and browsers ask for by themselves: robots.txt, the sitemaps, and how to search here."""

from __future__ import annotations

from flask import Response

from federation import catalogue
from federation.catalogue import Listed
from federation.collections import reading
from federation.database import db
from federation.days import today
from federation.interop import opensearch, sitemaps
from federation.language import request_language
from federation.parts import parts
from federation.web.addresses import absolute
from federation.web.assets import asset_url
from federation.web.portal.blueprint import portal
from shared.errors import NotFound

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
    content = sitemaps.index([*addresses, absolute("portal.sitemap_of_collections")])
    return Response(content, content_type=XML)


@portal.get("/sitemap-<int(max=2147483647):number>.xml")
def sitemap(number: int) -> Response:
    """One sitemap: the pages of some of the public resources. Raises `NotFound` for a file that there is not."""
    session = db.session()
    if not 1 <= number <= sitemaps.parts_of(catalogue.position(session)):
        raise NotFound()
    first, last = sitemaps.stretch(number)
    content = sitemaps.urlset(
        catalogue.listed(session, first=first, last=last, today=today()),
        page=lambda ark: absolute("portal.resource", ark=ark),
        picture=lambda ark, name: absolute("portal.download", ark=ark, name=name, inline=1),
    )
    return Response(content, content_type=XML)


@portal.get("/sitemap-collections.xml")
def sitemap_of_collections() -> Response:
    """The pages of all collections that are shown, those that have ended too.

    A sitemap names what is beside or below it (sitemaps.org, "Sitemap file location"), and so it stands at the root.
    """
    listed = [Listed(slug, at, "") for slug, at in reading.addresses(db.session())]
    content = sitemaps.urlset(
        listed,
        page=lambda slug: absolute("portal.collection", slug=slug),
        picture=lambda slug, _: absolute("portal.collection", slug=slug),
    )
    return Response(content, content_type=XML)


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
