"""The audit log: every change of weight, written in the transaction of the change itself.

An entry is canonical JSON (RFC 8785) under 64 KiB. People appear only by the random id of their account, so
that erasing a person leaves the log whole and says nothing of them any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import uuid6
from sqlalchemy.orm import Session

from federation.models.base import insert_rows, now
from federation.models.events import AuditEvent
from shared.canonical import canonical

MAX_ENTRY_BYTES = 65_535
"""C2SP tlog-tiles: an entry's length is two bytes."""
MAX_REASON = 4000


@dataclass(frozen=True)
class Happening:
    """What is to be remembered: who did what to what and why; `detail` holds small plain JSON values."""

    actor: str
    action: str
    subject: str
    reason: str = ""
    before: str = ""
    after: str = ""
    detail: dict[str, Any] | None = None


def record(session: Session, *happenings: Happening) -> None:
    """Append entries to the log."""
    record_many(session, happenings)


def record_many(session: Session, happenings: Sequence[Happening]) -> None:
    """Append many entries with one statement. Raises `ValueError` for one that is too long."""
    insert_rows(session, AuditEvent, [_row(happening) for happening in happenings])


def _row(happening: Happening) -> dict[str, Any]:
    event_id, at = str(uuid6.uuid7()), now()
    said = {
        "actor": happening.actor,
        "action": happening.action,
        "subject": happening.subject,
        "reason": happening.reason[:MAX_REASON],
        "before": happening.before,
        "after": happening.after,
        "detail": happening.detail,
    }
    entry = canonical({"id": event_id, "at": at.isoformat(), **{k: v for k, v in said.items() if v}})
    if len(entry) > MAX_ENTRY_BYTES:
        raise ValueError(f"audit entry of {len(entry)} bytes")
    return {
        "id": event_id,
        "at": at,
        "action": happening.action,
        "subject": happening.subject,
        "entry": entry.decode("utf-8"),
    }


def person(user_id: str) -> str:
    """How a person is named in the log."""
    return f"user:{user_id}"


def machine(node_id: str) -> str:
    """How a node is named in the log."""
    return f"node:{node_id}"


OPERATOR = "operator"
"""Whoever uses the command line on the hub itself."""
WORKER = "hub"
"""The hub's own background work."""
