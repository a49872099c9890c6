"""The federation protocol's comparison of both sides (docs/protocol.md, 对账): one thin view a message."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify

from federation import authentication, reconciliation
from federation.audience import NODE, guard
from federation.database import db
from federation.models.institutions import Node
from federation.parts import parts
from shared import messages

reconciling = guard(
    Blueprint("federation_reconciliation", __name__, url_prefix=messages.PREFIX + "/reconciliation"),
    NODE,
    authentication.authenticate_node,
)


@reconciling.post("/digests")
def digests() -> Response:
    """Compare what the node holds with what the hub holds of it."""
    asked = messages.read(messages.DigestsRequest, authentication.request_body())
    return jsonify(reconciliation.compare(db.session(), _node(), asked))


@reconciling.post("/items")
def items() -> Response:
    """The versions in one bucket."""
    asked = messages.read(messages.ItemsRequest, authentication.request_body())
    after = (asked.get("after", ""), asked.get("after_version", 0))
    return jsonify(reconciliation.items(db.session(), _node(), bucket=asked["bucket"], after=after))


@reconciling.post("/records")
def records() -> Response:
    """Signed records that the node has lost."""
    asked = messages.read(messages.RecordsRequest, authentication.request_body())
    return jsonify(reconciliation.records(db.session(), _node(), asked["records"]))


@reconciling.post("/arks")
def arks() -> Response:
    """Identifiers that the hub has lost."""
    asked = messages.read(messages.ArksRequest, authentication.request_body())
    naan = parts().settings.ark_naan
    return jsonify(restored=reconciliation.restore_arks(db.session(), _node(), asked["arks"], naan=naan))


def _node() -> Node:
    return db.session.get_one(Node, g.node_id)
