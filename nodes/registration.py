"""Registering resources: checked, signed, and put into the outbox in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes.files import PreparedFile
from nodes.models import OutboxEntry, Resource, Version, now
from shared import record as records
from shared.canonical import canonical, digest
from shared.errors import AlreadyWithdrawn, FieldError, InvalidRecord, NotFound, ReasonMissing
from shared.identifiers import fresh_id

if TYPE_CHECKING:
    from nodes.keys import Key

MANY = 500
"""Identifiers asked for in one query: far below SQLite's limit of parameters."""


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


@dataclass(frozen=True)
class Standing:
    """A resource that is here, with its latest version."""

    resource: Resource
    latest: Version

    @property
    def withdrawn(self) -> bool:
        """Whether it is no longer offered."""
        return records.is_tombstone(self.latest.content)

    def is_as(self, content: Mapping[str, Any]) -> bool:
        """Whether the latest version says just this."""
        return _without_place(self.latest.content) == content


def register(
    session: Session,
    fields: Mapping[str, Any],
    files: Sequence[PreparedFile],
    *,
    key: Key,
    record_id: str = "",
    source: Source | None = None,
    version: int | None = None,
    new_id: str = "",
) -> Registered:
    """Register a resource, or a new version of the one with `record_id` or from the same `source`.

    `fields` is a record without id, version and files. The same content again changes nothing. `version` is the
    number that the caller expects, `new_id` the id that a new resource gets. Raises `InvalidRecord` with every fault,
    `NotFound` for a record id that is not here, or `AlreadyWithdrawn`.
    """
    standing = _standing(session, record_id, source)
    content = content_of(fields, files)
    _check_version(version, standing, content)
    done = put(session, standing, content, key=key, source=source, new_id=new_id)
    owners = {file.entry["sha256"]: done.record_id for file in files}
    local_files.remember(session, files, again=not done.unchanged, owners=owners)
    return done


def content_of(fields: Mapping[str, Any], files: Sequence[PreparedFile]) -> dict[str, Any]:
    """A record without its id and version, from its fields and its files as they were measured."""
    content = {name: value for name, value in fields.items() if name not in ("id", "version", "files")}
    if files:
        content["files"] = [file.entry for file in files]
    return content


def put(
    session: Session,
    standing: Standing | None,
    content: Mapping[str, Any],
    *,
    key: Key,
    source: Source | None = None,
    new_id: str = "",
) -> Registered:
    """Register `content` as the next version of what is `standing`, or as a new resource (with `new_id` if given).

    It asks the database nothing, so that many can be registered quickly, and adds nothing to the session before
    the record has been checked. Raises `InvalidRecord`, `RecordTooLarge`, `InvalidJson` or `AlreadyWithdrawn`.
    """
    _refuse_withdrawn(standing)
    if standing is not None and standing.is_as(content):
        return Registered(standing.resource.id, standing.latest.number, created=False, unchanged=True)
    resource, number = (standing.resource, standing.latest.number + 1) if standing is not None else (None, 1)
    record_id = resource.id if resource is not None else new_id or fresh_id()
    payload = records.check({**content, "id": record_id, "version": number})
    if resource is None:
        resource = Resource(id=record_id, source=source and source.name, source_id=source and source.identifier)
        session.add(resource)
    _add_version(session, resource, number, payload, key)
    return Registered(record_id, number, created=number == 1, unchanged=False)


def would_register(standing: Standing | None, content: Mapping[str, Any]) -> Registered:
    """What `put` would do, without doing it. Raises what it raises."""
    _refuse_withdrawn(standing)
    if standing is None:
        records.check({**content, "id": (record_id := fresh_id()), "version": 1})
        return Registered(record_id, 1, created=True, unchanged=False)
    resource_id, number = standing.resource.id, standing.latest.number
    if standing.is_as(content):
        return Registered(resource_id, number, created=False, unchanged=True)
    records.check({**content, "id": resource_id, "version": number + 1})
    return Registered(resource_id, number + 1, created=False, unchanged=False)


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


def add_version(session: Session, resource: Resource, number: int, content: Mapping[str, Any], key: Key) -> None:
    """Register `content` as the version `number` of a resource. Raises `InvalidRecord`."""
    payload = records.check({**content, "id": resource.id, "version": number})
    _add_version(session, resource, number, payload, key)


def known_sources(session: Session, name: str) -> dict[str, str]:
    """The record id for each identifier that came from the source `name`."""
    rows = session.execute(select(Resource.source_id, Resource.id).where(Resource.source == name))
    return {str(row.source_id): row.id for row in rows}


def nameless(session: Session) -> dict[str, str]:
    """The resources that came back from the hub without their place in a source: record ids by their gist."""
    latest = and_(Version.resource_id == Resource.id, Version.number == Resource.latest_version)
    query = select(Version).join(Resource, latest).where(Resource.restored, Resource.source.is_(None))
    return {gist(version.content): version.resource_id for version in session.scalars(query)}


def name(session: Session, source: str, found: Mapping[str, str]) -> None:
    """Note where resources come from: record ids by their identifier in `source`."""
    for identifier, record_id in found.items():
        resource = session.get_one(Resource, record_id)
        resource.source, resource.source_id = source, identifier


def gist(content: Mapping[str, Any]) -> str:
    """A digest of what a record says, without what changes when it is registered anew or points at others."""
    passing = ("id", "version", "relations", "withdrawn")
    return digest(canonical({name: value for name, value in content.items() if name not in passing}))


def standing_of(session: Session, name: str, identifiers: Sequence[str]) -> dict[str, Standing]:
    """What is here for each of `identifiers` from the source `name`, by identifier."""
    latest = and_(Version.resource_id == Resource.id, Version.number == Resource.latest_version)
    found: dict[str, Standing] = {}
    for start in range(0, len(identifiers), MANY):
        part = identifiers[start : start + MANY]
        query = (
            select(Resource, Version)
            .join(Version, latest)
            .where(Resource.source == name, Resource.source_id.in_(part))
        )
        found |= {str(row.Resource.source_id): Standing(row.Resource, row.Version) for row in session.execute(query)}
    return found


def to_send(session: Session, versions: Iterable[tuple[str, int]]) -> None:
    """Put versions into the outbox (again)."""
    session.add_all(OutboxEntry(resource_id=resource_id, number=number) for resource_id, number in versions)


def _standing(session: Session, record_id: str, source: Source | None) -> Standing | None:
    if record_id:
        resource = session.get(Resource, record_id)
        if resource is None:
            raise NotFound()
        return Standing(resource, session.get_one(Version, (resource.id, resource.latest_version)))
    if source is None:
        return None
    return standing_of(session, source.name, [source.identifier]).get(source.identifier)


def _refuse_withdrawn(standing: Standing | None) -> None:
    if standing is not None and standing.withdrawn:
        raise AlreadyWithdrawn()


def _check_version(version: int | None, standing: Standing | None, content: Mapping[str, Any]) -> None:
    """Whether `version` is the one that registering would make; for what is here already, the one that it has."""
    if version is None or (standing is not None and standing.is_as(content) and version == standing.latest.number):
        return
    expected = standing.latest.number + 1 if standing is not None else 1
    if version != expected:
        raise InvalidRecord([FieldError("/version", "wrong_version", {"expected": expected})])


def _without_place(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in ("id", "version")}


def _add_version(session: Session, resource: Resource, number: int, payload: bytes, key: Key) -> None:
    resource.latest_version, resource.elsewhere = number, False
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
