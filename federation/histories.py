"""What happened to a public resource, as the audit log has it, for everybody: what, and when, and no person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import auditlog
from federation.models.auditing import AuditLeaf
from federation.models.events import AuditEvent, FeedEntry
from federation.models.resources import ResourceVersion
from federation.transparency import tiles
from shared.errors import NotFound
from shared.notes import MAX_SIZE

RECEIVED, CORRECTED, VERIFIED, REVIEWED = "received", "corrected", "verified", "reviewed"
PUBLISHED, RELEASED, RESTORED = "published", "released", "restored"
WITHDRAWN, TAKEN_DOWN, EXPIRED = "withdrawn", "taken_down", "expired"
PUBLIC = frozenset(
    f"version.{state}"
    for state in ("received", "in_review", "approved", "published", "withdrawn", "taken_down", "expired")
)
"""The events that everybody may know of; verdicts that published nothing are not here."""
CHECKED_BEFORE = ("received", "awaiting_files", "verifying")
"""From where a version comes into review once its files are verified; from elsewhere it comes back into review."""
MADE_PUBLIC: Mapping[str, str] = {"approved": RELEASED, "taken_down": RESTORED, "expired": RESTORED}
"""What it is called when a version becomes public, by where it came from; else it was published by a decision."""
MAX_MOMENTS = 200


@dataclass(frozen=True)
class Moment:
    """One thing that happened; `index` is its place in the log, or None while it waits for one."""

    what: str
    version: int
    at: datetime
    index: int | None


def of(session: Session, resource_id: str, *, versions: Collection[int]) -> list[Moment]:
    """What happened to these versions of a resource, the first thing first.

    `versions` are those that are or were public: that another one is under review, or was and came to nothing, is
    between its institution and the alliance.
    """
    found = (
        select(AuditEvent.action, AuditEvent.at, AuditEvent.entry, AuditLeaf.number)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditEvent.subject == f"resource:{resource_id}", AuditEvent.action.in_(PUBLIC))
        .order_by(AuditEvent.id)
        .limit(MAX_MOMENTS)
    )
    moments = []
    for row in session.execute(found):
        detail = auditlog.said(row.entry).get("detail", {})
        version, what = int(detail.get("version", 0)), _what(row.action, detail)
        if version in versions and what:
            moments.append(Moment(what, version, row.at, row.number))
    return moments


def _what(action: str, detail: Mapping[str, Any]) -> str:
    """What the public calls an event; empty for what is nothing to it, such as a second review after an appeal."""
    state, before = action.removeprefix("version."), detail.get("from", "")
    if state == "received":
        return CORRECTED if detail.get("version", 1) > 1 else RECEIVED
    if state == "in_review":
        return VERIFIED if before in CHECKED_BEFORE else ""
    if state == "published":
        return MADE_PUBLIC.get(before, PUBLISHED)
    return REVIEWED if state == "approved" else state


def proof(session: Session, index: int) -> str:
    """The offline proof of such an event of a version that is or was public. Raises `NotFound` for any other."""
    if index > MAX_SIZE:
        raise NotFound()
    found = (
        select(AuditEvent.subject, AuditEvent.entry)
        .join(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditLeaf.number == index, AuditEvent.action.in_(PUBLIC))
    )
    row = session.execute(found).first()
    if row is None or _version(row.entry) not in public_versions(session, row.subject.removeprefix("resource:")):
        raise NotFound()
    return tiles.proof(session, index)


def public_versions(session: Session, resource_id: str) -> frozenset[int]:
    """The numbers of the versions of a resource that are or were public: only these are in the feed."""
    found = (
        select(ResourceVersion.version)
        .join(FeedEntry, FeedEntry.version_id == ResourceVersion.id)
        .where(FeedEntry.resource_id == resource_id)
    )
    return frozenset(session.scalars(found))


def _version(entry: str) -> int:
    return int(auditlog.said(entry).get("detail", {}).get("version", 0))
