"""Computing the whole audit log anew: rows altered, removed or inserted behind the hub's back are found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, func, select, text, type_coerce
from sqlalchemy.orm import Session

from federation import auditlog, sequences
from federation.models.auditing import (
    AuditCheckpoint,
    AuditCosignature,
    AuditHash,
    AuditLeaf,
    AuditReason,
    AuditWaiting,
)
from federation.models.events import AuditEvent
from federation.models.institutions import NodeKey
from federation.transparency import checkpoints
from federation.transparency.keys import LogKeys
from shared.merkle import Growing, leaf_hash
from shared.notes import COSIGNATURE, Checkpoint, Signature, Verifier
from shared.signing import load_public_jwk

AT_ONCE = 2000
MAX_FINDINGS = 100
"""Findings that are listed; their number is always whole."""
Tell = Callable[[int], object]
APPEND_ONLY = ("audit_events", "audit_leaves", "audit_hashes", "audit_checkpoints", "audit_cosignatures")
"""The tables of which the database refuses changes, by triggers (migrations 0002 and 0009)."""
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the hub left it: a code, and where (the place in the log, or the id of an event)."""

    code: str
    where: str


@dataclass
class Verified:
    """What a verification came to: the size of the log, its root, and all that is wrong with it."""

    size: int = 0
    root: bytes = b""
    checkpoints: int = 0
    cosignatures: int = 0
    waiting: int = 0
    faults: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the log is whole."""
        return not self.faults

    def found(self, code: str, where: object) -> None:
        """Note a fault."""
        self.faults += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, str(where)))


def verify(
    session: Session,
    keys: LogKeys,
    *,
    against: Checkpoint | None = None,
    tell: Tell = lambda _count: None,
) -> Verified:
    """Read all of the log and compute it anew; `tell` hears of the events as they are read.

    `against` is a checkpoint that was kept elsewhere: a log that was cut back to an older checkpoint, with all that
    counts its rows, is whole by itself, and only who remembers more of it sees that.
    """
    done = Verified()
    noted = select(AuditCheckpoint.size, AuditCheckpoint.note).order_by(AuditCheckpoint.size)
    signed = {row.size: row.note for row in session.execute(noted)}
    done.checkpoints = len(signed)
    sizes = {*signed, against.size if against else 0}
    tree, above, roots, erased = Growing(), [], {}, auditlog.erased(session)
    for number, kept, *event in _events(session):
        if number != tree.size:
            done.found("place_missing", tree.size)
        entry = _check_event(done, event, keys, erased)
        for level, place, hashed in tree.add((leaf_hash(entry),)):
            if level:
                above.append((level, place, hashed))
            elif hashed != kept:
                done.found("leaf_differs", place)
        if tree.size in sizes:
            roots[tree.size] = tree.root()
        if tree.size % AT_ONCE == 0:
            tell(AT_ONCE)
    tell(tree.size % AT_ONCE)
    done.size, done.root = tree.size, tree.root()
    _check_above(session, done, above)
    _check_checkpoints(done, signed, roots, keys)
    if against is not None:
        _check_against(done, against, roots, keys)
    _check_cosignatures(session, done, signed, keys)
    _check_counts(session, done)
    _check_outside(session, done, keys, erased)
    _check_guards(session, done)
    return done


EVENT = (
    type_coerce(AuditEvent.at, String).label("at"),
    AuditEvent.action,
    AuditEvent.subject,
    AuditEvent.person_id,
    AuditEvent.entry,
    AuditEvent.seal,
    AuditReason.salt,
    AuditReason.reason,
)
"""What `_check_event` wants to know, after the event's id; the time as the engine has it, for it may be none."""


def _events(session: Session) -> Iterator[Any]:
    """All events that have a place, in order: place, kept hash, id, EVENT; a removed one has no entry."""
    found = (
        select(AuditLeaf.number, AuditHash.hash, AuditLeaf.event_id, *EVENT)
        .outerjoin(AuditEvent, AuditEvent.id == AuditLeaf.event_id)
        .outerjoin(AuditHash, (AuditHash.level == 0) & (AuditHash.number == AuditLeaf.number))
        .outerjoin(AuditReason, AuditReason.event_id == AuditLeaf.event_id)
        .order_by(AuditLeaf.number)
    )
    return iter(session.connection().execute(found.execution_options(yield_per=AT_ONCE)))


def _check_event(done: Verified, event: Sequence[Any], keys: LogKeys, erased: set[str]) -> bytes:
    """That the hub wrote an event, and that its columns and its reason are what the entry says; gives the entry."""
    event_id, at, action, subject, person_id, entry, seal, salt, reason = event
    if entry is None:
        done.found("event_removed", event_id)
        return b""
    # SQLite keeps bytes in a column of text when somebody puts them there.
    data: bytes = entry.encode() if isinstance(entry, str) else entry
    if auditlog.seal(keys.sealing, data) != seal:
        done.found("event_altered", event_id)
        return data
    said = _DECODER.decode(entry)
    told = (said["id"], said["at"], said["action"], said["subject"], auditlog.person_of(said["actor"]))
    if (event_id, _moment(at), action, subject, person_id) != told:
        done.found("columns_altered", event_id)
    hidden = said.get("reason_sha256")
    if reason is None and hidden and event_id not in erased:
        done.found("reason_removed", event_id)
    if reason is not None and _hidden(salt, reason) != hidden:
        done.found("reason_altered", event_id)
    return data


