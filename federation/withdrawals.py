"""The guard against mass deletion: a member that would take back much of what it has in public is stopped first.

A node whose database was emptied, or a script gone wrong, looks just like a member that means it; so a person of
the alliance says yes (`commons-hub institution allow-withdrawals`), for some hours.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation import auditlog
from federation.models.base import now
from federation.models.events import FeedEntry
from federation.models.institutions import Institution
from federation.models.resources import Resource
from federation.publication import PUBLISHED, REMOVED

FREE = 10
"""So many withdrawals in a day are never questioned: a small member may tidy up."""
DAY = timedelta(days=1)


def too_many(session: Session, institution_id: int, record_ids: Collection[str], *, percent: int) -> bool:
    """Whether withdrawing these records too would, within a day, take back over `percent` of what is public."""
    allowed = session.scalar(select(Institution.withdrawals_allowed_until).where(Institution.id == institution_id))
    if percent >= 100 or (allowed is not None and allowed > now()):
        return False
    public = select(Resource.id).join(FeedEntry, FeedEntry.resource_id == Resource.id)
    public = public.where(Resource.institution_id == institution_id, FeedEntry.latest, FeedEntry.kind == PUBLISHED)
    standing = session.scalar(select(func.count()).select_from(public.subquery())) or 0
    wanted = len(set(session.scalars(public.where(Resource.id.in_(record_ids)))))
    gone = session.scalar(
        select(func.count())
        .select_from(FeedEntry)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .where(
            Resource.institution_id == institution_id,
            FeedEntry.latest,
            FeedEntry.kind == REMOVED,
            FeedEntry.at > now() - DAY,
        )
    )
    taken_back = (gone or 0) + wanted
    return taken_back > FREE and taken_back * 100 > percent * (standing + (gone or 0))


def allow(session: Session, institution: Institution, *, hours: int, actor: str) -> None:
    """Let the member withdraw as much as it wants for some hours: somebody has asked whether it means it."""
    institution.withdrawals_allowed_until = now() + timedelta(hours=hours)
    session.flush()
    said = {"hours": hours}
    subject = f"institution:{institution.code}"
    auditlog.record(session, auditlog.Happening(actor, "institution.withdrawals_allowed", subject, detail=said))
