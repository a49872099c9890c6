"""The audit log for everybody who would check it (docs/audit.md): checkpoints and tiles for the public as C2SP
tlog-tiles has them; entries for members, who see what all of them do.
"""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify

from federation import authentication, histories, witnesses
from federation.api.arguments import whole_argument
from federation.audience import NODE, PUBLIC, guard
from federation.database import db
from federation.parts import parts
from federation.transparency import checkpoints, tiles
from federation.transparency.keys import log_keys
from shared import log_messages, messages
from shared.notes import MAX_SIZE

audit_log = guard(Blueprint("audit_log", __name__, url_prefix="/audit"), PUBLIC)
witnessing = guard(
    Blueprint("federation_log", __name__, url_prefix=messages.PREFIX + "/log"), NODE, authentication.authenticate_node
)
FOREVER = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=5"


@audit_log.get("/checkpoint")
def checkpoint() -> Response:
    """The last checkpoint with its cosignatures (C2SP tlog-checkpoint)."""
    return _text(str(checkpoints.latest(db.session())))


@audit_log.get("/witnesses")
def cosigners() -> Response:
    """The verifier keys of the log and of each node that vouches for it, with the size that it has seen."""
    keys = log_keys(parts().settings)
    lines = [str(keys.verifier)]
    lines += [f"{one.verifier} {one.size}" for one in checkpoints.witnesses(db.session(), keys.origin)]
    return _text("".join(f"{line}\n" for line in lines))


@audit_log.get("/tile/<int:level>/<path:place>")
def tile(level: int, place: str) -> Response:
    """A tile of the tree (C2SP tlog-tiles, Merkle Tree)."""
    answer = Response(tiles.tile(db.session(), level, place), content_type="application/octet-stream")
    answer.headers["Cache-Control"] = FOREVER
    return answer


@audit_log.get("/proofs/<int:index>.tlog-proof")
def proof(index: int) -> Response:
    """An offline proof that what the public may see of a resource's history is in the log (C2SP tlog-proof)."""
    return _text(histories.proof(db.session(), index))


@witnessing.get("")
def log() -> Response:
    """The last checkpoint, and how it goes on from what the node has seen."""
    since = whole_argument("since", 0, MAX_SIZE, default=0)
    return jsonify(witnesses.told(db.session(), log_keys(parts().settings), since=since))


@witnessing.get("/entries")
def entries() -> Response:
    """Entries from a place on."""
    low = whole_argument("from", 0, MAX_SIZE, default=0)
    high = whole_argument("before", 1, MAX_SIZE, default=MAX_SIZE)
    return jsonify(entries=witnesses.entries(db.session(), low=low, high=high))


@witnessing.post("/cosignatures")
def cosign() -> Response:
    """Take a node's word for a checkpoint."""
    asked = messages.read(log_messages.CosignatureRequest, authentication.request_body())
    size = witnesses.cosign(db.session(), log_keys(parts().settings), node_id=g.node_id, asked=asked)
    return jsonify(size=size)


def _text(words: str) -> Response:
    answer = Response(words, content_type="text/plain; charset=utf-8")
    answer.headers["Cache-Control"] = A_MOMENT
    return answer
