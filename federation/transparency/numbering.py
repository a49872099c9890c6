"""Giving the events of the audit log their places in the tree, one after the other, once they are committed.

Those who write events do not wait for each other here: whoever numbers (a worker, now and then) takes what waits, in
the order of the events' ids. Any number of workers may do so at the same moment: the counter's row lets one in.
"""

from __future__ import annotations

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from federation import auditlog, sequences
from federation.models.auditing import AuditHash, AuditLeaf, AuditWaiting
from federation.models.base import insert_rows
from federation.models.events import AuditEvent
from shared.merkle import WIDTH, Growing, leaf_hash, levels

AT_ONCE = 5000
"""Events that are numbered in one transaction."""

log = structlog.get_logger()


def number(session: Session, *, sealing: bytes) -> int:
    """Give places to events that have none, at most AT_ONCE; how many they were.

    One without a good seal was not written by the hub: it gets no place, and `verify` reports it.
    """
    sequences.hold(session, sequences.AUDIT)
    waiting = (
        select(AuditEvent.id, AuditEvent.entry, AuditEvent.seal)
        .join(AuditWaiting, AuditWaiting.event_id == AuditEvent.id)
        .where(AuditWaiting.refused.is_(False))
        .order_by(AuditEvent.id)
        .limit(AT_ONCE)
    )
    good, leaves = [], []
    for event_id, entry, seal in session.execute(waiting):
        if auditlog.seal(sealing, entry.encode()) != seal:
            _refuse(session, event_id)
            continue
        good.append(event_id)
        leaves.append(leaf_hash(entry.encode()))
    if good:
        numbers = sequences.next_numbers(session, sequences.AUDIT, len(good))
        _append(session, numbers.start - 1, leaves)
        rows = [
            {"number": place, "event_id": event_id} for place, event_id in enumerate(good, start=numbers.start - 1)
        ]
        insert_rows(session, AuditLeaf, rows)
        first, last = good[0], good[-1]
        numbered = delete(AuditWaiting).where(AuditWaiting.event_id.between(first, last))
        session.execute(numbered.where(AuditWaiting.event_id.in_(select(AuditLeaf.event_id))))
    return len(good)


def _append(session: Session, size: int, leaves: list[bytes]) -> None:
    """Keep the hashes that the tree of `size` leaves gains by further ones."""
    tree = Growing().resume(size, (_edge(session, level, size) for level in range(levels(size))))
    rows = [{"level": level, "number": place, "hash": hashed} for level, place, hashed in tree.add(leaves)]
    insert_rows(session, AuditHash, rows)


def _edge(session: Session, level: int, size: int) -> list[bytes]:
    """The partial tile at the right end of a level."""
    there = size // WIDTH**level
    return read_hashes(session, level, there - there % WIDTH, there)


def read_hashes(session: Session, level: int, low: int, high: int) -> list[bytes]:
    """The kept hashes `[low, high)` of a level."""
    kept = select(AuditHash.hash).where(AuditHash.level == level, AuditHash.number >= low, AuditHash.number < high)
    return [row[0] for row in session.connection().execute(kept.order_by(AuditHash.number))]


def _refuse(session: Session, event_id: str) -> None:
    log.error("audit_event_not_ours", id=event_id)
    session.execute(update(AuditWaiting).where(AuditWaiting.event_id == event_id).values(refused=True))
