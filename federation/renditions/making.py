"""Which stored documents are to have a PDF, who is at it, and what came of it.

All of that stands in the database, so that a lost queue or a killed worker loses nothing: what it held is free again
when its claim has run out, and what kills its worker each time is given up. Nothing waits for a rendition, neither
review nor publication. A rendition can be made again, so it is in no backup.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from federation.models.base import insert_missing, now
from federation.models.objects import USABLE, StoredObject
from federation.models.renditions import Converter, Rendition
from federation.renditions.office import MOST_SOURCE, TIMEOUT, TOO_LARGE, TYPES, UNREADABLE

TRIES = 3
CRASHED = "crashed"
"""The cause when the worker ended each time that it was at a document."""
ANOTHER_MAKER_MAY = (CRASHED, TIMEOUT, UNREADABLE)
"""What another version of LibreOffice may do better."""
SPARE = timedelta(minutes=2)
"""How much longer than a conversion may take a worker holds it: the document comes from the store, the PDF goes."""
LATER = timedelta(minutes=10)
"""When what took too long, or found no room on the disk, is tried again: the machine may have been busy."""
NOTED_EVERY, FRESH = timedelta(minutes=10), timedelta(minutes=30)
"""How often a worker says what its host can do, and how long that counts."""
FORGOTTEN = timedelta(days=1)
SILENT = "silent"
"""Why there are no renditions when no worker has said anything."""


@dataclass(frozen=True)
class Claim:
    """A document that this worker converts until `until`; `made` is the size of a PDF that it once had, or 0."""

    sha256: str
    media_type: str
    made: int
    until: datetime


@dataclass(frozen=True)
class Ability:
    """Whether the hub can make renditions: with what, or what hinders it (empty when nothing does)."""

    maker: str
    hindrance: str


@dataclass(frozen=True)
class Standing:
    """How renditions are: what can make them, and how many wait, are there, and could not be made."""

    ability: Ability
    waiting: int
    ready: int
    failed: int


# -- what is wanted ----------------------------------------------------------------------------------------


def want(session: Session, stored: StoredObject) -> None:
    """Have a PDF made of this object if it is an office document; one too large for that is said to be so."""
    if stored.media_type not in TYPES:
        return
    too_large = stored.size > MOST_SOURCE
    row = {
        "sha256": stored.sha256,
        "state": "failed" if too_large else "waiting",
        "cause": TOO_LARGE if too_large else "",
        "wanted_at": now(),
    }
    insert_missing(session, Rendition, [row])


def try_again(session: Session, maker: str) -> None:
    """Another LibreOffice than the one that failed may do better."""
    session.execute(
        update(Rendition)
        .where(Rendition.state == "failed", Rendition.cause.in_(ANOTHER_MAKER_MAY), Rendition.maker != maker)
        .values(state="waiting", tries=0, claimed_until=None)
    )


def make_anew(session: Session) -> None:
    """After a restore: no backup has the PDFs, and what hosts could do then says nothing of today."""
    made = Rendition.state != "failed"
    session.execute(update(Rendition).where(made).values(state="waiting", tries=0, claimed_until=None))
    session.execute(delete(Converter))


def forget(session: Session, sha256: str) -> None:
    """The document is gone from the hub, and its PDF with it."""
    session.execute(delete(Rendition).where(Rendition.sha256 == sha256))


# -- who is at it ------------------------------------------------------------------------------------------


def is_due(session: Session) -> bool:
    """Whether any document waits for somebody to convert it."""
    return session.scalar(select(Rendition.sha256).where(_waiting()).limit(1)) is not None


def claim(session: Session, *, seconds: int, maker: str) -> Claim | None:
    """Take the document that has waited longest, for a conversion of at most so many seconds."""
    gave_up = and_(_due(), Rendition.tries >= TRIES)
    session.execute(
        update(Rendition).where(gave_up).values(state="failed", cause=CRASHED, maker=maker, claimed_until=None)
    )
    oldest = select(Rendition).where(_waiting()).order_by(Rendition.wanted_at, Rendition.sha256).limit(1)
    rendition = session.scalars(oldest.with_for_update(skip_locked=True)).first()
    if rendition is None:
        return None
    rendition.tries += 1
    rendition.claimed_until = now() + timedelta(seconds=seconds) + SPARE
    media_type = session.get_one(StoredObject, rendition.sha256).media_type
    return Claim(rendition.sha256, media_type, rendition.size, rendition.claimed_until)


def put_off(session: Session, claimed: Claim, *, until: datetime | None = None) -> None:
    """Let go of a document that was not tried in earnest: the worker stops, or the store is away."""
    _note(session, claimed, tries=Rendition.tries - 1, claimed_until=until)


# -- what came of it ---------------------------------------------------------------------------------------


def made(session: Session, claimed: Claim, size: int, *, maker: str) -> bool:
    """The PDF is in the store. False when the document has gone meanwhile, and the PDF is to go, too."""
    _note(session, claimed, state="ready", cause="", size=size, maker=maker, claimed_until=None)
    return session.get(Rendition, claimed.sha256) is not None


def failed(session: Session, claimed: Claim, cause: str, *, maker: str) -> None:
    """There is no PDF; what took too long is tried again, a few times."""
    rendition = session.get(Rendition, claimed.sha256)
    if cause == TIMEOUT and rendition is not None and rendition.tries < TRIES:
        _note(session, claimed, claimed_until=now() + LATER)
    else:
        _note(session, claimed, state="failed", cause=cause, maker=maker, claimed_until=None)


def of(session: Session, digests: Collection[str]) -> Mapping[str, Rendition]:
    """The renditions of these documents, by the documents' digests."""
    if not digests:
        return {}
    found = session.scalars(select(Rendition).where(Rendition.sha256.in_(digests)))
    return {rendition.sha256: rendition for rendition in found}


