"""The federation protocol's part of the OpenAPI document (docs/protocol.md); its views are in `federation`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import marshmallow

from shared import answering, http_signatures, log_messages, messages, petitioning, status_messages, usage_messages
from shared import errors as named
from shared.errors import CommonsError

SIGNED = "httpMessageSignature"
AUTHENTICATION: tuple[type[CommonsError], ...] = (named.SignatureMissing, named.KeyRevoked, named.Throttled)
BODY: tuple[type[CommonsError], ...] = (
    named.InvalidJson,
    named.BatchTooLarge,
    named.UnsupportedMediaType,
    named.InvalidRequest,
)
AWAY: tuple[type[CommonsError], ...] = (named.DatabaseBusy,)


class HelloReply(marshmallow.Schema):
    """Who this hub is: what a node reads before it joins."""

    protocol = marshmallow.fields.Integer(required=True)
    hub_name = marshmallow.fields.Dict(required=True)
    origin = marshmallow.fields.String(required=True)


@dataclass(frozen=True)
class Operation:
    """One request of the protocol with its reply and its errors."""

    path: str
    method: str
    summary: str
    reply: type[marshmallow.Schema]
    status: int = 200
    body: type[marshmallow.Schema] | None = None
    signed: bool = True
    errors: tuple[type[CommonsError], ...] = ()
    parameters: tuple[dict[str, Any], ...] = field(default_factory=tuple)


def _whole(name: str, minimum: int, maximum: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return {"name": name, "in": "query", "required": False, "schema": schema}


OPERATIONS = (
    Operation("/", "get", "Who this hub is", HelloReply, signed=False),
    Operation(
        "/enrolments",
        "post",
        "Join with a one-time invitation; signed with the very key that it shows",
        messages.EnrolmentReply,
        201,
        messages.EnrolmentRequest,
        errors=(named.SignatureMissing, named.TokenInvalid, *BODY, *AWAY),
    ),
    Operation(
        "/keys",
        "post",
        "Change the node's key: signed with the new one, endorsed by the one before",
        messages.KeyReply,
        body=messages.KeyRequest,
        errors=(named.SignatureMissing, named.KeyRevoked, named.AlreadyExists, *BODY, *AWAY),
    ),
    Operation(
        "/membership",
        "get",
        "What the node was told when it joined: for one that has lost its database and kept its key",
        messages.EnrolmentReply,
        errors=(*AUTHENTICATION, *AWAY),
    ),
    Operation(
        "/records",
        "post",
        "Publish a batch of signed records; an answer for each",
        messages.PublishReply,
        body=messages.PublishRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
    Operation(
        "/uploads",
        "post",
        "Offer files; the hub says which it needs and where to send them",
        messages.UploadsReply,
        body=messages.UploadsRequest,
        errors=(*AUTHENTICATION, *BODY, named.StoreAway),
    ),
    Operation(
        "/uploads/complete",
        "post",
        "Say that all parts of uploads were sent",
        messages.CompleteReply,
        body=messages.CompleteRequest,
        errors=(*AUTHENTICATION, *BODY, named.StoreAway),
    ),
    Operation(
        "/status",
        "get",
        "What happened to this node's records after the cursor",
        status_messages.StatusReply,
        errors=(*AUTHENTICATION, named.InvalidRequest, *AWAY),
        parameters=(_whole("after", 0, 2**53 - 1), _whole("limit", 1, status_messages.MAX_EVENTS)),
    ),
    Operation(
        "/log",
        "get",
        "The audit log's last checkpoint, and the proof that it goes on from the size that the node has seen",
        log_messages.LogReply,
        errors=(*AUTHENTICATION, named.NotFound, named.InvalidRequest, *AWAY),
        parameters=(_whole("since", 0, 2**53 - 1),),
    ),
    Operation(
        "/log/entries",
        "get",
        "Entries of the audit log from a place on, before the size of a checkpoint",
        log_messages.EntriesReply,
        errors=(*AUTHENTICATION, named.NotFound, named.InvalidRequest, *AWAY),
        parameters=(_whole("from", 0, 2**53 - 1), _whole("before", 1, 2**53 - 1)),
    ),
    Operation(
        "/log/cosignatures",
        "post",
        "Vouch for a checkpoint of the audit log",
        log_messages.CosignatureReply,
        body=log_messages.CosignatureRequest,
        errors=(*AUTHENTICATION, named.NotFound, named.CosignatureInvalid, *BODY, *AWAY),
    ),
    Operation(
        "/answers",
        "post",
        "Answer questions of reviewers and of the public, which came as status events; what became of each",
        answering.AnswersReply,
        body=answering.AnswersRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
    Operation(
        "/petitions",
        "post",
        "Appeal against decisions, or ask that what expires stays public; whether each petition was taken",
        petitioning.PetitionsReply,
        body=petitioning.PetitionsRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
    Operation(
        "/uses",
        "post",
        "How often the public used the institution's resources",
        usage_messages.UsesReply,
        body=usage_messages.UsesRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
    Operation(
        "/reconciliation/digests",
        "post",
        "Compare what the node holds with what the hub holds of it",
        messages.DigestsReply,
        body=messages.DigestsRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
    Operation(
        "/reconciliation/items",
        "post",
        "The versions in one bucket, as the hub knows them",
        messages.ItemsReply,
        body=messages.ItemsRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
    Operation(
        "/reconciliation/records",
        "post",
        "Signed records that the node has lost",
        messages.RecordsReply,
        body=messages.RecordsRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
    Operation(
        "/reconciliation/arks",
        "post",
        "Permanent identifiers that the hub has lost",
        messages.ArksReply,
        body=messages.ArksRequest,
        errors=(*AUTHENTICATION, *BODY, *AWAY),
    ),
)


def describe(spec: Any, problem: type[marshmallow.Schema]) -> None:
    """Add the protocol's paths to an apispec document."""
    spec.tag({"name": "federation", "description": "Between a member's node and the hub"})
    spec.components.security_scheme(
        SIGNED,
        {
            "type": "http",
            "scheme": "signature",
            "description": (
                "HTTP Message Signatures (RFC 9421), Ed25519, tag "
                f"{http_signatures.TAG}, over: {', '.join(http_signatures.COMPONENTS)}; with Content-Digest."
            ),
        },
    )
    for operation in OPERATIONS:
        described = {operation.method: _described(operation, problem)}
        spec.path(path=messages.PREFIX + operation.path, operations=described)


def _described(operation: Operation, problem: type[marshmallow.Schema]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": ["federation"],
        "summary": operation.summary,
        "operationId": f"federation_{operation.method}{operation.path.rstrip('/').replace('/', '_')}",
        "security": [{SIGNED: []}] if operation.signed else [],
        "responses": {
            str(operation.status): {
                "description": operation.summary,
                "content": {"application/json": {"schema": operation.reply}},
            },
            **_failures(operation.errors, problem),
        },
    }
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.body:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": operation.body}}}
    return described


def _failures(errors: tuple[type[CommonsError], ...], problem: type[marshmallow.Schema]) -> dict[str, Any]:
    return {
        str(error.status): {
            "description": error.en,
            "content": {"application/problem+json": {"schema": problem}},
        }
        for error in errors
    }
