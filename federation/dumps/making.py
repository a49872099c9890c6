"""Which dump is to be made, who makes it, and what was made.

What is to be done is seen from the table and the change feed alone: a worker that is killed leaves a claim that runs
out, and of two workers one makes each dump.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, not_, or_, select, update
from sqlalchemy.orm import Session

from federation import catalogue
from federation.days import ZONE
from federation.dumps.writing import CSV, JSON_LINES
from federation.models.base import insert_missing, now
from federation.models.dumps import Dump

KINDS = (JSON_LINES, CSV)
FROM_HOUR = 3
"""In China, when hardly anybody reads."""
LEASE = timedelta(minutes=10)
NAMES = {JSON_LINES: "catalogue.jsonl.gz", CSV: "catalogue.csv.gz"}


@dataclass(frozen=True)
class Claim:
    """A dump that is this worker's to make; `until` is by when, unless it is renewed."""

    kind: str
    until: datetime


@dataclass(frozen=True)
class Made:
    """What a dump came to: its digest and size, how many resources, and the entry of the feed that it reaches."""

    sha256: str
    size: int
    resources: int
    position: int


def claim(session: Session, *, moment: datetime | None = None) -> Claim | None:
    """Take a dump that is due: the catalogue has changed since the last one, and that was not made this night."""
    moment = moment or now()
    insert_missing(session, Dump, [_empty(kind) for kind in KINDS])
    free = or_(Dump.claimed_until.is_(None), Dump.claimed_until < moment)
    due = select(Dump).where(free, *_due(session, moment)).order_by(Dump.kind).limit(1)
    found = session.scalars(due.with_for_update(skip_locked=True)).first()
    if found is None:
        return None
    found.claimed_until = moment + LEASE
    return Claim(found.kind, found.claimed_until)


def is_due(session: Session, *, moment: datetime | None = None) -> bool:
    """Whether there is one to be made; only looks."""
    moment = moment or now()
    held = Dump.claimed_until >= moment
    waiting = select(Dump.kind).where(
        or_(not_(and_(*_due(session, moment))), and_(Dump.claimed_until.is_not(None), held))
    )
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

    The one before stays for a night: somebody may just be taking it.
    """
    row = session.get_one(Dump, claimed.kind, with_for_update=True)
    if row.claimed_until != claimed.until:
        return made.sha256 if made.sha256 not in (row.sha256, row.former) else ""
    removed = row.former if row.former not in (made.sha256, row.sha256) else ""
    if made.sha256 != row.sha256:
        row.former = row.sha256
    row.sha256, row.size, row.resources, row.position = made.sha256, made.size, made.resources, made.position
    row.made_at, row.claimed_until = now(), None
    return removed


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


def _due(session: Session, moment: datetime) -> list[ColumnElement[bool]]:
    night = moment.astimezone(ZONE).replace(hour=FROM_HOUR, minute=0, second=0, microsecond=0)
    if night > moment:
        night -= timedelta(days=1)
    return [
        Dump.position < catalogue.position(session),
        or_(Dump.made_at.is_(None), Dump.made_at < night),
    ]


def _empty(kind: str) -> dict[str, object]:
    return {"kind": kind, "sha256": "", "former": "", "size": 0, "resources": 0, "position": 0}
