"""Reading stored objects again: which are due, what is found, and what follows from it.

An object that is damaged is marked, every institution that named it is asked for the bytes again, and when one has
sent them the object is sound as before. The checks themselves are noted on the object's row; the audit log has what
matters later: each check that failed, and each repair (PREMIS 3: fixity check with its outcome, replacement).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, lifecycle
from federation.models.base import now
from federation.models.objects import StoredObject
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.storage import ObjectMissing, ObjectStore, StoreUnavailable

LEASE = timedelta(minutes=5)
"""How long a worker holds the object that it reads; it renews this while it reads."""
RENEWED_EVERY = 60.0
RECHECK = timedelta(days=7)
"""A damaged object is read again and asked for again after this, in case an operator or nobody has mended it."""
ATTEMPTS = 3
"""How often one check begins again when the stream breaks, before the object counts as unreadable."""
REASONS = {
    "missing": "平台保存的文件丢失",
    "size": "平台保存的文件长度不对",
    "digest": "平台保存的文件内容有改变",
    "unreadable": "平台保存的文件读不出来",
}
"""What may be wrong with an object, in the words that its institutions are told."""

Pause = Callable[[float], object]


@dataclass(frozen=True)
class Claim:
    """An object that is being read; `checked_at` tells later whether somebody else was quicker."""

    sha256: str
    size: int
    checked_at: datetime


@dataclass(frozen=True)
class Standing:
    """How the stored objects are: how many and how large, how many damaged or read too long ago, the oldest check."""

    objects: int
    size: int
    damaged: int
    overdue: int
    oldest: datetime | None


@dataclass(frozen=True)
class Damaged:
    """A damaged object with the newest version of each resource that names it."""

    stored: StoredObject
    versions: Sequence[ResourceVersion]


class Pace:
    """Keeps reading within a number of bytes a second; 0 is as fast as it goes."""

    def __init__(
        self, bytes_per_second: int, pause: Pause = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._pause, self._clock = bytes_per_second, pause, clock
        self._free_at = clock()

    def spend(self, count: int) -> None:
        """Say that `count` bytes were read, and wait for as long as they may take."""
        if not self._rate:
            return
        moment = self._clock()
        self._free_at = max(self._free_at, moment) + count / self._rate
        self._pause(self._free_at - moment)


# -- which are due -----------------------------------------------------------------------------------------


def due_before(session: Session, *, days: int, bytes_per_second: int) -> datetime:
    """Objects last checked before this moment are due.

    Reading everything takes time, so it begins early enough to end within `days`: at least a tenth of them
    before, and a quarter more than the budget needs for all bytes.
    """
    total = session.scalar(select(func.coalesce(func.sum(StoredObject.size), 0))) or 0
    allowed = timedelta(days=days)
    seconds = 1.25 * int(total) / bytes_per_second if bytes_per_second else 0.0
    needed = timedelta(seconds=min(seconds, allowed.total_seconds()))
    return now() - (allowed - max(allowed / 10, needed))


def claim(session: Session, *, before: datetime) -> Claim | None:
    """Take the object that was checked longest ago, before `before`; nobody else reads it meanwhile."""
    moment = now()
    again = max(before, moment - RECHECK)
    stored = session.scalars(
        select(StoredObject)
        .where(
            # What is just being taken away may be gone already, which is no loss.
            StoredObject.removing_at.is_(None),
            or_(StoredObject.claimed_until.is_(None), StoredObject.claimed_until < moment),
            or_(
                and_(StoredObject.damaged_at.is_(None), StoredObject.checked_at < before),
                and_(StoredObject.damaged_at.is_not(None), StoredObject.checked_at < again),
            ),
        )
        .order_by(StoredObject.checked_at, StoredObject.sha256)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if stored is None:
        return None
    stored.claimed_until = moment + LEASE
    return Claim(stored.sha256, stored.size, stored.checked_at)


def renew(session: Session, claimed: Claim) -> None:
    """Hold the object for longer: reading it goes on."""
    _hold(session, claimed, now() + LEASE)


def release(session: Session, claimed: Claim) -> None:
    """Let go of an object whose check was broken off; the next one begins at its first byte."""
    _hold(session, claimed, None)


def _hold(session: Session, claimed: Claim, until: datetime | None) -> None:
    session.execute(
        update(StoredObject)
        .where(StoredObject.sha256 == claimed.sha256, StoredObject.checked_at == claimed.checked_at)
        .values(claimed_until=until)
        .execution_options(synchronize_session=False)
    )


# -- what is found -----------------------------------------------------------------------------------------


def examine(store: ObjectStore, claimed: Claim, *, pace: Pace, beat: Callable[[], None]) -> str:
    """Read the object to its end: empty when every byte is right, else one of REASONS.

    `beat` is called about once a minute. Raises StoreUnavailable when the store itself is away.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _read_through(store, claimed, pace, beat)
        except ObjectMissing:
            return "missing"
        except StoreUnavailable:
            # A store that is away says nothing of the object; one that answers and cannot read it does.
            if not store.ready():
                raise
            if attempt == ATTEMPTS:
                return "unreadable"
    raise AssertionError("the last attempt always ends")


