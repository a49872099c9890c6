"""ResourceSync: what a mirror reads to keep a copy of everything that is public, and to keep it up to date."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from federation import catalogue, mirrors
from federation.database import db
from federation.days import today
from federation.interop import resourcesync
from federation.interop.resourcesync import CHANGES, RESOURCES, START, Places, Span
from federation.web.addresses import unprefixed
from federation.web.portal.addressing import elsewhere
from federation.web.portal.blueprint import portal
from shared.errors import NotFound

XML = "application/xml; charset=utf-8"
LISTS = f"any({RESOURCES},{CHANGES}):kind"


@portal.get("/.well-known/resourcesync")
def source_description() -> Response:
    """What can be mirrored here."""
    return _xml(resourcesync.description(_places()))


@portal.get("/capabilitylist.xml")
def capability_list() -> Response:
    """The lists that there are."""
    return _xml(resourcesync.capabilities(_places()))


@portal.get("/resourcelist.xml")
def resource_index() -> Response:
    """Where the parts of the list of resources are."""
    at = mirrors.newest(db.session()) or START
    count = resourcesync.parts_of(catalogue.position(db.session()))
    return _xml(resourcesync.resource_index(_places(), count=count, at=at))


@portal.get("/changelist.xml")
def change_index() -> Response:
    """Where the parts of the list of changes are, and between which moments each of them tells all."""
    ends = mirrors.ends(db.session(), every=resourcesync.MOST)
    count = resourcesync.parts_of(catalogue.position(db.session()))
    spans = [Span(start, end) for start, end in zip([START, *ends], [*ends, None], strict=True)]
    return _xml(resourcesync.change_index(_places(), spans[:count]))


@portal.get(f"/<{LISTS}>-<int(max=2147483647):number>.xml")
def part(kind: str, number: int) -> Response:
    """One part of a list. Raises `NotFound` for one that there is not."""
    session = db.session()
    if not 1 <= number <= resourcesync.parts_of(catalogue.position(session)):
        raise NotFound()
    first, last = resourcesync.stretch(number)
    if kind == RESOURCES:
        # Looked at before the list is read: what is added meanwhile is told again as a change, and never lost.
        at = mirrors.newest(session) or START
        found = mirrors.standing(session, first=first, last=last, today=today())
        return _xml(resourcesync.resource_list(_places(), found, at=at))
    span = Span(mirrors.moment(session, first - 1) or START, mirrors.moment(session, last))
    happened = mirrors.changes(session, first=first, last=last)
    return _xml(resourcesync.change_list(_places(), happened, span))


@portal.get("/resources/<path:ark>/record.json")
def signed_record(ark: str) -> ResponseReturnValue:
    """The record byte for byte as the institution signed it; its digest is the one that all lists give."""
    moved = elsewhere(ark, "portal.signed_record")
    if moved is not None:
        return moved
    version, _ = catalogue.latest(db.session(), ark)
    answer = Response(mirrors.signed(version), content_type="application/json")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _places() -> Places:
    return Places(
        description=unprefixed("portal.source_description"),
        capabilities=unprefixed("portal.capability_list"),
        resources=unprefixed("portal.resource_index"),
        changes=unprefixed("portal.change_index"),
        about=unprefixed("portal.interfaces"),
        part=lambda kind, number: unprefixed("portal.part", kind=kind, number=number),
        page=lambda ark: unprefixed("portal.resource", ark=ark),
        record=lambda ark: unprefixed("portal.signed_record", ark=ark),
        file=lambda ark, name: unprefixed("portal.download", ark=ark, name=name),
    )


def _xml(document: bytes) -> Response:
    return Response(document, content_type=XML)
