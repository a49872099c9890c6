"""OAI-PMH 2.0 for library services and search engines of others, at `/oai`: for everybody, and it changes nothing."""

from __future__ import annotations

from flask import Blueprint, Response, request

from federation import database
from federation.audience import PUBLIC, guard
from federation.database import db
from federation.interop.oai_pmh import formats, provider, selecting
from federation.interop.oai_pmh.repository import Repository
from federation.interop.oai_pmh.selecting import Settled
from federation.parts import parts
from shared.errors import InvalidRequest

oai_pmh = guard(Blueprint("oai_pmh", __name__, url_prefix="/oai"), PUBLIC)
XML = "text/xml; charset=UTF-8"


@oai_pmh.route("", methods=["GET", "POST"])
def harvest() -> Response:
    """The answer to one request; the arguments are in the address, or in the form of a POST."""
    # Also a POST only reads here: it must not take the write lock, for which `settle` may have to wait.
    with database.only_reading():
        given = [(name, value) for name, values in request.values.lists() for value in values]
        return _xml(provider.answer(_repository(), given))


@oai_pmh.get("/" + formats.QUALIFIED_SCHEMA.name)
def schema() -> Response:
    """The schema of the format `oai_dcterms`."""
    return _xml(formats.QUALIFIED_SCHEMA.read_bytes())


@oai_pmh.errorhandler(InvalidRequest)
def refuse(_error: InvalidRequest) -> Response:
    """What holds U+0000 is answered in the protocol's own way."""
    return _xml(provider.refusal(_repository()))


def _repository() -> Repository:
    return Repository(db.session(), parts().settings, _settle)


def _settle() -> Settled:
    """Look at the feed in a transaction of its own, over before any record is read."""
    with database.own_transaction() as session:
        return selecting.settle(session)


def _xml(document: bytes) -> Response:
    return Response(document, content_type=XML)
