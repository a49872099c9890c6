"""What happened to a public resource, as the audit log has it, for everybody: what, and when, and no person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.models.auditing import AuditLeaf
from federation.models.events import AuditEvent, FeedEntry
from federation.transparency import tiles
from shared.errors import NotFound

RECEIVED, VERIFIED, PUBLISHED = "received", "verified", "published"
WITHDRAWN, TAKEN_DOWN, EXPIRED = "withdrawn", "taken_down", "expired"
PUBLIC: Mapping[str, str] = {
    "version.received": RECEIVED,
    "version.in_review": VERIFIED,
    "version.published": PUBLISHED,
    "version.withdrawn": WITHDRAWN,
    "version.taken_down": TAKEN_DOWN,
    "version.expired": EXPIRED,
}
"""The events that everybody may know of, and what they are called; verdicts that published nothing are not here."""
MAX_MOMENTS = 200


@dataclass(frozen=True)
class Moment:
    """One thing that happened; `index` is its place in the log, or None while it waits for one."""

    what: str
    version: int
    at: datetime
    index: int | None


def of(session: Session, resource_id: str) -> list[Moment]:
    """What happened to a resource, the first thing first."""
    found = (
        select(AuditEvent.action, AuditEvent.at, AuditEvent.entry, AuditLeaf.number)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditEvent.subject == f"resource:{resource_id}", AuditEvent.action.in_(PUBLIC))
        .order_by(AuditEvent.id)
        .limit(MAX_MOMENTS)
    )
    return [Moment(PUBLIC[row.action], _version(row.entry), row.at, row.number) for row in session.execute(found)]


def _version(entry: str) -> int:
    return int(json.loads(entry).get("detail", {}).get("version", 0))


def proof(session: Session, index: int) -> str:
    """The offline proof of such an event of a resource that is or was public. Raises `NotFound` for any other."""
    found = (
        select(AuditEvent.subject)
        .join(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditLeaf.number == index, AuditEvent.action.in_(PUBLIC))
    )
    resource_id = (session.scalar(found) or "").removeprefix("resource:")
    public = select(FeedEntry.seq).where(FeedEntry.resource_id == resource_id).limit(1)
    if not resource_id or session.scalar(public) is None:
        raise NotFound()
    return tiles.proof(session, index)
