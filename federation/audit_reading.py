"""Reading the audit log page by page, for auditors and admins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import auditlog
from federation.models.auditing import AuditLeaf, AuditReason
from federation.models.events import AuditEvent
from federation.models.people import User

PAGE_SIZE = 50


@dataclass(frozen=True)
class Entry:
    """One event as it is read; `person` is the name of whoever did it, if it is a person who is still known.

    `readable` is false for one whose entry was altered so that nobody can tell what it said.
    """

    id: str
    index: int | None
    at: datetime
    actor: str
    person: str
    action: str
    subject: str
    reason: str
    detail: dict[str, Any]
    readable: bool


@dataclass(frozen=True)
class Page:
    """Events, the last first; `before` is where the next page goes on, empty on the last one."""

    entries: list[Entry]
    before: str


def read(session: Session, *, action: str = "", subject: str = "", before: str = "") -> Page:
    """One page of the log: actions that begin with `action`, of exactly `subject`, before the event `before`."""
    query = (
        select(AuditEvent, AuditLeaf.number, AuditReason.reason)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .outerjoin(AuditReason, AuditReason.event_id == AuditEvent.id)
        .order_by(AuditEvent.id.desc())
        .limit(PAGE_SIZE + 1)
    )
    if action:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    if subject:
        query = query.where(AuditEvent.subject == subject)
    if before:
        query = query.where(AuditEvent.id < before)
    rows = session.execute(query).all()
    shown = [(event, number, reason, auditlog.said(event.entry)) for event, number, reason in rows[:PAGE_SIZE]]
    people = _people(session, {str(said.get("actor", "")) for *_, said in shown})
    entries = [
        Entry(
            id=event.id,
            index=number,
            at=event.at,
            actor=said.get("actor", ""),
            person=people.get(said.get("actor", ""), ""),
            action=event.action,
            subject=event.subject,
            reason=reason or "",
            detail=said.get("detail", {}),
            readable=bool(said),
        )
        for event, number, reason, said in shown
    ]
    return Page(entries, entries[-1].id if len(rows) > PAGE_SIZE else "")


def _people(session: Session, actors: set[str]) -> dict[str, str]:
    ids = [actor.removeprefix("user:") for actor in actors if actor.startswith("user:")]
    found = session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {f"user:{row.id}": row.display_name for row in found}
