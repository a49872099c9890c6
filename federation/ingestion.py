"""Taking in signed records: each is checked, answered and given its place, and none blocks another.

Delivery is at least once, effect exactly once: (record, version) is unique; the same digest again is a
duplicate, another digest a conflict.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, key_register, lifecycle, link_checks, publication, screening, sequences, withdrawals
from federation.models.base import insert_rows, now
from federation.models.institutions import Node, NodeKey
from federation.models.objects import StoredObject
from federation.models.resources import Resource, ResourceVersion, VersionFile, VersionTerm
from federation.withdrawals import UNGUARDED, Guard
from shared import record as records
from shared.errors import (
    AlreadyWithdrawn,
    CommonsError,
    FieldError,
    InvalidRecord,
    KeyUnknown,
    MassWithdrawal,
    NotYours,
    RecordConflict,
    RecordTooLarge,
    SignatureInvalid,
)
from shared.signing import MAX_TOKEN, SignedRecord, load_public_jwk, verify

PART = 125
"""Records that one transaction places when others are to get their turn between."""
FAULTS_SAID = 20
"""Faults of one record in an answer: a node has checked it already, and 500 records of 100 faults would be 50 MB."""


@dataclass
class Outcome:
    """What became of one record of a batch; see `shared.messages.PublishResult`."""

    index: int
    outcome: str
    record_id: str | None = None
    version: int | None = None
    state: str = ""
    error: CommonsError | None = None

    def as_message(self, language: str) -> dict[str, Any]:
        """The form in which it crosses the wire, its sentences in `language`."""
        said: dict[str, Any] = {"index": self.index, "outcome": self.outcome, "id": self.record_id}
        said["version"] = self.version
        if self.state:
            said["state"] = self.state
        if self.error is not None:
            said["code"] = self.error.code
            said["detail"] = self.error.message(language)
            said["errors"] = [error.as_dict(language) for error in self.error.errors[:FAULTS_SAID]]
        return said


@dataclass
class _Batch:
    """What is known of the records at hand: rows that stand already, and those that this batch adds."""

    node: Node
    max_file_bytes: int
    resources: dict[str, Resource]
    versions: dict[tuple[str, int], ResourceVersion]
    stored: dict[str, StoredObject]
    ended: set[str] = field(default_factory=set)
    """Resources that are withdrawn: nothing follows a tombstone."""
    added: list[tuple[ResourceVersion, SignedRecord]] = field(default_factory=list)
    new_resources: list[Resource] = field(default_factory=list)


@dataclass
class Checked:
    """One entry of a batch after its own check: what it is so far, and the record if it is a good one."""

    outcome: Outcome
    signed: SignedRecord | None = None


def ingest(
    session: Session, node: Node, tokens: Sequence[Any], *, max_file_bytes: int, guard: Guard = UNGUARDED
) -> list[Outcome]:
    """Take in a batch of compact JWS from `node`; an outcome for each, in order, also for what is no JWS.

    Everything accepted stands or falls with the caller's transaction.
    """
    checked = check(tokens, institution_keys(session, node.id))
    return place(session, node, checked, max_file_bytes=max_file_bytes, guard=guard)


def check(tokens: Sequence[Any], keys: Mapping[str, Ed25519PublicKey | CommonsError]) -> list[Checked]:
    """Check signatures and contents, which is much of the work and needs no database: nobody waits for it."""
    found = []
    for index, token in enumerate(tokens):
        entry = Checked(Outcome(index, "rejected"))
        found.append(entry)
        try:
            entry.signed = _checked(token, keys, entry.outcome)
        except CommonsError as error:
            entry.outcome.error = error
    return found


def in_parts(checked: Sequence[Checked]) -> Iterator[Sequence[Checked]]:
    """A batch in parts that may each be placed in a transaction of its own, so that others get their turn between.

    Withdrawals are judged together, so a batch that has any stays whole.
    """
    whole = any(entry.signed is not None and records.is_tombstone(entry.signed.record) for entry in checked)
    size = len(checked) if whole else PART
    for start in range(0, len(checked), size):
        yield checked[start : start + size]


def place(
    session: Session, node: Node, checked: Sequence[Checked], *, max_file_bytes: int, guard: Guard
) -> list[Outcome]:
    """Give checked records their place; everything accepted stands or falls with the caller's transaction."""
    outcomes = [entry.outcome for entry in checked]
    good = [(entry.outcome, entry.signed) for entry in checked if entry.signed is not None]
    # Two who bring the same new records find no row that one could wait for the other at: they take turns here,
    # as they would to number their versions.
    sequences.hold(session, sequences.VERSIONS)
    held = withdrawals.too_many(session, node.institution_id, _ending(good), guard)
    good = _without_held(good, held, guard)
    batch = _load(session, node, [signed.record for _, signed in good], max_file_bytes)
    for outcome, signed in good:
        _place(batch, outcome, signed)
    _settle(session, batch)
    for outcome, signed in good:
        standing = batch.versions.get((signed.record["id"], signed.record["version"]))
        if standing is not None and outcome.error is None:
            outcome.state = standing.state
    passed = _ending([each for each in good if each[0].error is None])
    if passed:
        withdrawals.release(session, passed)
    if held:
        withdrawals.hold(session, node, held)
    return outcomes


