"""One resource: its page, and its files by way of the object store."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers

from federation import catalogue, counting, feedback, usage
from federation.catalogue import Page, PublicFile
from federation.database import db, session_is_open
from federation.days import today
from federation.derivatives import reading
from federation.interop import citations, oembed, schema_org, signposting
from federation.interop.places import Places
from federation.language import request_language
from federation.parts import parts
from federation.storage.disposition import base_type
from federation.web import viewing
from federation.web.addresses import absolute
from federation.web.portal import companions, coverage, previews
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from federation.web.portal.descriptions import HTML, described, places_of, said_in_dublin_core, wanted
from federation.web.portal.memory import finder
from federation.web.portal.neighbours import neighbourhood
from federation.web.portal.pictures import pictures_of
from federation.web.portal.uses import count
from federation.web.wording import said
from shared.errors import NotFound
from shared.vocabularies import Term, vocabulary

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class ToTheStore(Response):
    """A redirect to a presigned address: that is a URI already, so nothing of it is looked at or joined again."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """The headers as they are; the body is empty."""
        headers = Headers(self.headers)
        headers["Content-Length"] = "0"
        return headers


@portal.get("/resources/<path:ark>")
def resource(ark: str) -> ResponseReturnValue:
    """The page of a resource; any other way to write its ARK leads to the one address."""
    moved = elsewhere(ark, "portal.resource")
    if moved is not None:
        return moved
    page = catalogue.find(db.session(), ark, today=today())
    form = wanted()
    if form == HTML:
        count(counting.VIEW, page.entry.resource_id)
    places = places_of(page)
    answer = make_response(_html(page, places) if form == HTML else described(page, places, form))
    answer.headers["Content-Security-Policy"] = viewing.policy()
    answer.headers["Link"] = signposting.header(signposting.links(page, places), places)
    answer.vary.add("Accept")
    return answer


def _html(page: Page, places: Places) -> str:
    title = said(page.record["title"])
    near = neighbourhood(page)
    seen = previews.of(db.session(), page, address=partial(_inline, page.entry.ark))
    return render_template(
        "portal/resource.html",
        page=page,
        record=page.record,
        previews=seen,
        pictures=pictures_of([*(one.entry for one in page.relations), *near["around"].entries]),
        **companions.of(page),
        leads=coverage.links(page.record.get("coverage", {})),
        licence=_licence(page.record["license"]),
        uses=usage.totals(db.session(), page.entry.resource_id),
        citation=citations.gbt7714(
            page, title=title.text, language=request_language(), address=places.cite, today=today()
        ),
        places=places,
        embed_code=oembed.frame_of(absolute("portal.embedded", ark=page.entry.ark), title.text),
        json_ld=schema_org.describe(page, places),
        elements=said_in_dublin_core(page),
        voices=feedback.shown(db.session(), page.entry.resource_id),
        opens=previews.may_open,
        software=previews.software,
        **near,
    )


@portal.get("/resources/<path:ark>/files/<name>")
def download(ark: str, name: str) -> ResponseReturnValue:
    """Count the download and lead to the bytes, which the store serves itself; `?inline` shows instead of saving."""
    moved = elsewhere(ark, "portal.download", name=name)
    if moved is not None:
        return moved
    engine = None if session_is_open() else db.engine
    file = finder().find(db.session, ark, name, today=today(), engine=engine)
    inline = "inline" in request.args
    if not inline:
        count(counting.DOWNLOAD, file.resource_id, file.sha256)
    look = request.method == "HEAD"
    url = parts().store.download_url(
        sha256=file.sha256,
        name=file.name,
        media_type=_charset(file) if inline else file.media_type,
        inline=inline,
        look=look,
    )
    answer = ToTheStore(status=302, content_type="text/plain; charset=utf-8")
    answer.headers["Location"] = url
    answer.headers["Cache-Control"] = "no-store"
    return answer


@portal.get("/ark:<path:name>")
@portal.get("/ark:/<path:name>")
def resolve(name: str) -> ResponseReturnValue:
    """`https://hub/ark:99999/…`, the form in which ARKs are cited, leads to the page; the older `ark:/…` too."""
    ark = catalogue.normal_ark(f"ark:{name}")
    if ark is None:
        raise NotFound()
    return redirect(url_for("portal.resource", ark=ark), 302)


def _inline(ark: str, file: PublicFile) -> str:
    return url_for("portal.download", ark=ark, name=file.name, inline=1)


def _licence(code: str) -> Term | None:
    return vocabulary("licenses").terms.get(code)


def _charset(file: PublicFile) -> str:
    """The media type of a text with the encoding that it was found to have: else Chinese may be garbled."""
    if base_type(file.media_type) != "text/plain" or "charset" in file.media_type.lower():
        return file.media_type
    head = reading.texts(db.session(), [file.sha256]).get(file.sha256)
    return f"text/plain; charset={head.charset}" if head else file.media_type
