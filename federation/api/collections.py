"""The open interface to collections and campaigns."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from federation.api.openapi import PublicBlueprint, endpoint
from federation.api.public import open_to_all
from federation.api.queries import PageQuery
from federation.api.replies import institution_reply
from federation.api.schemas import InstitutionReply
from federation.audience import PUBLIC, guard
from federation.collections import reading
from federation.collections.content import KINDS, Content
from federation.collections.reading import COMING, CURRENT, PAST
from federation.database import db
from federation.days import today
from federation.models.collections import Collection
from federation.web.addresses import absolute
from shared.errors import CollectionHidden, InvalidRequest, NotFound

TEXTS = {"description": "By language (zh, en)"}
DAY = {"description": "A day in China, as 2026-05-20", "format": "date"}

public_collections = PublicBlueprint(
    "public_collections", __name__, url_prefix="/api/v1", description="What was curated from the catalogue"
)
guard(public_collections, PUBLIC)
public_collections.after_request(open_to_all)


class CollectionReply(Schema):
    """A collection or a campaign, without its resources."""

    slug = fields.String(required=True, metadata={"description": "Its address for good"})
    url = fields.String(required=True, metadata={"format": "uri", "description": "Its page"})
    api = fields.String(required=True, metadata={"format": "uri", "description": "The collection in this interface"})
    kind = fields.String(required=True, validate=OneOf(KINDS))
    phase = fields.String(required=True, validate=OneOf((COMING, CURRENT, PAST)))
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata=TEXTS)
    introduction = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata=TEXTS)
    curator = fields.Nested(
        InstitutionReply, required=True, allow_none=True, metadata={"description": "Null for the alliance itself"}
    )
    occasion = fields.String(
        required=True, allow_none=True, metadata={"description": "A code of the vocabulary occasions"}
    )
    begins_on = fields.Date(required=True, allow_none=True, metadata=DAY)
    ends_on = fields.Date(required=True, allow_none=True, metadata=DAY)
    resources = fields.Integer(required=True, metadata={"description": "How many of its resources are public"})
    shown_at = fields.DateTime(required=True)


class CollectionsReply(Schema):
    """A page of collections: what is on first, the newest first."""

    collections = fields.List(fields.Nested(CollectionReply), required=True)
    page = fields.Integer(required=True)
    pages = fields.Integer(required=True)


class ChosenReply(Schema):
    """A resource of a collection, in its place."""

    ark = fields.String(required=True)
    url = fields.String(required=True, metadata={"format": "uri", "description": "The resource's page"})
    api = fields.String(required=True, metadata={"format": "uri", "description": "The resource in this interface"})
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata=TEXTS)
    note = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata=TEXTS)
    type = fields.String(required=True)
    institution = fields.String(required=True, metadata={"description": "The institution's code"})
    license = fields.String(required=True)


class WholeCollectionReply(CollectionReply):
    """A collection with its resources in order."""

    items = fields.List(fields.Nested(ChosenReply), required=True)
    pack = fields.String(required=True, metadata={"format": "uri", "description": "All of it as one ZIP"})


@endpoint(public_collections, "/collections", query=PageQuery, reply=CollectionsReply, errors=(InvalidRequest,))
def collections(query: dict[str, Any]) -> Response:
    """All that is shown, those that have ended too."""
    found, pages = reading.listed(db.session(), today=today(), page=query["page"])
    return jsonify(
        collections=[_brief(one.collection, one.content, one.phase, one.size) for one in found],
        page=min(query["page"], pages),
        pages=pages,
    )


@endpoint(public_collections, "/collections/<slug>", reply=WholeCollectionReply, errors=(NotFound, CollectionHidden))
def collection(slug: str) -> Response:
    """One collection by its address, with its resources in order."""
    shown = reading.find(db.session(), slug, today=today())
    said = _brief(shown.collection, shown.content, shown.phase, len(shown.items))
    items = [
        {
            "ark": one.entry.ark,
            "url": absolute("portal.resource", ark=one.entry.ark),
            "api": absolute("public_api.resource", ark=one.entry.ark),
            "title": one.entry.record["title"],
            "note": one.note,
            "type": one.entry.type,
            "institution": one.entry.institution.code,
            "license": one.entry.record["license"],
        }
        for one in shown.items
    ]
    return jsonify(
        {**said, "items": items, "pack": absolute("portal.collection_archive", slug=slug, form="pack.zip")}
    )


def _brief(known: Collection, said: Content, phase: str, size: int) -> dict[str, Any]:
    return {
        "slug": known.slug,
        "url": absolute("portal.collection", slug=known.slug),
        "api": absolute("public_collections.collection", slug=known.slug),
        "kind": known.kind,
        "phase": phase,
        "title": said.title,
        "introduction": said.introduction,
        "curator": institution_reply(known.institution) if known.institution else None,
        "occasion": said.occasion or None,
        "begins_on": said.begins_on.isoformat() if said.begins_on else None,
        "ends_on": said.ends_on.isoformat() if said.ends_on else None,
        "resources": size,
        "shown_at": known.shown_at.isoformat() if known.shown_at else None,
    }
