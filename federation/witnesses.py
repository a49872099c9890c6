"""What the members' nodes ask of the audit log, and their word for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation.models.auditing import AuditCosignature
from federation.models.institutions import NodeKey
from federation.transparency import checkpoints, tiles
from federation.transparency.keys import LogKeys
from shared import log_messages
from shared.errors import CosignatureInvalid, NotFound

MAX_ANSWER = 2 * 1024**2
"""Bytes of entries in one answer, of which there is always one."""


def told(session: Session, keys: LogKeys, *, since: int) -> dict[str, Any]:
    """The last checkpoint, and the proof that it begins with the first `since` events (`LogReply`).

    Raises `NotFound` before there is a checkpoint.
    """
    checkpoint = checkpoints.latest(session)
    proof: list[bytes] = []
    if 0 < since < checkpoint.size:
        proof = checkpoints.tree(session, checkpoint.size).consistency(since)
    return {"key": str(keys.verifier), "checkpoint": str(checkpoint), "proof": [hashed.hex() for hashed in proof]}


def entries(session: Session, *, low: int, high: int) -> list[str]:
    """The entries at the places `[low, high)` that a checkpoint covers, as many as fit (`EntriesReply`).

    Raises `NotFound` when there are none.
    """
    high = min(high, checkpoints.latest(session).size, low + log_messages.MAX_ENTRIES)
    found: list[str] = []
    size = 0
    for entry in tiles.entries_between(session, low, high):
        size += len(entry.encode())
        if found and size > MAX_ANSWER:
            break
        found.append(entry)
    if not found:
        raise NotFound()
    return found


def cosign(session: Session, keys: LogKeys, *, node_id: str, asked: Mapping[str, Any]) -> int:
    """Keep a node's cosignature (`CosignatureRequest`); the largest size for which it has given one.

    Any of the node's keys that is in use may sign. Raises `NotFound` or `CosignatureInvalid`.
    """
    size, line = asked["size"], asked["cosignature"]
    active = select(NodeKey).where(NodeKey.node_id == node_id, NodeKey.state == "active")
    for key in session.scalars(active.order_by(NodeKey.id)):
        if checkpoints.cosign(session, keys, key=key, size=size, line=line):
            largest = select(func.max(AuditCosignature.size)).where(AuditCosignature.node_id == node_id)
            return session.scalar(largest) or size
    raise CosignatureInvalid(size=size)
