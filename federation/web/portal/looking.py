"""Files of a resource as its page shows them: a page that runs in a frame, the PDF of a document, captions."""

from __future__ import annotations

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from federation.catalogue import PublicFile
from federation.database import db
from federation.days import today
from federation.derivatives import reading
from federation.parts import parts
from federation.renditions import making
from federation.storage.disposition import HTML, base_type
from federation.web import viewing
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import finder
from shared.errors import NotFound

MOST_CAPTIONS = 2_000_000
"""Bytes of captions: those of a day-long film have less."""
VTT = "text/vtt; charset=utf-8"


@portal.get("/resources/<path:ark>/frames/<name>")
def framed(ark: str, name: str) -> ResponseReturnValue:
    """A page that runs, for the sandboxed frame of the resource's page; for anybody else an attachment.

    Opened by itself it would run with the store's origin. Browsers say who asks (`viewing.in_our_frame`); those
    that do not get the attachment, too.
    """
    moved = elsewhere(ark, "portal.framed", name=name)
    if moved is not None:
        return moved
    file = _may_be_seen(ark, name)
    if base_type(file.media_type) != HTML:
        raise NotFound()
    store = parts().store
    if viewing.in_our_frame(request.headers):
        return _to(store.framed_url(sha256=file.sha256, name=file.name))
    return _to(store.download_url(sha256=file.sha256, name=file.name, media_type=file.media_type))


@portal.get("/resources/<path:ark>/pdf/<name>")
def as_pdf(ark: str, name: str) -> ResponseReturnValue:
    """The PDF that the hub has made of an office document."""
    moved = elsewhere(ark, "portal.as_pdf", name=name)
    if moved is not None:
        return moved
    file = _may_be_seen(ark, name)
    rendition = making.of(db.session(), [file.sha256]).get(file.sha256)
    if rendition is None or rendition.state != "ready":
        raise NotFound()
    return _to(parts().store.renditions.url(sha256=file.sha256, name=f"{file.name}.pdf"))


@portal.get("/resources/<path:ark>/captions/<name>")
def captions(ark: str, name: str) -> ResponseReturnValue:
    """The captions of a film, from our own origin: browsers take them from no other that has not said so (CORS)."""
    moved = elsewhere(ark, "portal.captions", name=name)
    if moved is not None:
        return moved
    file = _may_be_seen(ark, name)
    if base_type(file.media_type) != "text/vtt" or file.size > MOST_CAPTIONS:
        raise NotFound()
    data = parts().store.read_range(sha256=file.sha256, offset=0, length=MOST_CAPTIONS)
    return Response(data, content_type=VTT)


def _may_be_seen(ark: str, name: str) -> PublicFile:
    """A public file that is sound, scanned where there is a scanner, and clean. Raises what `FileFinder` raises."""
    file = finder().find(db.session, ark, name, today=today())
    if file.sha256 not in reading.usable(db.session(), [file.sha256]):
        raise NotFound()
    return file


def _to(address: str) -> Response:
    answer = redirect(address)
    answer.headers["Cache-Control"] = "no-store"
    answer.vary.update(("Sec-Fetch-Dest", "Sec-Fetch-Site"))
    return answer  # type: ignore[return-value]  # Flask's own class of answers
