"""The other forms of a resource's page: for programs, and for lists of references."""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MIMEAccept

from federation import catalogue
from federation.api.replies import resource_reply
from federation.catalogue import Page
from federation.database import db
from federation.days import today
from federation.interop import citations, dublin_core, schema_org, signposting
from federation.interop.dublin_core import Statement
from federation.interop.oai_pmh import formats
from federation.interop.oai_pmh.selecting import Item
from federation.interop.places import BIBTEX, JSON, JSON_LD, LINKSET, XML, Places
from federation.parts import parts
from federation.web.addresses import absolute, on_origin
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from federation.web.portal.pictures import picture_of

HTML = "text/html"
FORMS = {"jsonld": JSON_LD, "json": JSON, "linkset": LINKSET, "bib": BIBTEX, "xml": XML}
"""The forms by the ends of their addresses."""
NEGOTIATED = (HTML, JSON_LD, JSON, XML)
"""What `Accept` may choose at the address of the page itself, the first when nothing is preferred."""


@portal.get("/resources/<path:ark>/metadata.<any(jsonld,json,linkset,bib,xml):form>")
def metadata(ark: str, form: str) -> ResponseReturnValue:
    """A description of the resource in one of the FORMS; any site's pages may read it."""
    moved = elsewhere(ark, "portal.metadata", form=form)
    if moved is not None:
        return moved
    page = catalogue.find(db.session(), ark, today=today())
    return described(page, places_of(page), FORMS[form])


@portal.get("/resources/<path:ark>/qr.svg")
def qr_code(ark: str) -> ResponseReturnValue:
    """The permanent address as a QR code (ISO/IEC 18004), to be printed beside an exhibit."""
    moved = elsewhere(ark, "portal.qr_code")
    if moved is not None:
        return moved
    _, entry = catalogue.latest(db.session(), ark)
    written = io.BytesIO()
    segno.make(on_origin(f"/{entry.ark}"), error="m", micro=False).save(written, kind="svg", scale=4, light="#fff")
    return Response(written.getvalue(), content_type="image/svg+xml")


def described(page: Page, places: Places, form: str) -> Response:
    """The page in another form, by its media type."""
    if form == BIBTEX:
        answer = Response(citations.bibtex(page, places, today=today()), content_type=f"{BIBTEX}; charset=utf-8")
    elif form == XML:
        answer = Response(_dublin_core(page), content_type=f"{XML}; charset=utf-8")
    else:
        said: Any
        if form == JSON:
            said = resource_reply(page, catalogue.public_key(db.session(), page.key_id))
        elif form == LINKSET:
            said = signposting.linkset(signposting.links(page, places), places)
        else:
            said = schema_org.describe(page, places)
        answer = jsonify(said)
        answer.content_type = form
    if form != LINKSET:
        answer.headers["Link"] = signposting.back(places)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def said_in_dublin_core(page: Page) -> list[Statement]:
    """What is said of a resource, in the simple fifteen elements."""
    item, address = _item(page), absolute("portal.resource", ark=page.entry.ark)
    place = dublin_core.Place(item.ark, address, f"{address}/files/")
    terms = dublin_core.statements(
        page.record, place, publisher=item.publisher, modified=item.changed_at, today=today()
    )
    return list(dublin_core.simply(terms))


def _dublin_core(page: Page) -> bytes:
    origin = parts().settings.origin
    return formats.alone(_item(page), formats.formats(f"{origin}/oai")["oai_dc"], origin=origin, today=today())


def _item(page: Page) -> Item:
    entry = page.entry
    return Item(entry.ark, entry.at, (), page.jws, entry.institution.names, entry.at)


def wanted() -> str:
    """The form that `Accept` asks for at the address of the page (RFC 9110 §12.5.1); HTML when it has no opinion.

    Parameters make no difference: each form is there in one charset and one profile, and programs of JSON-LD name
    the profile that they would like best.
    """
    asked = MIMEAccept([(value.partition(";")[0].strip(), quality) for value, quality in request.accept_mimetypes])
    return asked.best_match(NEGOTIATED, default=HTML) or HTML


def places_of(page: Page) -> Places:
    """Where the forms of a resource are."""
    ark = page.entry.ark
    picture = picture_of(page.entry)
    return Places(
        cite=on_origin(f"/{ark}"),
        page=absolute("portal.resource", ark=ark),
        json=absolute("portal.metadata", ark=ark, form="json"),
        json_ld=absolute("portal.metadata", ark=ark, form="jsonld"),
        linkset=absolute("portal.metadata", ark=ark, form="linkset"),
        bibtex=absolute("portal.metadata", ark=ark, form="bib"),
        dublin_core=absolute("portal.metadata", ark=ark, form="xml"),
        institution=absolute("portal.institution", code=page.entry.institution.code),
        files={file.name: absolute("portal.download", ark=ark, name=file.name) for file in page.files if file.open},
        related={one.entry.ark: on_origin(f"/{one.entry.ark}") for one in page.relations},
        picture=on_origin(picture.src) if picture else "",
    )