def _read_through(store: ObjectStore, claimed: Claim, pace: Pace, beat: Callable[[], None]) -> str:
    digest, length, beaten = hashlib.sha256(), 0, time.monotonic()
    with store.reading(sha256=claimed.sha256) as pieces:
        for piece in pieces:
            digest.update(piece)
            length += len(piece)
            pace.spend(len(piece))
            if time.monotonic() - beaten > RENEWED_EVERY:
                beat()
                beaten = time.monotonic()
    if length != claimed.size:
        return "size"
    return "" if digest.hexdigest() == claimed.sha256 else "digest"


# -- what follows ------------------------------------------------------------------------------------------


def conclude(session: Session, claimed: Claim, damage: str) -> None:
    """Note what a check has found, unless the object was replaced or checked by somebody else meanwhile."""
    stored = session.get(StoredObject, claimed.sha256, with_for_update=True)
    if stored is None or stored.removing_at is not None or stored.checked_at != claimed.checked_at:
        return
    stored.checked_at, stored.claimed_until = now(), None
    if not damage:
        if not stored.sound:
            mark_repaired(session, stored, actor=auditlog.WORKER)
        return
    stored.damaged_at, stored.damage = stored.damaged_at or stored.checked_at, damage
    detail = {"outcome": "fail", "damage": damage, "size": stored.size}
    auditlog.record(
        session,
        auditlog.Happening(auditlog.WORKER, "object.fixity_check", f"object:{stored.sha256}", detail=detail),
    )
    ask(session, stored.sha256, f"{REASONS[damage]}，请重新上传。")


def ask(session: Session, sha256: str, reason: str) -> None:
    """Ask every institution that named these bytes to send them again, once for each of its resources."""
    lifecycle.ask_again(session, naming(session, [sha256]).get(sha256, []), reason=reason, sha256=sha256)


def mark_repaired(session: Session, stored: StoredObject, *, actor: str) -> None:
    """The bytes are right again: sent by a node (`actor`), or found so by the hub itself."""
    detail = {"outcome": "success", "damage": stored.damage, "size": stored.size}
    auditlog.record(session, auditlog.Happening(actor, "object.repaired", f"object:{stored.sha256}", detail=detail))
    stored.checked_at, stored.claimed_until = now(), None
    stored.damaged_at, stored.damage = None, ""


# -- what people see ---------------------------------------------------------------------------------------


def standing(session: Session, *, days: int) -> Standing:
    """How the stored objects are; `overdue` were last read more than `days` ago (0 days: nothing is overdue)."""
    late = StoredObject.checked_at < now() - timedelta(days=days)
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(StoredObject.size), 0),
            func.count(StoredObject.damaged_at),
            func.count().filter(late),
            func.min(StoredObject.checked_at),
        ).select_from(StoredObject)
    ).one()
    return Standing(row[0], int(row[1]), row[2], row[3] if days else 0, row[4])


def damaged(session: Session) -> list[Damaged]:
    """The damaged objects, those damaged longest first."""
    found = list(
        session.scalars(
            select(StoredObject).where(StoredObject.damaged_at.is_not(None)).order_by(StoredObject.damaged_at)
        )
    )
    named = naming(session, [stored.sha256 for stored in found])
    return [Damaged(stored, named.get(stored.sha256, [])) for stored in found]


def naming(session: Session, digests: Sequence[str]) -> dict[str, list[ResourceVersion]]:
    """For each of these digests the newest version of every resource that names it, whatever its state."""
    rows = session.execute(
        select(VersionFile.sha256, ResourceVersion)
        .join(ResourceVersion, ResourceVersion.id == VersionFile.version_id)
        .where(VersionFile.sha256.in_(digests))
        .order_by(ResourceVersion.resource_id, ResourceVersion.version)
        .options(joinedload(ResourceVersion.resource).joinedload(Resource.institution))
    )
    newest: dict[str, dict[str, ResourceVersion]] = {}
    for sha256, version in rows:
        newest.setdefault(sha256, {})[version.resource_id] = version
    return {sha256: list(versions.values()) for sha256, versions in newest.items()}
