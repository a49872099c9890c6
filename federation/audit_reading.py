"""Reading the audit log page by page, for auditors and admins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from federation import auditlog
from federation.days import ZONE
from federation.models.auditing import AuditLeaf, AuditReason
from federation.models.collections import Collection, CollectionRevision
from federation.models.events import AuditEvent
from federation.models.institutions import Institution, Node
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion

PAGE_SIZE = 50
Names = Mapping[str, User | Node | Institution | ResourceVersion | CollectionRevision]
"""Who and what the entries name, as far as the hub still knows them, by how the log calls them (`user:…`)."""


@dataclass(frozen=True)
class Entry:
    """One event as it is read.

    `readable` is false for one whose entry was altered so that nobody can tell what it said.
    """

    id: str
    index: int | None
    at: datetime
    actor: str
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
    names: Names


def read(
    session: Session,
    *,
    action: str = "",
    subject: str = "",
    actor: str = "",
    before: str = "",
    until: date | None = None,
) -> Page:
    """One page of the log: actions that begin with `action`, of exactly `subject`, done by the person `actor`
    (`user:…`), before the event `before`, and not after the day `until` in China.
    """
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
    if actor:
        query = query.where(AuditEvent.person_id == (auditlog.person_of(actor) or ""))
    if before:
        query = query.where(AuditEvent.id < before)
    if until is not None:
        query = query.where(AuditEvent.id < _first_id_after(until))
    rows = session.execute(query).all()
    entries = [_entry(event, number, reason) for event, number, reason in rows[:PAGE_SIZE]]
    named = {code for one in entries for code in (one.actor, one.subject)}
    names = _names(session, named | {code for code in (subject, actor) if code})
    return Page(entries, entries[-1].id if len(rows) > PAGE_SIZE else "", names)


def _entry(event: AuditEvent, number: int | None, reason: str | None) -> Entry:
    said = auditlog.said(event.entry)
    return Entry(
        id=event.id,
        index=number,
        at=event.at,
        actor=str(said.get("actor", "")),
        action=event.action,
        subject=event.subject,
        reason=reason or "",
        detail=said.get("detail", {}),
        readable=bool(said),
    )


def _first_id_after(day: date) -> str:
    """How the ids of events begin that are made after a day: with the milliseconds (UUIDv7, RFC 9562 §5.7)."""
    end = datetime.combine(day + timedelta(days=1), time.min, ZONE)
    moment = f"{int(end.timestamp() * 1000):012x}"
    return f"{moment[:8]}-{moment[8:]}"


def _names(session: Session, codes: Iterable[str]) -> Names:
    """The same number of queries, whatever is named."""
    ids: dict[str, list[str]] = {"user": [], "node": [], "institution": [], "resource": [], "collection": []}
    for code in codes:
        kind, _colon, rest = code.partition(":")
        ids.get(kind, []).append(rest)
    nodes = select(Node).where(Node.id.in_(ids["node"])).options(joinedload(Node.institution))
    newest = select(ResourceVersion).join(Resource).where(Resource.id.in_(ids["resource"]))
    newest = newest.where(ResourceVersion.version == Resource.latest_version)
    drafts = select(CollectionRevision).join(Collection).where(Collection.id.in_(ids["collection"]))
    drafts = drafts.where(CollectionRevision.number == Collection.revision)
    members = select(Institution).where(Institution.code.in_(ids["institution"]))
    return {
        **{f"user:{one.id}": one for one in session.scalars(select(User).where(User.id.in_(ids["user"])))},
        **{f"node:{one.id}": one for one in session.scalars(nodes)},
        **{f"institution:{one.code}": one for one in session.scalars(members)},
        **{f"resource:{one.resource_id}": one for one in session.scalars(newest)},
        **{f"collection:{one.collection_id}": one for one in session.scalars(drafts)},
    }
