"""What the hub keeps: each member's files, how the stored files are, and the last backup that it knows of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation import fixity, quotas
from federation.fixity import Standing
from federation.models.backups import BackupMade
from federation.models.base import now
from federation.models.events import AuditEvent, NodeEvent
from federation.models.institutions import Institution
from federation.models.objects import StoredObject
from federation.settings import HubSettings

NEARLY_FULL = 0.9
HEALED_WITHIN = timedelta(days=30)
BACKUP_OLD = timedelta(days=7)


@dataclass(frozen=True)
class Share:
    """What one institution stores, and may: `allowed` in bytes, 0 without a limit."""

    institution: Institution
    files: int
    size: int
    allowed: int

    @property
    def nearly_full(self) -> bool:
        """Whether there is hardly room left."""
        return bool(self.allowed) and self.size >= self.allowed * NEARLY_FULL


@dataclass(frozen=True)
class Kept:
    """The stored files of all members."""

    shares: Sequence[Share]
    """The largest first."""
    fixity: Standing
    asked: int
    """Damaged files that members were asked to send again."""
    healed: int
    """Files that were damaged and lately became sound again."""
    infected: int
    backup: BackupMade | None
    """The last backup that was made with the hub's own command."""

    @property
    def backup_is_old(self) -> bool:
        """Whether the last one is too long ago; one that is not known may have been made by other means."""
        return self.backup is not None and self.backup.at < now() - BACKUP_OLD


def kept(session: Session, settings: HubSettings) -> Kept:
    """What is stored and how it is."""
    held = quotas.holdings(session)
    shares = []
    for institution in session.scalars(select(Institution).order_by(Institution.code)):
        files, size = held.get(institution.id, (0, 0))
        shares.append(Share(institution, files, size, quotas.allowed(institution, settings.institution_quota_bytes)))
    damaged = select(StoredObject.sha256).where(StoredObject.damaged_at.is_not(None))
    asked = select(func.count(NodeEvent.sha256.distinct())).where(NodeEvent.sha256.in_(damaged))
    healed = select(func.count()).where(AuditEvent.action == "object.repaired", AuditEvent.at > now() - HEALED_WITHIN)
    return Kept(
        shares=sorted(shares, key=lambda one: -one.size),
        fixity=fixity.standing(session, days=settings.fixity_days if settings.fixity_bytes_per_second else 0),
        asked=session.scalar(asked) or 0,
        healed=session.scalar(healed) or 0,
        infected=session.scalar(select(func.count()).where(StoredObject.scan == "infected")) or 0,
        backup=session.scalar(select(BackupMade).order_by(BackupMade.at.desc()).limit(1)),
    )
