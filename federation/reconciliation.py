"""Comparing with a node: what the hub holds of it, as digests first and then one bucket at a time.

The hub never changes anything here but its notes (of the comparison, and of stopped withdrawals that the node wants
no longer) and, after it was restored from a backup, the permanent identifiers that it gave since; what is missing
travels the ordinary way, by publishing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from federation import auditlog, lifecycle, publication, withdrawals
from federation.models.base import insert_missing, now
from federation.models.events import NodeEvent
from federation.models.institutions import Node
from federation.models.reconciliations import Reconciliation
from federation.models.resources import Resource, ResourceVersion
from shared.messages import MAX_BATCH_BYTES, MAX_ITEMS
from shared.reconciliation import bucket_digests, differing, overall_digest


def compare(session: Session, node: Node, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the node's 256 digests with ours, note the outcome, and say where they differ (`DigestsReply`)."""
    rows = session.connection().execute(_items(node.id)).all()
    ours = bucket_digests(rows)
    buckets = differing(ours, asked["buckets"])
    digest = overall_digest(ours)
    _note(session, node, asked, len(rows), digest, buckets)
    last = session.scalar(select(Node.event_seq).where(Node.id == node.id)) or 0
    return {"count": len(rows), "digest": digest, "differing": buckets, "last_event": last}


def contents(session: Session, node: Node) -> list[tuple[str, int, str]]:
    """Record, version and digest of all that this node published last."""
    return [(row[0], row[1], row[2]) for row in session.connection().execute(_items(node.id))]


def items(session: Session, node: Node, *, bucket: int, after: tuple[str, int]) -> dict[str, Any]:
    """The versions in one bucket in order of record and number, those after `after` (`ItemsReply`)."""
    place = tuple_(ResourceVersion.resource_id, ResourceVersion.version)
    rows = session.execute(
        select(
            ResourceVersion.resource_id,
            ResourceVersion.version,
            ResourceVersion.sha256,
            ResourceVersion.state,
            ResourceVersion.publish_on,
            ResourceVersion.expires_on,
            Resource.ark,
            _last_reason().label("reason"),
        )
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .where(Resource.node_id == node.id, Resource.id.endswith(f"{bucket:02x}"), place > after)
        .order_by(ResourceVersion.resource_id, ResourceVersion.version)
        .limit(MAX_ITEMS + 1)
    ).all()
    return {"items": [_item(row) for row in rows[:MAX_ITEMS]], "more": len(rows) > MAX_ITEMS}


def _item(row: Any) -> dict[str, Any]:
    day = lifecycle.effective_on(row.state, row.publish_on, row.expires_on)
    return {
        "record_id": row.resource_id,
        "version": row.version,
        "sha256": row.sha256,
        "state": row.state,
        "reason": row.reason or "",
        "ark": row.ark or "",
        **({"effective_on": day} if day else {}),
    }


def records(session: Session, node: Node, names: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Signed records of the node's institution, as many as fit into one answer (`RecordsReply`)."""
    wanted = [(name["record_id"], name["version"]) for name in names]
    key = tuple_(ResourceVersion.resource_id, ResourceVersion.version)
    rows = session.execute(
        select(ResourceVersion.resource_id, ResourceVersion.version, ResourceVersion.jws)
        .join(Resource)
        .where(key.in_(wanted), Resource.institution_id == node.institution_id)
    )
    here = {(record_id, version): jws for record_id, version, jws in rows}
    given: list[str] = []
    room = MAX_BATCH_BYTES
    for name in wanted:
        jws = here.get(name, "")
        if jws and (room := room - len(jws)) < 0:
            break
        given += [jws] if jws else []
    missing = [{"record_id": name[0], "version": name[1]} for name in wanted if name not in here]
    return {"records": given, "missing": missing}


def restore_arks(session: Session, node: Node, asked: Sequence[Mapping[str, str]], *, naan: str) -> int:
    """Take back into use the identifiers that this hub gave before it was restored; says how many."""
    given = {entry["record_id"]: entry["ark"] for entry in asked}
    resources = session.scalars(
        select(Resource).where(Resource.id.in_(given), Resource.institution_id == node.institution_id)
    ).all()
    done = [one for one in resources if publication.restore_ark(session, one, given[one.id], naan=naan)]
    actor = auditlog.machine(node.id)
    auditlog.record(
        session,
        *(
            auditlog.Happening(actor, "resource.ark_restored", f"resource:{one.id}", detail={"ark": one.ark})
            for one in done
        ),
    )
    return len(done)


def outcomes(session: Session) -> list[Reconciliation]:
    """The last comparison of every node, those that differ first."""
    query = select(Reconciliation).order_by((Reconciliation.differing == 0), Reconciliation.at.desc())
    return list(session.scalars(query))


def _items(node_id: str) -> Any:
    return (
        select(
            ResourceVersion.resource_id,
            ResourceVersion.version,
            ResourceVersion.sha256,
            ResourceVersion.state,
        )
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .where(Resource.node_id == node_id)
    )


def _last_reason() -> Any:
    """The reason of the last event that changed a version; a request for a file in between says nothing of it."""
    changed = or_(NodeEvent.sha256 == "", NodeEvent.state == "awaiting_files")
    return (
        select(NodeEvent.reason)
        .where(
            NodeEvent.resource_id == ResourceVersion.resource_id,
            NodeEvent.version == ResourceVersion.version,
            changed,
        )
        .order_by(NodeEvent.id.desc())
        .limit(1)
        .correlate(ResourceVersion)
        .scalar_subquery()
    )


def _note(
    session: Session, node: Node, asked: Mapping[str, Any], count: int, digest: str, buckets: Sequence[int]
) -> None:
    fresh = {"node_id": node.id, "at": now(), "hub_count": count, "node_count": asked["count"], "digest": digest}
    insert_missing(session, Reconciliation, [{**fresh, "differing": len(buckets), "findings": [], "equal_at": None}])
    noted = session.get_one(Reconciliation, node.id, with_for_update=True)
    noted.at, noted.hub_count, noted.node_count = now(), count, asked["count"]
    noted.digest, noted.differing = digest, len(buckets)
    if asked.get("found"):
        noted.findings = [dict(finding) for finding in asked["found"]]
    if not buckets:
        noted.equal_at = noted.at
        withdrawals.release_all_of(session, node)