def _moment(at: Any) -> str:
    """A time as entries have it, from what the engine gives; empty for what is no time."""
    try:
        found = datetime.fromisoformat(at) if isinstance(at, str) else at
        return str((found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat())
    except (ValueError, AttributeError):
        return ""


def _hidden(salt: Any, reason: Any) -> str | None:
    try:
        return auditlog.hidden(salt, reason)
    except (ValueError, TypeError, AttributeError):
        return None


def _check_counts(session: Session, done: Verified) -> None:
    counted = {
        sequences.AUDIT: done.size,
        sequences.CHECKPOINTS: done.checkpoints,
        sequences.COSIGNATURES: done.cosignatures,
    }
    for name, there in counted.items():
        if checkpoints.numbered(session, name) != there:
            done.found("counter_differs", name)
    if session.scalar(select(func.count()).select_from(AuditHash).where(AuditHash.level == 0)) != done.size:
        done.found("leaves_differ", done.size)


def _check_above(session: Session, done: Verified, above: list[tuple[int, int, bytes]]) -> None:
    """That the kept hashes above the leaves are those of the tree, and no others are there."""
    kept = select(AuditHash.level, AuditHash.number, AuditHash.hash).where(AuditHash.level > 0)
    there = {(level, place): hashed for level, place, hashed in session.execute(kept)}
    for level, place, hashed in above:
        if there.pop((level, place), None) != hashed:
            done.found("hash_differs", f"{level}/{place}")
    for level, place in there:
        done.found("hash_inserted", f"{level}/{place}")


def _check_checkpoints(done: Verified, signed: dict[int, str], roots: dict[int, bytes], keys: LogKeys) -> None:
    """That each checkpoint is signed, and is of this very log."""
    for size, note in signed.items():
        try:
            checkpoint = Checkpoint.parse(note)
        except (ValueError, TypeError):
            done.found("checkpoint_altered", size)
            continue
        if checkpoint.size != size or not checkpoint.is_signed_by(keys.verifier):
            done.found("checkpoint_altered", size)
        elif size not in roots:
            done.found("log_shorter", size)
        elif roots[size] != checkpoint.root:
            done.found("log_differs", size)


def _check_against(done: Verified, kept: Checkpoint, roots: dict[int, bytes], keys: LogKeys) -> None:
    """That the log goes on from a checkpoint that somebody has kept elsewhere."""
    if not kept.is_signed_by(keys.verifier):
        done.found("checkpoint_foreign", kept.size)
    elif kept.size > done.size:
        done.found("log_shorter", kept.size)
    elif roots[kept.size] != kept.root:
        done.found("log_differs", kept.size)


def _check_cosignatures(session: Session, done: Verified, signed: dict[int, str], keys: LogKeys) -> None:
    """That each cosignature is the word of the node that it is kept under."""
    jwks: dict[str, Any] = {row.id: row.jwk for row in session.execute(select(NodeKey.id, NodeKey.jwk))}
    bodies: dict[int, Checkpoint] = {}
    kept = select(AuditCosignature.size, AuditCosignature.node_id, AuditCosignature.key_id, AuditCosignature.line)
    for row in session.execute(kept.execution_options(yield_per=1000)):
        done.cosignatures += 1
        try:
            body = bodies.setdefault(row.size, Checkpoint.parse(signed[row.size]))
            name = checkpoints.witness_name(body.origin, row.node_id)
            signer = Verifier(name, COSIGNATURE, load_public_jwk(jwks[row.key_id]))
            mine = Checkpoint(body.origin, body.size, body.root, (Signature.parse(row.line),))
            good = mine.is_signed_by(signer)
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            done.found("cosignature_altered", f"{row.size} {row.node_id}")


def _check_outside(session: Session, done: Verified, keys: LogKeys, erased: set[str]) -> None:
    """Events that the tree does not have: those that wait are good, if the hub wrote them."""
    waiting = (
        select(AuditWaiting.event_id, *EVENT)
        .outerjoin(AuditEvent, AuditEvent.id == AuditWaiting.event_id)
        .outerjoin(AuditReason, AuditReason.event_id == AuditWaiting.event_id)
        .where(AuditWaiting.refused.is_(False))
        .order_by(AuditWaiting.event_id)
    )
    for event in session.connection().execute(waiting.execution_options(yield_per=AT_ONCE)):
        done.waiting += 1
        _check_event(done, event, keys, erased)
    homeless = (
        select(AuditEvent.id)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .outerjoin(AuditWaiting, AuditWaiting.event_id == AuditEvent.id)
        .where(AuditLeaf.number.is_(None))
        .where(AuditWaiting.event_id.is_(None) | AuditWaiting.refused)
    )
    for event_id in session.scalars(homeless.order_by(AuditEvent.id)):
        done.found("event_inserted", event_id)
    of_nothing = select(AuditReason.event_id).outerjoin(AuditEvent, AuditEvent.id == AuditReason.event_id)
    for event_id in session.scalars(of_nothing.where(AuditEvent.id.is_(None)).order_by(AuditReason.event_id)):
        done.found("reason_inserted", event_id)


def _check_guards(session: Session, done: Verified) -> None:
    """That the database still refuses to change what is only ever added to."""
    if session.get_bind().dialect.name == "sqlite":
        kept = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'"
        wanted = {f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")}
    else:
        kept = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
        wanted = {f"{table}_append_only" for table in APPEND_ONLY}
    for name in sorted(wanted - set(session.scalars(text(kept)))):
        done.found("guard_removed", name)
