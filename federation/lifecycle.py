"""The life of a record version: one table of states, one function that changes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, object_session

from federation import auditlog, policies, sequences
from federation.models.base import Base, insert_rows, now
from federation.models.events import NodeEvent
from federation.models.institutions import Node, NodeKey
from federation.models.resources import Resource, ResourceVersion, VersionFile
from shared.errors import MoveNotAllowed

Held = TypeVar("Held", bound=Base)
INITIAL = "received"
MOVES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "received": frozenset({"awaiting_files", "in_review", "changes_requested", "superseded", "withdrawn"}),
        "awaiting_files": frozenset({"verifying", "in_review", "changes_requested", "superseded", "withdrawn"}),
        "verifying": frozenset({"awaiting_files", "in_review", "changes_requested", "superseded", "withdrawn"}),
        "in_review": frozenset({"published", "approved", "changes_requested", "rejected", "superseded", "withdrawn"}),
        "approved": frozenset({"published", "in_review", "superseded", "withdrawn"}),
        "changes_requested": frozenset({"in_review", "superseded", "withdrawn"}),
        "rejected": frozenset({"in_review", "superseded", "withdrawn"}),
        "published": frozenset({"superseded", "withdrawn", "taken_down", "expired"}),
        "taken_down": frozenset({"published", "superseded", "withdrawn"}),
        "expired": frozenset({"published", "superseded", "withdrawn"}),
        "superseded": frozenset(),
        "withdrawn": frozenset(),
    }
)
OPEN_STATES = frozenset(
    {"received", "awaiting_files", "verifying", "in_review", "approved", "changes_requested", "rejected"}
)
"""States of a version that a newer one of the same resource simply replaces."""


def _check_table() -> None:
    """Every named state has a row and can be reached; raised at import, so that a slip never runs."""
    reached, frontier = {INITIAL}, [INITIAL]
    while frontier:
        for state in MOVES[frontier.pop()] - reached:
            reached.add(state)
            frontier.append(state)
    if reached != set(MOVES):
        raise RuntimeError(f"states that nothing leads to: {set(MOVES) - reached}")


_check_table()


def advance(
    session: Session,
    versions: Sequence[ResourceVersion],
    *,
    to: str,
    actor: str,
    reason: str = "",
    sha256: str = "",
) -> None:
    """Move versions to the state `to`: the only code that writes a state.

    In the same transaction it writes an audit event and the status event that the node will pull, for each.
    A version that is new (no state yet) is `received` first, and its row is written here. One that comes into
    review is due after the days that the policy gives. Raises
    `MoveNotAllowed` and changes nothing when one of the moves is not in the table.
    """
    happenings = []
    for version in versions:
        if not version.state:
            happenings.append(_happening(version, "", INITIAL, actor, ""))
        standing = version.state or INITIAL
        if to not in MOVES[standing]:
            raise MoveNotAllowed(state=standing, to=to)
        happenings.append(_happening(version, standing, to, actor, reason))
    moment = now()
    due = moment + timedelta(days=policies.current(session).days) if to == "in_review" and versions else None
    for version in versions:
        version.state, version.changed_at = to, moment
        version.due_at = due or version.due_at
    session.flush()
    _write_new(session, [version for version in versions if object_session(version) is None])
    auditlog.record_many(session, happenings)
    _tell_nodes(session, versions, reason, sha256=sha256)


def ask_again(session: Session, versions: Sequence[ResourceVersion], *, reason: str, sha256: str) -> None:
    """Ask the nodes of these versions for a file once more: a status event that changes no state.

    A published version stays published while the hub waits for the bytes.
    """
    _tell_nodes(session, versions, reason, sha256=sha256)


def tell(session: Session, version: ResourceVersion, *, reason: str, **about: str) -> None:
    """Tell the node of a version of something that changes no state.

    That is `question_id` (with `feedback` when the public asks), or `petition_id` and `petition`.

    Without any it learns that the days of the version have changed.
    """
    _tell_nodes(session, [version], reason, **about)


def _write_new(session: Session, versions: Sequence[ResourceVersion]) -> None:
    """Insert new versions and their files, a statement a table: the unit of work would cost as much as all else."""
    names = [column.key for column in ResourceVersion.__table__.columns]
    insert_rows(session, ResourceVersion, [{name: getattr(version, name) for name in names} for version in versions])
    files = [
        {
            "version_id": version.id,
            "position": file.position,
            "name": file.name,
            "role": file.role,
            "media_type": file.media_type,
            "size": file.size,
            "sha256": file.sha256,
        }
        for version in versions
        for file in version.files
    ]
    insert_rows(session, VersionFile, files)


def lock(session: Session, resource_ids: Collection[str] | Select[str]) -> dict[str, Resource]:
    """Hold resources to the end of the transaction; what is known of them now, by id.

    Whoever moves versions takes this lock first and reads their states after it: else two who look at the same
    moment both move them. A resource's row stands for all its versions. It and the rows of its institution's
    nodes, which will be told, are taken in the order of ids, so that two never wait for each other in a circle.
    """
    query = select(Resource).where(Resource.id.in_(resource_ids)).order_by(Resource.id)
    held = {resource.id: resource for resource in _hold(session, query)}
    if session.get_bind().dialect.name != "sqlite":
        # SQLite knows no row locks and needs none: a transaction that writes is alone.
        members = {resource.institution_id for resource in held.values()}
        _hold(session, select(Node).where(Node.institution_id.in_(members)).order_by(Node.id))
    return held


def _hold(session: Session, query: Select[Held]) -> Sequence[Held]:
    # Rows that refer to these may be added meanwhile: what they refer to, the id, stays as it is.
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(held).all()


def _happening(version: ResourceVersion, standing: str, to: str, actor: str, reason: str) -> auditlog.Happening:
    detail = {"version": version.version, "from": standing, "to": to}
    subject = f"resource:{version.resource_id}"
    return auditlog.Happening(actor, f"version.{to}", subject, reason, after=version.sha256, detail=detail)


def _keys(versions: Sequence[ResourceVersion]) -> set[str]:
    return {version.key_id for version in versions}


def _tell_nodes(session: Session, versions: Sequence[ResourceVersion], reason: str, **about: str) -> None:
    """Tell the node that sent a version what became of it, also when another node speaks for the resource by now.

    `about` are further columns of `NodeEvent`.
    """
    senders = {key.id: key.node_id for key in session.scalars(select(NodeKey).where(NodeKey.id.in_(_keys(versions))))}
    moment = now()
    by_node: dict[str, list[ResourceVersion]] = defaultdict(list)
    for version in versions:
        by_node[senders.get(version.key_id, version.resource.node_id)].append(version)
    for node_id in sorted(by_node):
        numbers = sequences.next_event_numbers(session, node_id, len(by_node[node_id]))
        insert_rows(
            session,
            NodeEvent,
            [
                {
                    "node_id": node_id,
                    "seq": number,
                    "resource_id": version.resource_id,
                    "version": version.version,
                    "state": version.state,
                    "reason": reason,
                    "ark": version.resource.ark or "",
                    "effective_on": effective_on(version.state, version.publish_on, version.expires_on),
                    "at": moment,
                    **about,
                }
                for number, version in zip(numbers, by_node[node_id], strict=True)
            ],
        )


def effective_on(state: str, publish_on: date | None, expires_on: date | None) -> str:
    """The day on which a version in this state becomes public, or ends being so; empty for none."""
    day = {"approved": publish_on, "published": expires_on}.get(state)
    return day.isoformat() if day else ""
