"""What the public interfaces answer, as schemas for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from shared.record import RecordSchema


def _texts(description: str) -> fields.Dict:
    about = {"description": f"{description}, by language (zh, en)"}
    return fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata=about)


def _web(description: str) -> fields.String:
    return fields.String(required=True, metadata={"format": "uri", "description": description})


class InstitutionReply(Schema):
    """An institution of the federation."""

    code = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "A code of the vocabulary institution-kinds"})
    name = _texts("Name")
    url = _web("Its page")
    resources = fields.Integer(metadata={"description": "How many of its resources are public"})


class InstitutionsReply(Schema):
    """All institutions, those that share most first."""

    institutions = fields.List(fields.Nested(InstitutionReply), required=True)


class FoundReply(Schema):
    """One hit of a search."""

    ark = fields.String(required=True)
    url = _web("The resource's page")
    api = _web("The resource in this interface")
    title = _texts("Title")
    summary = _texts("Plain summary")
    type = fields.String(required=True)
    institution = fields.String(required=True, metadata={"description": "The institution's code"})
    license = fields.String(required=True)
    published_at = fields.DateTime(required=True)


class FacetReply(Schema):
    """One value of a facet, with the number of hits if it were chosen."""

    code = fields.String(required=True)
    label = _texts("Label")
    count = fields.Integer(required=True)
    chosen = fields.Boolean(required=True)


class SearchReply(Schema):
    """A page of hits."""

    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    pages = fields.Integer(required=True, metadata={"description": "How many pages can be asked for"})
    results = fields.List(fields.Nested(FoundReply), required=True)
    facets = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(FacetReply)), required=True)
    next = fields.String(allow_none=True, metadata={"format": "uri"})
    previous = fields.String(allow_none=True, metadata={"format": "uri"})


class FileReply(Schema):
    """A file of a resource."""

    name = fields.String(required=True)
    role = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "Bytes"})
    sha256 = fields.String(required=True)
    download = fields.String(
        required=True, allow_none=True, metadata={"description": "Leads to the bytes; null while an embargo lasts"}
    )


class VersionReply(Schema):
    """A version that was public, since `published_at`."""

    version = fields.Integer(required=True)
    published_at = fields.DateTime(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the canonical record (RFC 8785)"})


class RelatedReply(Schema):
    """Another public resource that this one names."""

    type = fields.String(required=True, metadata={"description": "A code of the vocabulary relation-types"})
    ark = fields.String(required=True)
    url = _web("Its page")
    title = _texts("Title")


class SignatureReply(Schema):
    """Who said so: the record as signed by the institution, and the public key that checks it."""

    jws = fields.String(required=True, metadata={"description": "Compact JWS over the canonical record"})
    key_id = fields.String(required=True, metadata={"description": "JWK thumbprint (RFC 7638)"})
    key = fields.Dict(required=True, allow_none=True, metadata={"description": "The public key as a JWK"})


class ResourceReply(Schema):
    """A public resource."""

    ark = fields.String(required=True)
    url = _web("The resource's page")
    version = fields.Integer(required=True)
    published_at = fields.DateTime(required=True)
    institution = fields.Nested(InstitutionReply, required=True)
    record = fields.Nested(RecordSchema, required=True)
    files = fields.List(fields.Nested(FileReply), required=True)
    relations = fields.List(fields.Nested(RelatedReply), required=True)
    versions = fields.List(fields.Nested(VersionReply), required=True)
    signature = fields.Nested(SignatureReply, required=True)


class DumpReply(Schema):
    """A file with the whole public catalogue."""

    name = fields.String(required=True)
    url = fields.String(required=True, metadata={"format": "uri", "description": "Leads to the file"})
    size = fields.Integer(required=True, metadata={"description": "Bytes, as it is sent (gzip)"})
    sha256 = fields.String(required=True, metadata={"description": "Of the file as it is sent"})
    resources = fields.Integer(required=True)
    position = fields.Integer(required=True, metadata={"description": "Go on with the changes after this number"})
    made_at = fields.DateTime(required=True)


class DumpsReply(Schema):
    """The dumps that there are, made each night when the catalogue has changed."""

    files = fields.List(fields.Nested(DumpReply), required=True)


class ChangeReply(Schema):
    """What became of a resource: it was `published` (or a new version of it), or `removed`."""

    number = fields.Integer(required=True)
    ark = fields.String(required=True)
    url = _web("The resource's page")
    change = fields.String(required=True, validate=OneOf(("published", "removed")))
    at = fields.DateTime(required=True)


class ChangesReply(Schema):
    """A page of changes in their order, the last one of each resource alone; `last` is where the next page begins."""

    changes = fields.List(fields.Nested(ChangeReply), required=True)
    last = fields.Integer(required=True)
    more = fields.Boolean(required=True)


class TermReply(Schema):
    """A term of a vocabulary."""

    code = fields.String(required=True)
    label = _texts("Label")
    parent = fields.String(allow_none=True)
    uri = fields.String(allow_none=True)
    plain = fields.Dict(keys=fields.String(), values=fields.String())


class VocabularyReply(Schema):
    """A versioned list of terms."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    label = _texts("What the list is called")
    terms = fields.List(fields.Nested(TermReply), required=True)


class VocabulariesReply(Schema):
    """All vocabularies."""

    vocabularies = fields.List(fields.Nested(VocabularyReply), required=True)


class DescriptionReply(Schema):
    """An OpenAPI 3.1 document."""

    openapi = fields.String(required=True)
    info = fields.Dict(required=True)
    paths = fields.Dict(required=True)
