"""One resource: its page, and its files by way of the object store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Headers

from federation import catalogue, counting, feedback, usage
from federation.catalogue import Page, PublicFile
from federation.database import db, session_is_open
from federation.days import today
from federation.interop import citations, oembed, schema_org, signposting
from federation.interop.places import Places
from federation.language import request_language
from federation.parts import parts
from federation.storage.disposition import SAFE_INLINE, base_type
from federation.web.addresses import absolute
from federation.web.frame import is_picture
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from federation.web.portal.descriptions import HTML, described, places_of, said_in_dublin_core, wanted
from federation.web.portal.memory import finder
from federation.web.portal.neighbours import neighbourhood
from federation.web.portal.uses import count
from federation.web.wording import said
from shared.errors import NotFound
from shared.vocabularies import Term, vocabulary

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_PICTURE_BYTES = 5_000_000
"""A larger picture is not loaded into the page: it can be opened by itself."""


@dataclass(frozen=True)
class Showing:
    """What of a resource its page shows at once; everything else is in the list of files."""

    picture: PublicFile | None
    media: list[PublicFile]
    captions: list[PublicFile]


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
    answer.headers["Link"] = signposting.header(signposting.links(page, places), places)
    answer.vary.add("Accept")
    return answer


def _html(page: Page, places: Places) -> str:
    title = said(page.record["title"])
    return render_template(
        "portal/resource.html",
        page=page,
        record=page.record,
        showing=_showing(page),
        lessons=[one.entry for one in page.relations if one.type == "has-part"],
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
        opens=_opens,
        **neighbourhood(page),
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
        sha256=file.sha256, name=file.name, media_type=file.media_type, inline=inline, look=look
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


def _licence(code: str) -> Term | None:
    return vocabulary("licenses").terms.get(code)


def _opens(file: PublicFile) -> bool:
    """Whether a browser shows the file by itself, and the store lets it (nothing in it runs)."""
    kind = base_type(file.media_type)
    return kind in SAFE_INLINE and not kind.startswith(("audio/", "video/")) and kind != "text/vtt"


def _showing(page: Page) -> Showing:
    open_files = [file for file in page.files if file.open]
    pictures = [file for file in open_files if is_picture(file.media_type) and file.size <= MAX_PICTURE_BYTES]
    covers = [file for file in pictures if file.role == "cover"]
    main = [file for file in pictures if file.role == "main"]
    media = [file for file in open_files if file.media_type.startswith(("video/", "audio/"))]
    captions = [file for file in open_files if file.media_type == "text/vtt"]
    picture = next(iter(main + covers), None)
    return Showing(None if media else picture, media[:3], captions)
