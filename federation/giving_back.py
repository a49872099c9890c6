"""What a receipt gives back: the buckets in which a node without a network holds other versions than the hub.

Over the network the node asks for what it lacks (`federation.reconciliation`). By stick each question would be a
journey, so the hub sends all that it holds of a bucket that differs, signed records and all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import reconciliation
from federation.models.institutions import Node
from federation.models.resources import Resource, ResourceVersion
from shared.carrying import MAX_BUCKET_GIVEN, MAX_GIVEN_BACK
from shared.messages import MAX_BATCH_RECORDS
from shared.reconciliation import content_digests, differing

ENTRY_BYTES = 300
"""What a version takes beside its signed record and the reason for its state, at most."""
SIGN_BYTES = 3
"""What a character of a reason takes, at most."""


def holdings(
    session: Session, node: Node, theirs: Sequence[str], *, carried: Collection[tuple[str, int]]
) -> dict[str, Any]:
    """Compare the node's digests with ours, and give back what we hold where they differ (`Holdings`).

    `carried` are the versions in the bag, which neither side counts: they are answered one by one. No more than
    `MAX_GIVEN_BACK` bytes are given; the node shows its new digests with the next bag, and gets the next buckets. The
    first may be as large as `MAX_BUCKET_GIVEN`, or it would never come. One that is larger still is passed over, and
    keeps no other from coming.
    """
    ours = content_digests(name for name in reconciliation.contents(session, node) if name[:2] not in carried)
    buckets: list[dict[str, Any]] = []
    room, more = MAX_GIVEN_BACK, False
    for number in differing(ours, theirs):
        limit = room if buckets else MAX_BUCKET_GIVEN
        given, size = _bucket(session, node, number, limit)
        if size > limit:
            more = True
            if buckets:
                break
            continue
        buckets.append(given)
        room -= size
    return {"buckets": buckets, "more": more}


def _bucket(session: Session, node: Node, number: int, room: int) -> tuple[dict[str, Any], int]:
    """All that we hold of one bucket, and its bytes; it is broken off once it is larger than `room`."""
    elsewhere = [{"record_id": one.resource_id, "version": one.version} for one in _elsewhere(session, node, number)]
    versions, size = [], ENTRY_BYTES * (1 + len(elsewhere))
    for version in _versions(session, node, number):
        versions.append(version)
        size += ENTRY_BYTES + len(version["jws"]) + SIGN_BYTES * len(version["reason"])
        if size > room:
            break
    return {"bucket": number, "versions": versions, "elsewhere": elsewhere}, size


def _versions(session: Session, node: Node, number: int) -> Iterator[dict[str, Any]]:
    """The versions of a bucket with their signed records, a few MiB in memory at a time."""
    after, more = ("", 0), True
    while more:
        page = reconciliation.items(session, node, bucket=number, after=after)
        rest: list[Mapping[str, Any]] = page["items"]
        more = page["more"]
        while rest:
            tokens = reconciliation.records(session, node, rest[:MAX_BATCH_RECORDS])["records"]
            yield from ({**item, "jws": jws} for item, jws in zip(rest, tokens, strict=False))
            after = rest[len(tokens) - 1]["record_id"], rest[len(tokens) - 1]["version"]
            rest = rest[len(tokens) :]


def _elsewhere(session: Session, node: Node, number: int) -> Sequence[Any]:
    return session.execute(
        select(ResourceVersion.resource_id, ResourceVersion.version)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .where(
            Resource.institution_id == node.institution_id,
            Resource.node_id != node.id,
            Resource.id.endswith(f"{number:02x}"),
        )
        .order_by(ResourceVersion.resource_id, ResourceVersion.version)
    ).all()
