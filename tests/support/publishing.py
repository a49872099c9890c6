"""Bringing resources to the public in a test: signed, taken in, published and indexed by the real services."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import ingestion, inspection, publication, search_follower
from federation.database import db, unit_of_work
from federation.derivatives import making as derivatives
from federation.models.institutions import Node
from federation.models.objects import StoredObject
from federation.models.resources import ResourceVersion
from federation.parts import parts
from federation.renditions import making as renditions
from federation.storage import Kept, ObjectStore
from federation.storage.keeping import HEAD_BYTES
from tests.support.counting import statements
from tests.support.hub import Hub, Member
from tests.support.records import make_file

NAAN = "99999"


def file_entry(data: bytes, **changes: Any) -> dict[str, Any]:
    """An entry of `files` for these bytes."""
    return make_file(size=len(data), sha256=hashlib.sha256(data).hexdigest(), **changes)


def publish(hub: Hub, member: Member, record: dict[str, Any], *files: bytes, indexed: bool = True) -> str:
    """Publish one record with its files' bytes, in the order of `files`; returns its ARK."""
    named = {entry["name"]: data for entry, data in zip(record.get("files", ()), files, strict=False)}
    [ark] = publish_all(hub, member, [(record, named)], indexed=indexed)
    return ark


def publish_all(
    hub: Hub,
    member: Member,
    records: list[tuple[dict[str, Any], Mapping[str, bytes]]],
    *,
    indexed: bool = True,
) -> list[str]:
    """Publish records with the bytes of their files by name, and index them; returns their ARKs."""
    with unit_of_work(hub.app) as session:
        for record, files in records:
            _keep(session, parts(hub.app).store, record, files)
        tokens = [member.signer.sign(record) for record, _ in records]
        node = session.get_one(Node, member.node_id)
        for outcome in ingestion.ingest(session, node, tokens, max_file_bytes=10**9):
            assert outcome.error is None, outcome.error.errors or outcome.error
        versions = [_version(session, record) for record, _ in records]
        publication.publish(session, versions, naan=NAAN, actor="test")
        arks = [version.resource.ark or "" for version in versions]
    if indexed:
        follow(hub)
    return arks


def withdraw(hub: Hub, record: dict[str, Any], reason: str, *, indexed: bool = True) -> None:
    """Take a published record away, and out of the index; unless `indexed`, the index does not hear of it."""
    with unit_of_work(hub.app) as session:
        publication.remove(session, [_version(session, record)], to="withdrawn", actor="test", reason=reason)
    if indexed:
        follow(hub)


def follow(hub: Hub) -> None:
    """Bring the index to the end of the change feed."""
    with unit_of_work(hub.app, read_only=True) as session:
        while search_follower.follow_once(session, parts(hub.app).index):
            pass


@contextmanager
def counted_queries(hub: Hub) -> Iterator[list[str]]:
    """The SQL statements that run meanwhile, transactions' own left out."""
    with hub.app.app_context():
        engine = db.engine
    with statements(engine) as seen:
        yield seen


def _version(session: Session, record: dict[str, Any]) -> ResourceVersion:
    query = select(ResourceVersion).where(
        ResourceVersion.resource_id == record["id"], ResourceVersion.version == record["version"]
    )
    return session.scalars(query).one()


def _keep(session: Session, store: ObjectStore, record: dict[str, Any], files: Mapping[str, bytes]) -> None:
    for entry in record.get("files", ()):
        media_type = entry["media_type"]
        if entry["name"] in files:
            data = files[entry["name"]]
            store.put_bytes(sha256=entry["sha256"], data=data)
            kept = Kept(sha256=entry["sha256"], size=len(data), head=data[:HEAD_BYTES])
            media_type = inspection.inspect(store, kept, None).media_type
        row = session.merge(StoredObject(sha256=entry["sha256"], size=entry["size"], media_type=media_type))
        session.flush()
        renditions.want(session, row)
        derivatives.want(session, row)
