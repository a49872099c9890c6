"""Gapless numbers: the counter's row stays locked until commit, so numbers follow the order of commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from federation.models.base import now
from federation.models.events import Counter
from federation.models.institutions import Node

FEED, VERSIONS = "change_feed", "versions"
AUDIT, CHECKPOINTS, COSIGNATURES = "audit_log", "audit_checkpoints", "audit_cosignatures"
KEYS = "node_keys"
"""Counts nothing: who changes the register of keys holds it first of all, so that they do so one after the other.

An enrolment takes a node and then its keys, a rotation a key and then, by reference, its node: without it the two
stop each other, and a key that comes in is missed by who puts the others out of use.
"""
LIKENESS = "likeness"
"""How far the bands of texts have followed the change feed; no sequence of its own."""


def next_numbers(session: Session, name: str, count: int) -> range:
    """Reserve `count` numbers of the sequence `name` (made by a migration)."""
    statement = update(Counter).where(Counter.name == name).values(value=Counter.value + count)
    last = session.execute(
        statement.returning(Counter.value), execution_options={"synchronize_session": False}
    ).scalar_one()
    return range(last - count + 1, last + 1)


def hold(session: Session, name: str) -> None:
    """Keep the sequence `name` from everybody else until the end of the transaction."""
    session.execute(select(Counter.value).where(Counter.name == name).with_for_update())


def next_event_numbers(session: Session, node_id: str, count: int) -> range:
    """Reserve `count` status-event numbers of one node."""
    statement = update(Node).where(Node.id == node_id).values(event_seq=Node.event_seq + count)
    last = session.execute(
        statement.returning(Node.event_seq), execution_options={"synchronize_session": False}
    ).scalar_one()
    return range(last - count + 1, last + 1)


def moment(session: Session) -> datetime:
    """This moment by the one clock that all hosts share: the database's, or on SQLite this host's."""
    if session.get_bind().dialect.name == "sqlite":
        return now()
    return session.scalar(select(func.clock_timestamp())) or now()
