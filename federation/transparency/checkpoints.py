"""Checkpoints of the audit log: signing them, what witnesses say of them, and the proofs that lead to them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation import sequences
from federation.models.auditing import AuditCheckpoint, AuditCosignature
from federation.models.events import Counter
from federation.models.institutions import NodeKey
from federation.transparency.keys import LogKeys
from federation.transparency.numbering import read_hashes
from shared.errors import NotFound
from shared.merkle import Tree
from shared.notes import COSIGNATURE, Checkpoint, Signature, Verifier
from shared.signing import load_public_jwk

SHOWN = 99
"""Cosignatures that a note bears beside the log's signature: Go's `note.Open` reads no more than a hundred lines, our
own nodes 200. Who else has vouched stands at `/audit/witnesses`.
"""
FUTURE_SECONDS = 300
"""How far a witness's clock may be ahead."""


@dataclass(frozen=True)
class Witness:
    """A node, and the largest checkpoint that it has vouched for."""

    node_id: str
    size: int
    verifier: Verifier


def tree(session: Session, size: int) -> Tree:
    """The tree of the first `size` events."""
    return Tree(lambda level, low, high: read_hashes(session, level, low, high), size)


def numbered(session: Session, sequence: str = sequences.AUDIT) -> int:
    """How many events have a place in the tree, or how far another of the log's sequences has come."""
    return session.scalar(select(Counter.value).where(Counter.name == sequence)) or 0


def sign(session: Session, keys: LogKeys) -> Checkpoint | None:
    """Sign what the log has become since the last checkpoint; None when nothing has come to it."""
    sequences.hold(session, sequences.AUDIT)
    size = numbered(session)
    last = session.scalar(select(func.max(AuditCheckpoint.size))) or 0
    if size <= last:
        return None
    made = Checkpoint(keys.origin, size, tree(session, size).root()).signed(keys.signing)
    sequences.next_numbers(session, sequences.CHECKPOINTS, 1)
    session.add(AuditCheckpoint(size=size, note=str(made)))
    session.flush()
    return made


def latest(session: Session) -> Checkpoint:
    """The last checkpoint, with the cosignatures that it has. Raises `NotFound` before there is one."""
    size = session.scalar(select(func.max(AuditCheckpoint.size)))
    if size is None:
        raise NotFound()
    return at(session, size)


def at(session: Session, size: int) -> Checkpoint:
    """The checkpoint of that size, with its cosignatures, the first SHOWN of them. Raises `NotFound`."""
    kept = session.get(AuditCheckpoint, size)
    if kept is None:
        raise NotFound()
    lines = select(AuditCosignature.line).where(AuditCosignature.size == size)
    lines = lines.order_by(AuditCosignature.node_id).limit(SHOWN)
    return Checkpoint.parse(kept.note).having(Signature.parse(line) for line in session.scalars(lines))


def holding(session: Session, index: int) -> Checkpoint:
    """The last checkpoint, if it covers the event at `index`. Raises `NotFound`."""
    found = latest(session)
    if index >= found.size:
        raise NotFound()
    return found


def witness_name(origin: str, node_id: str) -> str:
    """The name under which a node cosigns."""
    return f"{origin}/witness/{node_id}"


def cosign(session: Session, keys: LogKeys, *, key: NodeKey, size: int, line: str) -> bool:
    """Keep the cosignature `line` if `key` has made it, and say so; twice is once. Raises `NotFound`."""
    checkpoint = at(session, size)
    signer = Verifier(witness_name(keys.origin, key.node_id), COSIGNATURE, load_public_jwk(key.jwk))
    try:
        signature = Signature.parse(line)
        said = Checkpoint(checkpoint.origin, size, checkpoint.root, (signature,))
        if not said.is_signed_by(signer) or signature.time > time.time() + FUTURE_SECONDS:
            return False
    except ValueError:
        return False
    # Whoever counts one more holds the counter: the same cosignature twice at once is kept, and counted, once.
    sequences.hold(session, sequences.COSIGNATURES)
    if session.get(AuditCosignature, (size, key.node_id)) is None:
        sequences.next_numbers(session, sequences.COSIGNATURES, 1)
        session.add(AuditCosignature(size=size, node_id=key.node_id, key_id=key.id, line=line))
        session.flush()
    return True


def witnesses(session: Session, origin: str) -> list[Witness]:
    """The nodes that have ever vouched for a checkpoint, each with the largest one, by the id of the node."""
    largest = select(AuditCosignature.node_id, func.max(AuditCosignature.size).label("size"))
    newest = largest.group_by(AuditCosignature.node_id).subquery()
    found = (
        select(AuditCosignature.node_id, AuditCosignature.size, NodeKey.jwk)
        .join(newest, (newest.c.node_id == AuditCosignature.node_id) & (newest.c.size == AuditCosignature.size))
        .join(NodeKey, NodeKey.id == AuditCosignature.key_id)
        .order_by(AuditCosignature.node_id)
    )
    return [
        Witness(node_id, size, Verifier(witness_name(origin, node_id), COSIGNATURE, load_public_jwk(jwk)))
        for node_id, size, jwk in session.execute(found)
    ]
