"""The audit log: every change of weight, written in the transaction of the change itself.

An entry is canonical JSON (RFC 8785) under 64 KiB. People appear only by the random id of their account, and what
somebody wrote (the reason) only by the SHA-256 of a random salt and its words, which are kept beside it: erasing a
person or a reason leaves the log whole and says nothing of them any more.

Each entry bears a seal, an HMAC (RFC 2104) under a key that is not in the database. Its place in the Merkle tree is
given after the commit (`federation.transparency.numbering`), so that those who write do not queue for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.models.auditing import AuditReason, AuditWaiting
from federation.models.base import insert_rows, now
from federation.models.events import AuditEvent
from shared.canonical import canonical
from shared.errors import NotFound, ReasonMissing
from shared.identifiers import fresh_id
from shared.log_messages import MAX_ENTRY_BYTES

MAX_REASON = 4000
REASON_ERASED = "audit.reason_erased"
PERSON = "user:"
SEAL_KEY = "commons_seal_key"
"""The execution option of a database connection that holds the key of the seals."""


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
    """Append many entries with a statement a table. Raises `ValueError` for one that is too long."""
    if not happenings:
        return
    key = session.connection().get_execution_options()[SEAL_KEY]
    reasons: list[dict[str, Any]] = []
    at = now()
    rows = [_row(happening, at, key, reasons) for happening in happenings]
    insert_rows(session, AuditEvent, rows)
    insert_rows(session, AuditReason, reasons)
    insert_rows(session, AuditWaiting, [{"event_id": row["id"], "refused": False} for row in rows])


def _row(happening: Happening, at: datetime, key: bytes, reasons: list[dict[str, Any]]) -> dict[str, Any]:
    event_id, reason = fresh_id(), happening.reason[:MAX_REASON]
    said = {
        "actor": happening.actor,
        "action": happening.action,
        "subject": happening.subject,
        "before": happening.before,
        "after": happening.after,
        "detail": happening.detail,
    }
    if reason:
        salt = secrets.token_hex(32)
        said["reason_sha256"] = hidden(salt, reason)
        reasons.append({"event_id": event_id, "salt": salt, "reason": reason})
    entry = canonical({"id": event_id, "at": at.isoformat(), **{k: v for k, v in said.items() if v}})
    if len(entry) > MAX_ENTRY_BYTES:
        raise ValueError(f"audit entry of {len(entry)} bytes")
    return {
        "id": event_id,
        "at": at,
        "action": happening.action,
        "subject": happening.subject,
        "person_id": person_of(happening.actor),
        "entry": entry.decode("utf-8"),
        "seal": seal(key, entry),
    }


def seal(key: bytes, entry: bytes) -> str:
    """What shows that the hub itself wrote an entry."""
    return hmac.digest(key, entry, "sha256").hex()


def hidden(salt: str, reason: str) -> str:
    """How a reason stands in its entry: nobody can guess it without the salt, which is erased with it."""
    return hashlib.sha256(bytes.fromhex(salt) + reason.encode("utf-8", "surrogatepass")).hexdigest()


def blinded(session: Session, text: str) -> str:
    """How free text, which may name people, stands in an entry: an HMAC under the key of the seals.

    The hub can show later that a text is the one; nobody else can try texts against it.
    """
    key = session.connection().get_execution_options()[SEAL_KEY]
    return hmac.digest(key, b"text\0" + text.encode("utf-8", "surrogatepass"), "sha256").hex()


def said(entry: str) -> dict[str, Any]:
    """What an entry says; nothing for one that somebody has made unreadable behind the hub's back.

    Pages go on showing the others; that it was altered is for `federation.transparency.verification` to say.
    """
    try:
        found = json.loads(entry)
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def erase_reason(session: Session, event_id: str, *, reason: str, actor: str) -> None:
    """Erase what somebody wrote for an event, such as a person's name; the log stays whole, and says that it is gone.

    Raises `NotFound` for an event without a reason that is there, `ReasonMissing`.
    """
    if not reason.strip():
        raise ReasonMissing()
    row = session.get(AuditReason, event_id)
    if row is None:
        raise NotFound()
    session.delete(row)
    record(session, Happening(actor, REASON_ERASED, f"event:{event_id}", reason))


def erased(session: Session) -> set[str]:
    """The events whose reason was erased, by their ids."""
    found = select(AuditEvent.subject).where(AuditEvent.action == REASON_ERASED)
    return {subject.removeprefix("event:") for subject in session.scalars(found)}


def person(user_id: str) -> str:
    """How a person is named in the log."""
    return f"{PERSON}{user_id}"


def person_of(actor: str) -> str | None:
    """The id of the person who is named so; None for a machine and for nobody."""
    return actor.removeprefix(PERSON) if actor.startswith(PERSON) else None


def machine(node_id: str) -> str:
    """How a node is named in the log."""
    return f"node:{node_id}"


OPERATOR = "operator"
"""Whoever uses the command line on the hub itself."""
WORKER = "hub"
"""The hub's own background work."""
