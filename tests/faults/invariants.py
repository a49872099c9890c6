"""What must hold when all has settled, whatever was killed, by what stands in the databases of hub and node.

Each check gives a sentence for each thing that is not so.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation.database import unit_of_work
from federation.models.events import AuditEvent, FeedEntry, NodeEvent
from federation.models.events import Counter as HubCounter
from federation.models.institutions import Node
from federation.models.objects import StoredObject, Upload
from federation.models.resources import Resource, ResourceVersion
from federation.sequences import FEED
from nodes import membership as memberships
from nodes.models import LocalFile, OutboxEntry, Round
from nodes.models import Version as LocalVersion
from tests.faults import outside
from tests.faults.site import Member, Site

IN_PROGRESS = ("received", "awaiting_files", "verifying")


def broken(site: Site, member: Member, record_ids: frozenset[str]) -> list[str]:
    """Everything that is not as it must be, of the whole hub, of this node, and of these of its resources."""
    with (
        unit_of_work(site.app, read_only=True) as hub,
        member.workplace.database.unit_of_work(read_only=True) as node,
    ):
        node_id = memberships.current(node).node_id
        found = [
            *_records(hub, node, record_ids),
            *_chains(hub, node_id, record_ids),
            *_sequences(hub, node_id),
            *_agreement(hub, node, node_id, record_ids),
            *_stuck(hub, node),
            *_feed(hub, record_ids),
        ]
    return [*found, *outside.broken(site, member, record_ids)]


def _records(hub: Session, node: Session, record_ids: frozenset[str]) -> Iterator[str]:
    """Every registered record is at the hub exactly once, in its last version, as it was signed."""
    signed = {
        (row.resource_id, row.number): row.sha256
        for row in node.scalars(select(LocalVersion).where(LocalVersion.resource_id.in_(record_ids)))
    }
    held = hub.scalars(select(ResourceVersion).where(ResourceVersion.resource_id.in_(record_ids))).all()
    counted = Counter((version.resource_id, version.version) for version in held)
    yield from (f"{name} is {times} times at the hub" for name, times in counted.items() if times != 1)
    at_hub = {(version.resource_id, version.version): version.sha256 for version in held}
    if signed != at_hub:
        yield f"node and hub hold other versions: {sorted(set(signed.items()) ^ set(at_hub.items()))}"
    latest = dict(hub.execute(select(Resource.id, Resource.latest_version).where(Resource.id.in_(record_ids))).all())
    for record_id in record_ids:
        last = max((number for name, number in signed if name == record_id), default=0)
        if latest.get(record_id) != last:
            yield f"{record_id}: the last version is {last}, at the hub {latest.get(record_id)}"


def _chains(hub: Session, node_id: str, record_ids: frozenset[str]) -> Iterator[str]:
    """The audit log tells each change of state once and leaves none out; the node's events tell the same."""
    told: dict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
    subjects = [f"resource:{record_id}" for record_id in record_ids]
    for entry in hub.scalars(
        select(AuditEvent.entry).where(AuditEvent.subject.in_(subjects)).order_by(AuditEvent.id)
    ):
        said = json.loads(entry)
        if said["action"].startswith("version."):
            detail = said["detail"]
            told[said["subject"].removeprefix("resource:"), detail["version"]].append((detail["from"], detail["to"]))
    events: dict[tuple[str, int], list[str]] = defaultdict(list)
    mine = select(NodeEvent).where(NodeEvent.node_id == node_id, NodeEvent.resource_id.in_(record_ids))
    for event in hub.scalars(mine.order_by(NodeEvent.seq)):
        events[event.resource_id, event.version].append(event.state)
    for version in hub.scalars(select(ResourceVersion).where(ResourceVersion.resource_id.in_(record_ids))):
        name = (version.resource_id, version.version)
        moves = told[name]
        if [move[0] for move in moves[:2]] != ["", "received"][: len(moves)]:
            yield f"{name}: the log begins with {moves[:2]}"
        if any(one[1] != following[0] for one, following in pairwise(moves)) or not moves:
            yield f"{name}: the log has a gap or a double: {moves}"
        elif moves[-1][1] != version.state:
            yield f"{name}: the log ends with {moves[-1][1]}, the version is {version.state}"
        if [move[1] for move in moves[1:]] != events[name]:
            yield f"{name}: the node was told {events[name]}, the log says {moves}"