def _ending(good: Sequence[tuple[Outcome, SignedRecord]]) -> set[str]:
    """The resources that these records withdraw."""
    return {signed.record["id"] for _, signed in good if records.is_tombstone(signed.record)}


def _without_held(
    good: list[tuple[Outcome, SignedRecord]], held: Collection[str], guard: Guard
) -> list[tuple[Outcome, SignedRecord]]:
    """The records that may be placed: those of withdrawals that were stopped wait, all else goes on."""
    for outcome, signed in good:
        if signed.record["id"] in held:
            outcome.error = MassWithdrawal(percent=guard.percent)
    return [(outcome, signed) for outcome, signed in good if outcome.error is None]


def institution_keys(session: Session, node_id: str) -> dict[str, Ed25519PublicKey | CommonsError]:
    """The keys of the node's institution by id; for one that is out of use, the error that says so."""
    institution = select(Node.institution_id).where(Node.id == node_id).scalar_subquery()
    found = session.scalars(select(NodeKey).join(Node).where(Node.institution_id == institution))
    return {
        key.id: load_public_jwk(key.jwk) if key.state == "active" else key_register.out_of_use(key) for key in found
    }


def _checked(token: Any, keys: Mapping[str, Ed25519PublicKey | CommonsError], outcome: Outcome) -> SignedRecord:
    """A record whose signature and content are good. Raises the named error that says what is not."""

    def find(kid: str) -> Ed25519PublicKey:
        key = keys.get(kid)
        if key is None:
            raise KeyUnknown()
        if isinstance(key, CommonsError):
            raise key
        return key

    if not isinstance(token, str):
        raise SignatureInvalid()
    if len(token) > MAX_TOKEN:
        raise RecordTooLarge(limit=records.MAX_RECORD_BYTES, size=len(token) * 3 // 4)
    signed = verify(token, find_key=find)
    _name(outcome, signed.record)
    faults = records.faults(signed.record)
    if faults:
        raise InvalidRecord(faults)
    return signed


def _name(outcome: Outcome, record: Mapping[str, Any]) -> None:
    """Say in the answer which record it is about, as far as the record itself says it well."""
    record_id, version = record.get("id"), record.get("version")
    # It is read on the operator's terminal, too.
    if isinstance(record_id, str) and 0 < len(record_id) <= 36 and record_id.isascii() and record_id.isprintable():
        outcome.record_id = record_id
    if isinstance(version, int) and not isinstance(version, bool) and 0 <= version < 2**53:
        outcome.version = version


def _size_faults(batch: _Batch, record: Mapping[str, Any]) -> Iterable[FieldError]:
    """Files that are not what the hub holds, and those to be sent that are larger than it takes.

    A limit that was lowered says nothing of files that are here already, nor of a withdrawal, which sends none.
    """
    for number, entry in enumerate(record.get("files", ())):
        stored, pointer = batch.stored.get(entry["sha256"]), f"/files/{number}/size"
        if stored is not None:
            if stored.size != entry["size"]:
                yield FieldError(pointer, "size_differs", {"size": stored.size})
        elif entry["size"] > batch.max_file_bytes and not records.is_tombstone(record):
            yield FieldError(pointer, "out_of_range", {"min": 0, "max": batch.max_file_bytes})


def _load(session: Session, node: Node, batch: Sequence[Mapping[str, Any]], max_file_bytes: int) -> _Batch:
    ids = list({record["id"] for record in batch})
    digests = list({entry["sha256"] for record in batch for entry in record.get("files", ())})
    resources = lifecycle.lock(session, ids)
    versions = session.scalars(
        select(ResourceVersion)
        .where(ResourceVersion.resource_id.in_(ids))
        .options(joinedload(ResourceVersion.resource))
        .execution_options(populate_existing=True)
    )
    # Held to the end of the transaction, so that nothing which a version is about to name is removed meanwhile.
    stored = session.scalars(
        select(StoredObject)
        .where(StoredObject.sha256.in_(digests), StoredObject.removing_at.is_(None))
        .order_by(StoredObject.sha256)
        .with_for_update(read=True)
    )
    batch_versions = {(version.resource_id, version.version): version for version in versions}
    return _Batch(
        node,
        max_file_bytes,
        resources,
        batch_versions,
        {one.sha256: one for one in stored},
        {resource_id for (resource_id, _), version in batch_versions.items() if version.state == "withdrawn"},
    )


def _place(batch: _Batch, outcome: Outcome, signed: SignedRecord) -> None:
    """Find the place of one good record; only what is new is added."""
    record = signed.record
    resource = batch.resources.get(record["id"])
    if resource is not None and resource.institution_id != batch.node.institution_id:
        outcome.error = NotYours()
        return
    standing = batch.versions.get((record["id"], record["version"]))
    if standing is not None:
        outcome.outcome = "duplicate" if standing.sha256 == signed.sha256 else "conflict"
        if outcome.outcome == "conflict":
            outcome.error = RecordConflict(id=record["id"], version=record["version"])
        return
    if resource is not None and record["id"] in batch.ended and record["version"] > resource.latest_version:
        outcome.error = AlreadyWithdrawn()
        return
    faults = list(_size_faults(batch, record))
    if faults:
        outcome.error = InvalidRecord(faults)
        return
    if resource is None:
        resource = Resource(id=record["id"], institution_id=batch.node.institution_id, node_id=batch.node.id)
        resource.latest_version, resource.ark, resource.created_at = 0, None, now()
        batch.resources[resource.id] = resource
        batch.new_resources.append(resource)
    outcome.outcome = "accepted" if record["version"] > resource.latest_version else "superseded"
    if outcome.outcome == "accepted":
        # The institution's node that spoke last is the one that hears what becomes of it.
        resource.latest_version, resource.node_id = record["version"], batch.node.id
    if records.is_tombstone(record) and outcome.outcome == "accepted":
        batch.ended.add(record["id"])
    version = _new_version(resource, signed)
    batch.versions[record["id"], record["version"]] = version
    batch.added.append((version, signed))


def _new_version(resource: Resource, signed: SignedRecord) -> ResourceVersion:
    record = signed.record
    version = ResourceVersion(
        resource=resource,
        resource_id=resource.id,
        version=record["version"],
        sha256=signed.sha256,
        jws=signed.token,
        key_id=signed.key_id,
        type=record["type"],
        title_zh=record["title"].get("zh", ""),
        title_en=record["title"].get("en", ""),
        received_at=now(),
    )
    if record.get("files"):
        # Most records of a large batch have none, and even an empty list is dear to set on a mapped object.
        version.files = [
            VersionFile(
                position=number, **{name: entry[name] for name in ("name", "role", "media_type", "size", "sha256")}
            )
            for number, entry in enumerate(record["files"])
        ]
    return version


def _settle(session: Session, batch: _Batch) -> None:
    """Give every new version its first state, and let the newest of each resource replace the open ones."""
    if not batch.added:
        return
    # Numbers given beforehand let the rows go in with one statement; else each INSERT waits for its own number.
    numbers = sequences.next_numbers(session, sequences.VERSIONS, len(batch.added))
    for number, (version, _) in zip(numbers, batch.added, strict=True):
        version.id = number
    insert_rows(session, Resource, [_row(resource) for resource in batch.new_resources])
    actor = auditlog.machine(batch.node.id)
    for version, signed in batch.added:
        if version.version == version.resource.latest_version and records.is_tombstone(signed.record):
            _withdraw(session, batch, version, signed.record["withdrawn"]["reason"], actor)
    groups = _first_states(batch)
    screening.admit(session, groups.pop("in_review"), actor=actor, stored=batch.stored)
    for to, versions in groups.items():
        if versions:
            lifecycle.advance(session, versions, to=to, actor=actor)
    insert_rows(session, VersionTerm, _terms(batch))
    link_checks.note_links(session, ((version.id, signed.record) for version, signed in batch.added))


def _terms(batch: _Batch) -> list[dict[str, Any]]:
    return [
        {"version_id": version.id, "vocabulary": name, "code": code}
        for version, signed in batch.added
        for name in ("themes", "disciplines")
        for code in signed.record.get(name, ())
    ]


def _row(resource: Resource) -> dict[str, Any]:
    names = ("id", "institution_id", "node_id", "ark", "latest_version", "created_at")
    return {name: getattr(resource, name) for name in names}


def _first_states(batch: _Batch) -> dict[str, list[ResourceVersion]]:
    """Which versions go where: the new ones by what they are, and the open ones that a newer one replaces."""
    groups: dict[str, list[ResourceVersion]] = {"superseded": [], "in_review": [], "awaiting_files": []}
    new = [version for version, _ in batch.added if not version.state]
    for version in new:
        if version.version < version.resource.latest_version:
            groups["superseded"].append(version)
        elif all(file.sha256 in batch.stored and batch.stored[file.sha256].usable for file in version.files):
            groups["in_review"].append(version)
        else:
            groups["awaiting_files"].append(version)
    groups["superseded"] += [
        version
        for version in batch.versions.values()
        if version.state in lifecycle.OPEN_STATES and version.version < version.resource.latest_version
    ]
    return groups


def _withdraw(session: Session, batch: _Batch, tombstone: ResourceVersion, reason: str, actor: str) -> None:
    """A tombstone ends every version of its resource that is not ended."""
    living = [
        version
        for version in batch.versions.values()
        if version.resource_id == tombstone.resource_id and lifecycle.MOVES[version.state or lifecycle.INITIAL]
    ]
    publication.remove(session, living, to="withdrawn", actor=actor, reason=reason)
