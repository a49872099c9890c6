"""The federation protocol over HTTP (docs/protocol.md): one thin view a message."""

from __future__ import annotations

from flask import Blueprint, Response, after_this_request, g, jsonify

from federation import (
    authentication,
    counting,
    enrolment,
    granting,
    ingestion,
    key_register,
    membership_message,
    metering,
    node_status,
    petitions,
    questions,
    room,
    uploads,
    withdrawals,
)
from federation.api.arguments import whole_argument
from federation.audience import NODE, PUBLIC, guard
from federation.database import db, let_others_write, own_transaction
from federation.language import request_language
from federation.models.base import now
from federation.models.institutions import Node
from federation.parts import parts
from federation.quotas import Limits
from federation.tasks import queue
from shared import answering, messages, petitioning, speaking
from shared.canonical import parse
from shared.errors import BatchTooLarge
from shared.signing import load_public_jwk
from shared.status_messages import MAX_EVENTS
from shared.usage_messages import MAX_USES, UsesRequest

hello = guard(Blueprint("federation_hello", __name__, url_prefix=messages.PREFIX), PUBLIC)
members = guard(Blueprint("federation", __name__, url_prefix=messages.PREFIX), NODE, authentication.authenticate_node)


@hello.get("/")
def describe() -> Response:
    """Who this hub is: what a node reads before it joins."""
    return jsonify(
        protocol=messages.PROTOCOL,
        hub_name=membership_message.hub_name(parts().settings),
        origin=parts().settings.origin,
    )


@hello.post("/enrolments")
def enrol() -> tuple[Response, int]:
    """Enrol a node by its one-time invitation; the request is signed with the key that it shows."""
    given = parse(authentication.request_body())
    if isinstance(given, dict):
        speaking.check_node(given)
    asked = messages.read(messages.EnrolmentRequest, given)
    token_sha256 = enrolment.hashed(asked["token"])
    verified = authentication.authenticate_newcomer(
        load_public_jwk(asked["public_key"]),
        recommended=lambda session: enrolment.invitation_of(session, token_sha256),
    )
    node = enrolment.enrol(
        db.session(),
        token_sha256=token_sha256,
        node_name=asked["node_name"],
        public_key=asked["public_key"],
        signed_by=verified.key_id,
        place=enrolment.Place.of(asked),
    )
    return jsonify(membership_message.describe(db.session(), node, parts().settings)), 201


@hello.post("/keys")
def rotate_key() -> Response:
    """Take a node's next key; the request is signed with it, and the key before it endorses it."""
    asked = messages.read(messages.KeyRequest, authentication.request_body())
    links, origin = key_register.chain_of(asked), parts().settings.origin
    verified = authentication.authenticate_newcomer(
        load_public_jwk(asked["public_key"]),
        recommended=lambda session: key_register.check_endorsed(session, links, origin=origin),
    )
    key = key_register.rotate(db.session(), links, signed_by=verified.key_id, origin=origin)
    return jsonify(key_id=key.id)


@members.get("/membership")
def membership() -> Response:
    """What the node was told when it enrolled: for one that has lost its database and kept its key."""
    return jsonify(membership_message.describe(db.session(), _node(), parts().settings))


@members.post("/records")
def publish() -> Response:
    """Take in a batch of signed records; an answer for each."""
    asked = parse(authentication.request_body())
    given = asked.get("records") if isinstance(asked, dict) else None
    if isinstance(given, list) and len(given) > messages.MAX_BATCH_RECORDS:
        raise BatchTooLarge(records=messages.MAX_BATCH_RECORDS, size=messages.MAX_BATCH_BYTES)
    batch = messages.read(messages.PublishRequest, asked)
    settings = parts().settings
    with own_transaction(read_only=True) as session:
        keys = ingestion.institution_keys(session, g.node_id)
    outcomes: list[ingestion.Outcome] = []
    for part in ingestion.in_parts(ingestion.check(batch["records"], keys)):
        outcomes += ingestion.place(
            db.session(),
            _node(),
            part,
            max_file_bytes=settings.max_file_bytes,
            guard=withdrawals.Guard.of(settings),
        )
        _charge(len(part))
        let_others_write()
    language = request_language()
    return jsonify(results=[outcome.as_message(language) for outcome in outcomes])


@members.post("/uploads")
def offer() -> Response:
    """Say which of the offered files are needed, and where to send what is missing."""
    asked = messages.read(messages.UploadsRequest, authentication.request_body())
    offers, store, language = granting.offers(asked["files"]), parts().store, request_language()
    promised = granting.promise(
        db.session(),
        _node(),
        offers,
        limits=Limits.of(parts().settings),
        language=language,
        room=room.is_enough(parts().settings),
    )
    let_others_write()
    begun = granting.begin(store, promised)
    answers = granting.grant(db.session(), store, offers, promised, begun, language=language)
    # Last of all: whoever moves versions takes uploads before nodes, and two who do it otherwise stop each other.
    _charge(len(asked["files"]))
    return jsonify(uploads=answers)


@members.post("/uploads/complete")
def complete() -> Response:
    """The node has sent all parts of these uploads; they are verified after the answer is committed."""
    asked = messages.read(messages.CompleteRequest, authentication.request_body())
    in_parts = uploads.sent_in_parts(db.session(), _node(), asked["upload_ids"])
    if in_parts:
        let_others_write()
    assembled = uploads.assemble(parts().store, in_parts)
    answers, started = uploads.complete(
        db.session(),
        _node(),
        asked["upload_ids"],
        assembled,
        max_file_bytes=parts().settings.max_file_bytes,
        language=request_language(),
    )

    @after_this_request
    def enqueue(response: Response) -> Response:
        queue().verify(started)
        return response

    return jsonify(uploads=answers)


@members.get("/status")
def status() -> Response:
    """What happened to this node's records after the cursor."""
    after = whole_argument("after", 0, 2**53 - 1, default=0)
    limit = whole_argument("limit", 1, MAX_EVENTS, default=MAX_EVENTS)
    return jsonify(node_status.events_after(db.session(), g.node_id, after=after, limit=limit))


@members.post("/answers")
def answer() -> Response:
    """Take the institution's answers to reviewers and to the public; what became of each."""
    asked = messages.read(answering.AnswersRequest, authentication.request_body())["answers"]
    outcomes = questions.answer(db.session(), _node(), asked)
    return jsonify(answers=list(map(answering.outcome_of, asked, outcomes)))


@members.post("/petitions")
def petition() -> Response:
    """Take what the institution asks of the alliance; whether each petition was taken."""
    asked = messages.read(petitioning.PetitionsRequest, authentication.request_body())["petitions"]
    taken = petitions.receive(db.session(), _node(), asked)
    said, language = zip(asked, taken, strict=True), request_language()
    return jsonify(petitions=[{"petition_id": one["petition_id"], **made.as_message(language)} for one, made in said])


@members.post("/uses")
def uses() -> Response:
    """How often the public used the institution's resources."""
    after = messages.read(UsesRequest, authentication.request_body()).get("after", "")
    found = counting.of_member(db.session(), _node().institution_id, after=after, limit=MAX_USES + 1)
    return jsonify(uses=found[:MAX_USES], counted_at=now().isoformat(timespec="seconds"), more=len(found) > MAX_USES)


def _charge(records: int) -> None:
    metering.charge(db.session(), g.node_id, metering.Tariff.of(parts().settings), records=records)


def _node() -> Node:
    return db.session.get_one(Node, g.node_id)
