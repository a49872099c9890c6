"""What the node holds, compared with what the hub says it holds: which versions differ, and in what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from nodes.models import REFUSED, REGISTERED, OutboxEntry, Resource, Version
from nodes.registration import MANY
from shared.reconciliation import Item


@dataclass(frozen=True)
class Finding:
    """One version on which the two sides do not agree, and in what (`shared.messages.FINDINGS`)."""

    record_id: str
    version: int
    kind: str
    theirs: Mapping[str, Any] | None = None
    """The version as the hub knows it (`shared.messages.ItemMessage`); None when it has none."""

    def as_message(self) -> dict[str, Any]:
        """The form in which it crosses the wire."""
        return {"record_id": self.record_id, "version": self.version, "kind": self.kind}


def items(session: Session) -> list[Item]:
    """Every version that the hub should have too: all but those that it refused or that another node took over."""
    rows = session.connection().execute(
        select(Version.resource_id, Version.number, Version.sha256, Version.state)
        .join(Resource, Resource.id == Version.resource_id)
        .where(Version.state != REFUSED, ~Resource.elsewhere)
    )
    return [Item(*row) for row in rows.all()]


def waiting(session: Session) -> set[tuple[str, int]]:
    """The versions in the outbox: the hub's answer to each is still to come."""
    rows = session.execute(select(OutboxEntry.resource_id, OutboxEntry.number))
    return {(row.resource_id, row.number) for row in rows}


def refused(session: Session) -> set[tuple[str, int]]:
    """The versions that the hub has refused: the digests leave them out."""
    rows = session.execute(select(Version.resource_id, Version.number).where(Version.state == REFUSED))
    return {(row.resource_id, row.number) for row in rows}


def left_out(session: Session) -> dict[tuple[str, int], str]:
    """The digests of the versions that `items` leaves out, by name: the hub may count one as ours nevertheless.

    So it is when it has refused ours because another stands under that number, or after a backup was restored in
    which a resource was still another node's.
    """
    rows = session.execute(
        select(Version.resource_id, Version.number, Version.sha256)
        .join(Resource, Resource.id == Version.resource_id)
        .where(or_(Version.state == REFUSED, Resource.elsewhere))
    )
    return {(row.resource_id, row.number): row.sha256 for row in rows}


def held(session: Session) -> set[tuple[str, int]]:
    """The withdrawals that the hub has stopped until a person says yes: they wait in the outbox, and it said why."""
    rows = session.execute(
        select(Version.resource_id, Version.number)
        .join(OutboxEntry, (OutboxEntry.resource_id == Version.resource_id) & (OutboxEntry.number == Version.number))
        .where(Version.state == REGISTERED, Version.reason != "")
    )
    return {(row.resource_id, row.number) for row in rows}


def arks(session: Session, record_ids: Iterable[str]) -> dict[str, str]:
    """The permanent identifiers of those resources that have one."""
    found: dict[str, str] = {}
    for ids in batched(record_ids):
        rows = session.execute(select(Resource.id, Resource.ark).where(Resource.id.in_(ids), Resource.ark != ""))
        found |= {row.id: row.ark for row in rows}
    return found


def batched(values: Iterable[str]) -> Iterator[list[str]]:
    """`values` in lists short enough for one query's parameters."""
    rest = iter(values)
    while part := list(islice(rest, MANY)):
        yield part


def findings(
    ours: Sequence[Item], theirs: Sequence[Mapping[str, Any]], besides: Mapping[tuple[str, int], str]
) -> list[Finding]:
    """What differs between our versions and theirs of the same buckets; `besides` are those that we `left_out`."""
    hub = {(item["record_id"], item["version"]): item for item in theirs}
    found = []
    for item in ours:
        there = hub.pop((item.record_id, item.version), None)
        if there is None:
            found.append(Finding(item.record_id, item.version, "absent_at_hub"))
        elif there["sha256"] != item.sha256:
            found.append(Finding(item.record_id, item.version, "content_differs", there))
        elif there["state"] != item.state:
            found.append(Finding(item.record_id, item.version, "state_differs", there))
    for name, there in hub.items():
        same = besides.get(name) == there["sha256"]
        kind = "absent_at_node" if name not in besides else "state_differs" if same else "content_differs"
        found.append(Finding(*name, kind, there))
    return found
