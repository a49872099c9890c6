"""Taking all of a resource along: one archive, made while it is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

import structlog
from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from federation import catalogue, counting
from federation.catalogue import Page
from federation.database import db
from federation.days import today
from federation.interop import citations
from federation.language import request_language
from federation.packs import contents, names, zipping
from federation.packs.contents import Archive
from federation.parts import parts
from federation.storage.disposition import content_disposition
from federation.web import ranges
from federation.web.addresses import on_origin
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from federation.web.portal.descriptions import described, places_of
from federation.web.portal.uses import count
from federation.web.wording import said
from shared.errors import ArchivesBusy
from shared.vocabularies import vocabulary

log = structlog.get_logger()
FORMS = {"pack.zip": contents.PACK, "bag.zip": contents.BAG}
ZIP = "application/zip"
PRECONDITION_FAILED = 412
RETRY_SECONDS = 20
SLOWEST = 4 * 1024
"""Bytes a second on the average below which nobody is waited for: a line of the second generation has twice that."""
GRACE_SECONDS = 60
"""What a line may stand still altogether before that counts."""
KEY = "commons.archives"


def init_archives(app: Flask) -> None:
    """Say how many archives may be sent at once: half of the threads, for pages must go on being served."""
    app.extensions[KEY] = threading.BoundedSemaphore(max(1, parts(app).settings.web_threads // 2))


@portal.get("/resources/<path:ark>/<any('pack.zip','bag.zip'):form>")
def archive(ark: str, form: str) -> ResponseReturnValue:
    """Everything of a resource: files, an offline page, licence, record and digests, as a ZIP or a bag in one.

    A download that was broken off is resumed by `Range`. Raises `ArchivesBusy`, or what `contents.assemble` raises.
    """
    moved = elsewhere(ark, "portal.archive", form=form)
    if moved is not None:
        return moved
    page = catalogue.find(db.session(), ark, today=today())
    store, title = parts().store, said(page.record["title"]).text
    made = contents.assemble(db.session(), store, page, texts=texts(page, title), title=title, form=FORMS[form])
    name = f"{made.folder}.zip" if form == "pack.zip" else f"{made.folder}-bag.zip"
    return sent(made, name, lambda: count(counting.DOWNLOAD, page.entry.resource_id))


def sent(made: Archive, name: str, used: Callable[[], None]) -> Response:
    """The archive under a name, or the part of it that `Range` asks for; `used` counts it when bytes are sent.

    Raises `ArchivesBusy`.
    """
    answer, place = _answer(made, name)
    try:
        asked = ranges.understood(request, tag=made.tag, length=answer.content_length or 0)
        answer.make_conditional(asked, accept_ranges=True, complete_length=answer.content_length)
    except RequestedRangeNotSatisfiable as error:
        return Response(status=error.code, headers={"Content-Range": f"bytes */{error.length}"})
    if answer.status_code in (200, 206):
        if request.method == "GET":
            place.take()
        used()
    # With it the whole would be sent, from no place at all.
    return Response(status=answer.status_code) if answer.status_code == PRECONDITION_FAILED else answer


class _Place:
    """One of the few places for archives, once it is taken; given back twice it is given back once."""

    def __init__(self) -> None:
        self._held: list[threading.BoundedSemaphore] = []

    def take(self) -> None:
        """Take a place. Raises `ArchivesBusy` at once when there is none."""
        places: threading.BoundedSemaphore = current_app.extensions[KEY]
        if not places.acquire(blocking=False):
            raise ArchivesBusy(retry_after=RETRY_SECONDS)
        self._held.append(places)

    def give_back(self) -> None:
        """Let somebody else have it."""
        if self._held:
            self._held.pop().release()


def _answer(made: Archive, name: str) -> tuple[Response, _Place]:
    """The answer, and the place that its bytes need: they give it back at their end, or the answer at its own."""
    answer, place = Response(content_type=ZIP, direct_passthrough=True), _Place()
    answer.headers["Content-Disposition"] = content_disposition(name, ZIP)
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.headers["Content-Length"] = str(zipping.length(made))
    answer.set_etag(made.tag)
    if request.method == "GET":
        answer.response = _until_the_end(zipping.written(made, parts().store), place.give_back)
        answer.call_on_close(place.give_back)
    return answer, place


def _until_the_end(pieces: Iterator[bytes], then: Callable[[], None]) -> Iterator[bytes]:
    """The pieces, broken off when they are taken slower than any line is: that holds a place which others wait for.

    Whoever takes nothing at all is what `stalling` is for.
    """
    began, taken = time.monotonic(), 0
    try:
        for piece in pieces:
            yield piece
            taken += len(piece)
            if time.monotonic() - began > GRACE_SECONDS + taken / SLOWEST:
                log.info("an archive was taken too slowly and was broken off", bytes=taken)
                return
    finally:
        then()


def licence_file() -> str:
    """What the text on licence and attribution is called in an archive."""
    return str(_("使用许可和署名.txt"))


def reference_of(page: Page, title: str) -> str:
    """How a resource is credited, as of the day of its publication: the same archive has the same bytes tomorrow."""
    address, day = on_origin(f"/{page.entry.ark}"), page.entry.at.date()
    return citations.gbt7714(page, title=title, language=request_language(), address=address, today=day)


def texts(page: Page, title: str, *, within: bool = False) -> Mapping[str, str]:
    """The texts of an archive by their names: what a person opens first, and what a program reads.

    `within` says that the resource stands in the archive of a collection, whose page is two folders above.
    """
    places, licence = places_of(page), vocabulary("licenses").terms.get(page.record["license"])
    known = {
        "page": page,
        "record": page.record,
        "licence": licence,
        "places": places,
        "reference": reference_of(page, title),
        "called": names.in_archive(file.name for file in page.files),
    }
    name = licence_file()
    return {
        "index.html": render_template("packs/index.html", licence_file=name, within=within, **known),
        name: render_template("packs/licence.txt", **known),
        "record.jsonld": described(page, places, "application/ld+json").get_data(as_text=True),
    }