# -- what hosts can do -------------------------------------------------------------------------------------


def note_ability(session: Session, host: str, *, maker: str = "", hindrance: str = "") -> None:
    """Remember what this host can do; hosts that have long said nothing are forgotten."""
    said = {"maker": maker, "hindrance": hindrance, "seen_at": now()}
    insert_missing(session, Converter, [{"host": host, **said}])
    session.execute(update(Converter).where(Converter.host == host).values(**said))
    session.execute(delete(Converter).where(Converter.seen_at < now() - FORGOTTEN))


def ability(session: Session) -> Ability:
    """What the hub can do: what any of its hosts can."""
    fresh = select(Converter).where(Converter.seen_at > now() - FRESH)
    # An empty hindrance sorts first: one host that can is enough.
    best = session.scalars(fresh.order_by(Converter.hindrance, Converter.seen_at.desc()).limit(1)).first()
    return Ability(best.maker, best.hindrance) if best is not None else Ability("", SILENT)


def standing(session: Session) -> Standing:
    """How renditions are, in a few figures."""
    rows = session.execute(select(Rendition.state, func.count()).group_by(Rendition.state))
    counts = {row[0]: row[1] for row in rows}
    return Standing(ability(session), *(counts.get(state, 0) for state in ("waiting", "ready", "failed")))


def _waiting() -> ColumnElement[bool]:
    """That a document waits for somebody to convert it and may be read."""
    readable = select(StoredObject.sha256).where(
        StoredObject.sha256 == Rendition.sha256, USABLE, StoredObject.malware == ""
    )
    return and_(_due(), readable.exists())


def _due() -> ColumnElement[bool]:
    return and_(Rendition.state == "waiting", or_(Rendition.claimed_until.is_(None), Rendition.claimed_until < now()))


def _note(session: Session, claimed: Claim, **values: object) -> None:
    """Change the row, unless the claim has run out and somebody else has taken it."""
    held = and_(Rendition.sha256 == claimed.sha256, Rendition.claimed_until == claimed.until)
    session.execute(update(Rendition).where(held).values(**values))
