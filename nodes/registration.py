"""Registering resources: checked, signed, and put into the outbox in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uuid6
from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes.files import PreparedFile
from nodes.keys import Key
from nodes.models import OutboxEntry, Resource, Version, now
from shared import record as records
from shared.canonical import digest
from shared.errors import NotFound, ReasonMissing


@dataclass(frozen=True)
class Source:
    """Where an importer found a resource: which source, and its identifier there."""

    name: str
    identifier: str


@dataclass(frozen=True)
class Registered:
    """What registering did: `created` a resource, made a new version, or found it `unchanged`."""

    record_id: str
    version: int
    created: bool
    unchanged: bool


def register(
    session: Session,
    fields: Mapping[str, Any],
    files: Sequence[PreparedFile],
    *,
    key: Key,
    record_id: str = "",
    source: Source | None = None,
) -> Registered:
    """Register a resource, or a new version of the one with `record_id` or from the same `source`.

    `fields` is a record without id, version and files. The same content again changes nothing. Raises
    `InvalidRecord` with every fault, or `NotFound` for a record id that is not here.
    """
    resource = _standing(session, record_id, source)
    content = {name: value for name, value in fields.items() if name not in ("id", "version", "files")}
    if files:
        content["files"] = [file.entry for file in files]
    if resource is not None:
        latest = session.get_one(Version, (resource.id, resource.latest_version))
        unchanged = _without_place(latest.content) == content
        if unchanged:
            local_files.remember(session, files)
            return Registered(resource.id, resource.latest_version, created=False, unchanged=True)
    number = resource.latest_version + 1 if resource is not None else 1
    made = {**content, "id": resource.id if resource is not None else str(uuid6.uuid7()), "version": number}
    payload = records.check(made)
    if resource is None:
        resource = Resource(id=made["id"], source=source and source.name, source_id=source and source.identifier)
        session.add(resource)
    _add_version(session, resource, number, payload, key)
    local_files.remember(session, files)
    return Registered(resource.id, number, created=number == 1, unchanged=False)


def withdraw(session: Session, record_id: str, reason: str, *, key: Key) -> Registered:
    """Register a tombstone: the same record with the reason why it is no longer offered.

    Raises `NotFound` or `ReasonMissing`; a resource that is withdrawn already stays so.
    """
    resource = session.get(Resource, record_id)
    if resource is None:
        raise NotFound()
    if not reason.strip():
        raise ReasonMissing()
    content = session.get_one(Version, (resource.id, resource.latest_version)).content
    if records.is_tombstone(content):
        return Registered(resource.id, resource.latest_version, created=False, unchanged=True)
    number = resource.latest_version + 1
    payload = records.check({**content, "version": number, "withdrawn": {"reason": reason.strip()}})
    _add_version(session, resource, number, payload, key)
    return Registered(resource.id, number, created=False, unchanged=False)


def known_sources(session: Session, name: str) -> dict[str, str]:
    """The record id for each identifier that came from the source `name`."""
    rows = session.execute(select(Resource.source_id, Resource.id).where(Resource.source == name))
    return {str(row.source_id): row.id for row in rows}


def to_send(session: Session, versions: Iterable[tuple[str, int]]) -> None:
    """Put versions into the outbox (again)."""
    session.add_all(OutboxEntry(resource_id=resource_id, number=number) for resource_id, number in versions)


def _standing(session: Session, record_id: str, source: Source | None) -> Resource | None:
    if record_id:
        found = session.get(Resource, record_id)
        if found is None:
            raise NotFound()
        return found
    if source is None:
        return None
    return session.scalar(
        select(Resource).where(Resource.source == source.name, Resource.source_id == source.identifier)
    )


def _without_place(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in ("id", "version")}


def _add_version(session: Session, resource: Resource, number: int, payload: bytes, key: Key) -> None:
    resource.latest_version = number
    session.add(
        Version(
            resource_id=resource.id,
            number=number,
            record=payload.decode("utf-8"),
            sha256=digest(payload),
            jws=key.sign_record(payload),
            registered_at=now(),
        )
    )
    to_send(session, [(resource.id, number)])
