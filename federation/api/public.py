"""The open interface: search, resources, vocabularies and institutions, for anybody's programs."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify

from federation import catalogue
from federation.api import schemas
from federation.api.openapi import KEY, PROBLEM_JSON, PublicBlueprint, endpoint
from federation.api.queries import MAX_CHANGES, ChangesQuery, SearchQuery
from federation.api.replies import institution_reply, resource_reply
from federation.audience import PUBLIC, guard
from federation.database import db
from federation.days import today
from federation.dumps import making
from federation.language import request_language
from federation.models.dumps import Dump
from federation.web.addresses import absolute
from federation.web.portal import finding, memory
from shared.errors import FieldError, Gone, InvalidRequest, NotFound
from shared.vocabularies import Term, Vocabulary, vocabulary

VOCABULARIES = (
    "types",
    "themes",
    "disciplines",
    "audiences",
    "occasions",
    "stages",
    "licenses",
    "agent-roles",
    "file-roles",
    "relation-types",
    "identifier-schemes",
    "institution-kinds",
)

public_api = PublicBlueprint(
    "public_api", __name__, url_prefix="/api/v1", description="Search and read what is public; no key is needed"
)
guard(public_api, PUBLIC)


def open_to_all(response: Response) -> Response:
    """Pages of other sites may read these answers."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.vary.add("Accept-Language")
    return response


def gone(error: Gone) -> Response:
    """What was public once: the problem, with the metadata that stays."""
    data = error.data
    body = error.problem(request_language()) | {
        "resource": {
            "ark": data["ark"],
            "title": data["title"],
            "institution": institution_reply(data["by"]),
            "removed_at": data["at"].isoformat(),
        }
    }
    response = jsonify(body)
    response.status_code, response.content_type = error.status, PROBLEM_JSON
    return response


public_api.after_request(open_to_all)
public_api.register_error_handler(Gone, gone)


@endpoint(public_api, "/search", query=SearchQuery, reply=schemas.SearchReply, errors=(InvalidRequest,))
def search(query: dict[str, Any]) -> Response:
    """Search by words and facets; values of one facet are alternatives, facets narrow each other."""
    return jsonify(finding.as_reply(finding.find(query)))


@endpoint(public_api, "/resources/<path:ark>", reply=schemas.ResourceReply, errors=(NotFound, Gone))
def resource(ark: str) -> Response:
    """A public resource by its ARK, in any of the ways to write it."""
    page = catalogue.find(db.session(), ark, today=today())
    return jsonify(resource_reply(page, catalogue.public_key(db.session(), page.key_id)))


@endpoint(public_api, "/institutions", reply=schemas.InstitutionsReply)
def institutions() -> Response:
    """All institutions of the federation."""
    session = db.session()
    members = catalogue.members(session, memory.keeper().read(session))
    listed = [institution_reply(one.institution) | {"resources": one.resources} for one in members]
    return jsonify(institutions=listed)


@endpoint(public_api, "/dumps", reply=schemas.DumpsReply)
def dumps() -> Response:
    """Files with all that is public, so that nobody needs to crawl."""
    return jsonify(files=[_dump(one) for one in making.listed(db.session())])


@endpoint(public_api, "/changes", query=ChangesQuery, reply=schemas.ChangesReply, errors=(InvalidRequest,))
def changes(query: dict[str, Any]) -> Response:
    """What has changed since a dump, or since the last time somebody asked."""
    last = catalogue.position(db.session())
    if query["after"] > last:
        # Only a hub that was restored from a backup is behind its mirrors: they begin again with a dump.
        raise InvalidRequest(errors=[FieldError("/after", "out_of_range", {"min": 0, "max": last})])
    found = catalogue.changes(db.session(), after=query["after"], limit=MAX_CHANGES + 1)
    shown = found[:MAX_CHANGES]
    return jsonify(
        changes=[
            {
                "number": one.seq,
                "ark": one.ark,
                "url": absolute("portal.resource", ark=one.ark),
                "change": one.kind,
                "at": one.at.isoformat(),
            }
            for one in shown
        ],
        last=shown[-1].seq if shown else query["after"],
        more=len(found) > MAX_CHANGES,
    )


@endpoint(public_api, "/vocabularies", reply=schemas.VocabulariesReply)
def vocabularies() -> Response:
    """All vocabularies with their terms."""
    return jsonify(vocabularies=[_vocabulary(vocabulary(name)) for name in VOCABULARIES])


@endpoint(public_api, "/openapi.json", reply=schemas.DescriptionReply)
def openapi() -> Response:
    """This description."""
    return jsonify(current_app.extensions[KEY].document())


def _dump(one: Dump) -> dict[str, Any]:
    return {
        "name": making.NAMES[one.kind],
        "url": absolute("portal.dump", name=making.NAMES[one.kind]),
        "size": one.size,
        "sha256": one.sha256,
        "resources": one.resources,
        "position": one.position,
        "made_at": one.made_at.isoformat() if one.made_at else None,
    }


def _vocabulary(known: Vocabulary) -> dict[str, Any]:
    return {
        "name": known.name,
        "version": known.version,
        "label": {"zh": known.zh, "en": known.en},
        "terms": [_term(term) for term in known],
    }


def _term(term: Term) -> dict[str, Any]:
    said: dict[str, Any] = {"code": term.code, "label": {"zh": term.zh, "en": term.en}}
    if term.parent:
        said["parent"] = term.parent
    if term.uri:
        said["uri"] = term.uri
    if term.plain:
        said["plain"] = dict(term.plain)
    return said