def _sequences(hub: Session, node_id: str) -> Iterator[str]:
    """Numbers that are gapless by promise are gapless."""
    events = list(hub.scalars(select(NodeEvent.seq).where(NodeEvent.node_id == node_id).order_by(NodeEvent.seq)))
    if events != list(range(1, len(events) + 1)) or hub.get_one(Node, node_id).event_seq != len(events):
        yield f"the node's events are numbered {events}"
    feed = list(hub.scalars(select(FeedEntry.seq).order_by(FeedEntry.seq)))
    if feed != list(range(1, len(feed) + 1)) or hub.get_one(HubCounter, FEED).value != len(feed):
        yield f"the change feed is numbered {feed}"


def _agreement(hub: Session, node: Session, node_id: str, record_ids: frozenset[str]) -> Iterator[str]:
    """What the node says of a version is what the hub says."""
    cursor, said = memberships.current(node).cursor, hub.get_one(Node, node_id).event_seq
    if cursor != said:
        yield f"the node has read {cursor} events of {said}"
    here = {
        (row.resource_id, row.number): row.state
        for row in node.scalars(select(LocalVersion).where(LocalVersion.resource_id.in_(record_ids)))
    }
    there = {
        (row.resource_id, row.version): row.state
        for row in hub.scalars(select(ResourceVersion).where(ResourceVersion.resource_id.in_(record_ids)))
    }
    yield from (f"{name} is {state} for the node" for name, state in sorted(set(here.items()) - set(there.items())))


def _stuck(hub: Session, node: Session) -> Iterator[str]:
    """Nothing waits for anything that will not come."""
    waiting = select(ResourceVersion.resource_id, ResourceVersion.state).where(ResourceVersion.state.in_(IN_PROGRESS))
    yield from (f"{row.resource_id} stays {row.state}" for row in hub.execute(waiting))
    live = select(Upload.id, Upload.state).where(Upload.state.in_(("open", "verifying", "expiring")))
    yield from (f"upload {row.id} stays {row.state}" for row in hub.execute(live))
    removing = select(StoredObject.sha256).where(StoredObject.removing_at.is_not(None))
    yield from (f"object {sha256} stays half removed" for sha256 in hub.scalars(removing))
    if node.scalar(select(func.count()).select_from(OutboxEntry)):
        yield "the node's outbox is not empty"
    for file in node.scalars(select(LocalFile).where(~LocalFile.sent)):
        yield f"the node still means to send {file.path}: {file.problem}"
    for row in node.scalars(select(Round).where(Round.finished_at.is_(None) | Round.good.is_(None))):
        yield f"the node's round {row.id} has no end"


def _feed(hub: Session, record_ids: frozenset[str]) -> Iterator[str]:
    """The change feed ends, for each resource, with what is public of it."""
    mine = select(ResourceVersion).where(ResourceVersion.resource_id.in_(record_ids))
    published = {one.resource_id: one.id for one in hub.scalars(mine.where(ResourceVersion.state == "published"))}
    latest: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for entry in hub.scalars(select(FeedEntry).where(FeedEntry.resource_id.in_(record_ids), FeedEntry.latest)):
        latest[entry.resource_id].append((entry.kind, entry.version_id))
    for record_id in record_ids:
        entries, standing = latest[record_id], published.get(record_id)
        good = entries == [("published", standing)] if standing else not entries or entries[0][0] != "published"
        if len(entries) > 1 or not good:
            yield f"{record_id}: version {standing} is public, the change feed ends with {entries}"
