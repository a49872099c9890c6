"""The guard against mass deletion: a member that would take back much of what it has in public is stopped first.

A node whose database was emptied, or a script gone wrong, looks just like a member that means it; so a person of
the alliance says yes (in the workbench or with `commons-hub institution allow-withdrawals`), for some hours. What
was stopped is noted, so that this person learns of it from the hub and not from the member.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, joinedload

from federation import auditlog
from federation.models.base import insert_missing, now
from federation.models.events import AuditEvent, FeedEntry
from federation.models.institutions import Institution, Node
from federation.models.resources import Resource, ResourceVersion
from federation.models.withdrawals import HeldWithdrawal
from federation.publication import PUBLISHED, REMOVED
from federation.settings import HubSettings

DAY = timedelta(days=1)
HELD, ALLOWED = "institution.withdrawals_held", "institution.withdrawals_allowed"
"""What the audit log calls it."""


@dataclass(frozen=True)
class Guard:
    """What a member may withdraw within a day unasked: a share of what it has in public, or else so few."""

    percent: int
    unasked: int

    @classmethod
    def of(cls, settings: HubSettings) -> Guard:
        """Of these settings."""
        return cls(settings.max_withdrawn_percent, settings.max_withdrawn_unasked)


UNGUARDED = Guard(percent=100, unasked=0)


@dataclass(frozen=True)
class Held:
    """The withdrawals of one node that wait for a person: how many public resources, and since when."""

    node: Node
    count: int
    since: datetime


def too_many(session: Session, institution_id: int, record_ids: Collection[str], guard: Guard) -> set[str]:
    """Those of the records that are public, when to withdraw them too would take back too much within a day."""
    if not record_ids or guard.percent >= 100:
        return set()
    allowed = session.scalar(select(Institution.withdrawals_allowed_until).where(Institution.id == institution_id))
    if allowed is not None and allowed > now():
        return set()
    public = select(Resource.id).join(FeedEntry, FeedEntry.resource_id == Resource.id)
    public = public.where(Resource.institution_id == institution_id, FeedEntry.latest, FeedEntry.kind == PUBLISHED)
    wanted = set(session.scalars(public.where(Resource.id.in_(record_ids))))
    if not wanted:
        return set()
    standing = session.scalar(select(func.count()).select_from(public.subquery())) or 0
    gone = session.scalar(_withdrawn_today(institution_id)) or 0
    taken_back = gone + len(wanted)
    much = taken_back > guard.unasked and taken_back * 100 > guard.percent * (standing + gone)
    return wanted if much else set()


def hold(session: Session, node: Node, record_ids: Collection[str]) -> None:
    """Note that these withdrawals were stopped: each once, and in the audit log once a day, however often it asks."""
    noted = session.scalars(select(HeldWithdrawal.resource_id).where(HeldWithdrawal.resource_id.in_(record_ids)))
    new = sorted(set(record_ids).difference(noted))
    if not new:
        return
    insert_missing(session, HeldWithdrawal, [{"resource_id": one, "node_id": node.id, "at": now()} for one in new])
    subject = _subject(node.institution)
    last = select(AuditEvent.action).where(AuditEvent.subject == subject, AuditEvent.action.in_((HELD, ALLOWED)))
    last = last.where(AuditEvent.at > now() - DAY).order_by(AuditEvent.at.desc()).limit(1)
    if session.scalar(last) != HELD:
        said = {"count": len(new)}
        auditlog.record(session, auditlog.Happening(auditlog.machine(node.id), HELD, subject, detail=said))


def release(session: Session, record_ids: Collection[str]) -> None:
    """Forget that these were stopped: they have passed after all."""
    session.execute(delete(HeldWithdrawal).where(HeldWithdrawal.resource_id.in_(record_ids)))


def release_all_of(session: Session, node: Node) -> None:
    """Forget what this node asked for: it holds the same as the hub, so it no longer wants any of it withdrawn."""
    session.execute(delete(HeldWithdrawal).where(HeldWithdrawal.node_id == node.id))


def allow(session: Session, institution: Institution, *, hours: int, actor: str) -> None:
    """Let the member withdraw as much as it wants for some hours: somebody has asked whether it means it."""
    institution.withdrawals_allowed_until = now() + timedelta(hours=hours)
    session.flush()
    theirs = select(Node.id).where(Node.institution_id == institution.id)
    session.execute(delete(HeldWithdrawal).where(HeldWithdrawal.node_id.in_(theirs)))
    said = {"hours": hours}
    auditlog.record(session, auditlog.Happening(actor, ALLOWED, _subject(institution), detail=said))


def held(session: Session) -> list[Held]:
    """Whose withdrawals wait for a person, the longest wait first."""
    waiting = select(HeldWithdrawal.node_id, func.count().label("count"), func.min(HeldWithdrawal.at).label("since"))
    each = waiting.group_by(HeldWithdrawal.node_id).subquery()
    query = select(Node, each.c.count, each.c.since).join(each, each.c.node_id == Node.id)
    rows = session.execute(query.options(joinedload(Node.institution)).order_by(each.c.since, Node.id))
    return [Held(node, count, since) for node, count, since in rows]


def _subject(institution: Institution) -> str:
    return f"institution:{institution.code}"


def _withdrawn_today(institution_id: int) -> Select[int]:
    """How many the member has withdrawn within a day; what the alliance took down is not of its doing."""
    return (
        select(func.count())
        .select_from(FeedEntry)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
        .where(
            Resource.institution_id == institution_id,
            FeedEntry.latest,
            FeedEntry.kind == REMOVED,
            FeedEntry.at > now() - DAY,
            ResourceVersion.state == "withdrawn",
        )
    )
