"""The members as a whole: whose node was heard of when, whose synchronisation fails or stands still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from federation import withdrawals
from federation.garbage import LIVE_STATES
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.institutions import Institution, Node
from federation.models.objects import StoredObject, Upload
from federation.models.reconciliations import Reconciliation
from federation.models.resources import Resource, ResourceVersion
from federation.withdrawals import Held

SILENT = timedelta(days=3)
"""A node synchronises every day or oftener: after this, something is wrong with it."""
STANDING_STILL = timedelta(days=1)
"""An upload of which nothing has come for so long stands still."""
FAILED_WITHIN = timedelta(days=7)
WAITING_FOR_FILES = timedelta(days=7)
BUNDLES_WITHIN = timedelta(days=30)
REFUSED = "refused"
INCOMPLETE = ("received", "awaiting_files", "verifying")


@dataclass(frozen=True)
class NodeStanding:
    """One node: when it was last heard of, what it last sent, and how its last comparison with the hub came out."""

    node: Node
    newest_at: datetime | None
    """When the newest version of its resources came in."""
    differing: int
    """Versions that differed at the last comparison."""
    refused: int
    """Those of them that the hub does not take."""

    @property
    def silent_since(self) -> datetime | None:
        """Since when nothing was heard of it, if that is too long ago."""
        heard = self.node.last_seen_at or self.node.enrolled_at
        return heard if heard < now() - SILENT else None


@dataclass(frozen=True)
class Uploading:
    """Uploads of one node that stand still, or that failed lately and were not sent again."""

    still: int
    failed: int
    since: datetime


@dataclass(frozen=True)
class Incomplete:
    """Versions of one institution that wait for their files too long, and since when the first of them does."""

    institution: Institution
    count: int
    since: datetime


@dataclass(frozen=True)
class Members:
    """All members' nodes, the most silent first, and what does not come through."""

    nodes: Sequence[NodeStanding]
    uploads: dict[str, Uploading]
    """By the node's id."""
    incomplete: Sequence[Incomplete]
    held: Sequence[Held]
    """Withdrawals that were stopped until somebody agrees."""
    bundles: int
    """Offline bundles taken in lately."""
    last_bundle_at: datetime | None


def members(session: Session) -> Members:
    """How the members' nodes do."""
    bundles = select(func.count(), func.max(AuditEvent.at)).where(
        AuditEvent.action == "bundle.imported", AuditEvent.at > now() - BUNDLES_WITHIN
    )
    count, last = session.execute(bundles).one()
    return Members(_nodes(session), _uploads(session), _incomplete(session), withdrawals.held(session), count, last)


def _nodes(session: Session) -> list[NodeStanding]:
    newest = select(Resource.node_id, func.max(ResourceVersion.received_at)).join(ResourceVersion)
    received = {row[0]: row[1] for row in session.execute(newest.group_by(Resource.node_id))}
    unequal = select(Reconciliation.node_id, Reconciliation.differing, Reconciliation.findings)
    compared = {row[0]: row for row in session.execute(unequal.where(Reconciliation.differing > 0))}
    heard = func.coalesce(Node.last_seen_at, Node.enrolled_at)
    found = []
    for node in session.scalars(select(Node).options(joinedload(Node.institution)).order_by(heard, Node.id)):
        _, differing, findings = compared.get(node.id, (node.id, 0, []))
        refused = sum(one.get("kind") == REFUSED for one in findings)
        found.append(NodeStanding(node, received.get(node.id), differing, refused))
    return found


def _uploads(session: Session) -> dict[str, Uploading]:
    here = select(StoredObject.sha256).where(StoredObject.sha256 == Upload.sha256, StoredObject.damaged_at.is_(None))
    coming = select(Upload.sha256).where(Upload.state.in_(LIVE_STATES))
    still = and_(Upload.state.in_(LIVE_STATES), Upload.changed_at < now() - STANDING_STILL)
    failed = and_(
        Upload.state == "failed",
        Upload.changed_at > now() - FAILED_WITHIN,
        ~here.exists(),
        Upload.sha256.not_in(coming),
    )
    rows = session.execute(
        select(
            Upload.node_id,
            func.count().filter(still),
            func.count(Upload.sha256.distinct()).filter(failed),
            func.min(Upload.changed_at),
        )
        .where(or_(still, failed))
        .group_by(Upload.node_id)
    )
    return {row[0]: Uploading(row[1], row[2], row[3]) for row in rows}


def _incomplete(session: Session) -> list[Incomplete]:
    first = func.min(ResourceVersion.changed_at)
    rows = session.execute(
        select(Institution, func.count(), first)
        .join(Resource, Resource.institution_id == Institution.id)
        .join(ResourceVersion, ResourceVersion.resource_id == Resource.id)
        .where(ResourceVersion.state.in_(INCOMPLETE), ResourceVersion.changed_at < now() - WAITING_FOR_FILES)
        .group_by(Institution.id)
        .order_by(first)
    )
    return [Incomplete(*row) for row in rows]
