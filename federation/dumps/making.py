"""Which dump is to be made, who makes it, and what was made.

What is to be done is seen from the table and the change feed alone: a worker that is killed leaves a claim that runs
out, and of two workers one makes each dump.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, not_, or_, select, update
from sqlalchemy.orm import Session

from federation import catalogue
from federation.days import ZONE
from federation.dumps.writing import CSV, JSON_LINES
from federation.models.base import insert_missing, now
from federation.models.dumps import Dump
from federation.models.events import FeedEntry
from federation.publication import REMOVED

KINDS = (JSON_LINES, CSV)
FROM_HOUR = 3
"""In China, when hardly anybody reads."""
DAY = timedelta(days=1)
FORMER_KEPT = DAY
"""How long the one before stays: somebody may just be taking it."""
AT_ONCE_AFTER = timedelta(hours=1)
"""What is not public any more does not wait for the night; but a dump of a large catalogue is much work."""
LEASE = timedelta(minutes=10)
NAMES = {JSON_LINES: "catalogue.jsonl.gz", CSV: "catalogue.csv.gz"}


@dataclass(frozen=True)
class Claim:
    """A dump that is this worker's to make; `until` is by when, unless it is renewed."""

    kind: str
    until: datetime


@dataclass(frozen=True)
class Made:
    """What a dump came to: its digest and size, how many resources, and the entry of the feed that it reaches.

    `opens_on` is the first day on which files of one of the resources open that are not open yet.
    """

    sha256: str
    size: int
    resources: int
    position: int
    opens_on: date | None = None


def claim(session: Session, *, moment: datetime | None = None) -> Claim | None:
    """Take a dump that is due: the last one is not what is public any more, and was not made this night."""
    moment = moment or now()
    insert_missing(session, Dump, [_empty(kind) for kind in KINDS])
    due = select(Dump).where(_free(moment), _due(session, moment)).order_by(Dump.kind).limit(1)
    found = session.scalars(due.with_for_update(skip_locked=True)).first()
    if found is None:
        return None
    found.claimed_until = moment + LEASE
    return Claim(found.kind, found.claimed_until)


def is_due(session: Session, *, moment: datetime | None = None) -> bool:
    """Whether there is one to be made; only looks."""
    moment = moment or now()
    waiting = select(Dump.kind).where(not_(and_(_free(moment), _due(session, moment))))
    return bool(catalogue.position(session)) and bool(set(KINDS) - set(session.scalars(waiting)))


def renew(session: Session, claimed: Claim) -> Claim | None:
    """Hold it for longer; None when somebody else has it meanwhile."""
    until = now() + LEASE
    mine = (Dump.kind == claimed.kind, Dump.claimed_until == claimed.until)
    taken = session.execute(
        update(Dump).where(*mine).values(claimed_until=until), execution_options={"synchronize_session": False}
    )
    return Claim(claimed.kind, until) if taken.rowcount else None  # type: ignore[attr-defined]  # of an update


def conclude(session: Session, claimed: Claim, made: Made) -> str:
    """Note what was made; the digest of what is not needed any more, empty for none.

    The one before stays for a night: somebody may just be taking it. Whoever has lost the dump takes away what it
    has sent, unless another one is at it, whose bytes may be the same.
    """
    row = session.get_one(Dump, claimed.kind, with_for_update=True)
    if row.claimed_until != claimed.until:
        needed = row.claimed_until is not None or made.sha256 in (row.sha256, row.former)
        return "" if needed else made.sha256
    removed = row.former if row.former not in (made.sha256, row.sha256) else ""
    if made.sha256 != row.sha256:
        row.former = row.sha256
    row.sha256, row.size, row.resources, row.position = made.sha256, made.size, made.resources, made.position
    row.made_at, row.claimed_until, row.opens_on = now(), None, made.opens_on
    return removed


def has_former(session: Session, *, before: datetime) -> bool:
    """Whether there are dumps that were replaced `before`; only looks."""
    return session.scalar(select(Dump.kind).where(*_replaced(before)).limit(1)) is not None


def drop_former(session: Session, *, before: datetime) -> list[str]:
    """Let go of the dumps that were replaced `before`: their digests.

    A dump may hold what is not public any more, so it does not stay until something else changes.
    """
    rows = session.scalars(select(Dump).where(*_replaced(before)).with_for_update()).all()
    dropped = [row.former for row in rows]
    for row in rows:
        row.former = ""
    return dropped


def forget(session: Session) -> None:
    """There are no dumps any more; the next ones are made at once."""
    session.execute(delete(Dump), execution_options={"synchronize_session": False})


def is_kept(session: Session, sha256: str) -> bool:
    """Whether a dump is one of the last ones."""
    wanted = select(Dump.kind).where(or_(Dump.sha256 == sha256, Dump.former == sha256))
    return session.scalar(wanted.limit(1)) is not None


def listed(session: Session) -> Sequence[Dump]:
    """The dumps that there are."""
    return session.scalars(select(Dump).where(Dump.sha256 != "").order_by(Dump.kind.desc())).all()


def _replaced(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return Dump.former != "", Dump.claimed_until.is_(None), Dump.made_at < before


def _free(moment: datetime) -> ColumnElement[bool]:
    """Nobody holds it: no claim reaches further than a lease, unless the clock was put back."""
    held = Dump.claimed_until.between(moment, moment + LEASE)
    return or_(Dump.claimed_until.is_(None), not_(held))


def _due(session: Session, moment: datetime) -> ColumnElement[bool]:
    """What was made in a night that has not come yet was made by a clock that has been put back."""
    day = moment.astimezone(ZONE)
    night = day.replace(hour=FROM_HOUR, minute=0, second=0, microsecond=0)
    if night > moment:
        night -= DAY
    changed = Dump.position < catalogue.position(session)
    opened = and_(Dump.opens_on.is_not(None), Dump.opens_on <= day.date())
    # `latest` is said in a way that no index serves: the entries after a position are few.
    entries = (FeedEntry.seq > Dump.position, FeedEntry.kind == REMOVED, FeedEntry.latest.is_not(False))
    tonight = and_(Dump.made_at.is_not(None), Dump.made_at >= night, Dump.made_at < night + DAY)
    return or_(
        and_(or_(changed, opened), not_(tonight)),
        and_(Dump.made_at.is_not(None), Dump.made_at <= moment - AT_ONCE_AFTER, exists().where(*entries)),
    )


def _empty(kind: str) -> dict[str, object]:
    return {"kind": kind, "sha256": "", "former": "", "size": 0, "resources": 0, "position": 0}
