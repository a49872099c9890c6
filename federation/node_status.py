"""What a node pulls: the events of its records after a cursor, in order and without gaps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from federation.models.events import NodeEvent

COLUMNS = (
    NodeEvent.seq,
    NodeEvent.at,
    NodeEvent.resource_id,
    NodeEvent.version,
    NodeEvent.state,
    NodeEvent.reason,
    NodeEvent.ark,
    NodeEvent.sha256,
    NodeEvent.question_id,
    NodeEvent.feedback,
    NodeEvent.petition_id,
    NodeEvent.petition,
    NodeEvent.effective_on,
)
"""What a node is told: plain values, for a large publication has as many events as records."""

SOMETIMES = ("ark", "sha256", "question_id", "feedback", "petition_id", "petition", "effective_on")
"""What only some events have."""


def events_after(session: Session, node_id: str, *, after: int, limit: int) -> dict[str, Any]:
    """Up to `limit` events with a number above `after` (`StatusReply`)."""
    rows = session.execute(
        select(*COLUMNS)
        .where(NodeEvent.node_id == node_id, NodeEvent.seq > after)
        .order_by(NodeEvent.seq)
        .limit(limit + 1)
    ).all()
    page = rows[:limit]
    return {
        "events": [_message(event) for event in page],
        "last": page[-1].seq if page else after,
        "more": len(rows) > limit,
    }


def _message(event: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    said = {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "record_id": event.resource_id,
        "version": event.version,
        "state": event.state,
        "reason": event.reason,
    }
    return said | {name: getattr(event, name) for name in SOMETIMES if getattr(event, name)}
