"""Of which stored objects pictures are to be made, who is at it, and what came of it.

As with renditions, all of that stands in the database: a lost queue or a killed worker loses nothing, and what kills
its worker each time is given up. Nothing waits for a derivative, neither review nor publication. It can be made
again, so it is in no backup; it is made before publication, and shown to nobody who may not see its source.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from federation.derivatives.elsewhere import Elsewhere
from federation.derivatives.heads import Head
from federation.derivatives.maker import FILM, MIB, PAGES, PICTURE, TIMEOUT, TOO_LARGE, UNREADABLE, Made
from federation.models.base import insert_missing, now
from federation.models.derivatives import Derivative
from federation.models.objects import USABLE, StoredObject
from federation.models.renditions import Rendition
from federation.renditions import office

TEXT, PAGE = "text", "page"
"""Kinds that the worker reads itself; of a page only which other servers it names."""
RECIPE = 1
"""The number of the way in which derivatives are made. With the next one, all are made anew."""
KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/tiff", "image/bmp"), PICTURE
    ),
    "application/pdf": PAGES,
    **dict.fromkeys(("video/mp4", "video/webm", "video/quicktime", "video/ogg", "video/x-matroska"), FILM),
    **dict.fromkeys(
        ("text/plain", "text/csv", "text/markdown", "application/json", "text/xml", "application/xml", "text/vtt"),
        TEXT,
    ),
    **dict.fromkeys(("text/html", "application/xhtml+xml"), PAGE),
}
"""What is made of which content. Office documents are not among them: their pages are made when there is a PDF."""
MOST_SOURCE: Mapping[str, int] = {PICTURE: 200 * MIB, PAGES: 200 * MIB, FILM: 1024 * MIB}
"""Bytes: larger ones are not fetched for the sake of a picture. Of a text only its beginning is."""
STALE = "stale"
"""The state of what was made in an older way: it is shown until it is made anew."""
TRIES = 3
CRASHED = "crashed"
"""The cause when the worker ended each time that it was at a file."""
ANOTHER_MAKER_MAY = (CRASHED, TIMEOUT, UNREADABLE)
HELD = timedelta(minutes=4)
"""How long a worker holds a file: longer than any takes, and than it may take to come from the store."""
LATER = timedelta(minutes=10)
AT_ONCE = 500
"""Objects without a row that one look takes up."""


@dataclass(frozen=True)
class Claim:
    """A file that this worker is at until `until`; `made` is the size of the ZIP that it once had, or 0.

    `rendered` says that the pages are those of the document's PDF.
    """

    sha256: str
    kind: str
    size: int
    made: int
    rendered: bool
    until: datetime


@dataclass(frozen=True)
class Standing:
    """How many wait, are there, and could not be made."""

    waiting: int
    ready: int
    failed: int


# -- what is wanted ----------------------------------------------------------------------------------------


def want(session: Session, stored: StoredObject) -> None:
    """Have something made of this object for looking at it, if it is of a kind of which that can be."""
    kind = KINDS.get(stored.media_type)
    if kind is None:
        return
    too_large = stored.size > MOST_SOURCE.get(kind, stored.size)
    row = {
        "sha256": stored.sha256,
        "kind": kind,
        "state": "failed" if too_large else "waiting",
        "cause": TOO_LARGE if too_large else "",
    }
    insert_missing(session, Derivative, [row | _EMPTY | {"wanted_at": now()}])


def want_of_rendition(session: Session, sha256: str) -> None:
    """There is a PDF of this office document, or another one than before: have its pages made."""
    row = {"sha256": sha256, "kind": PAGES, "state": "waiting", "cause": "", "wanted_at": now()}
    insert_missing(session, Derivative, [row | _EMPTY])
    _again(session, Derivative.sha256 == sha256, size=0)


_EMPTY = {"recipe": 0, "tries": 0, "size": 0, "maker": "", "pictures": [], "facts": {}, "head": ""}


def want_missing(session: Session) -> int:
    """Take up some objects that were stored before there were derivatives of their kind; says how many."""
    known = select(Derivative.sha256).where(Derivative.sha256 == StoredObject.sha256).exists()
    found = session.scalars(
        select(StoredObject)
        .where(StoredObject.media_type.in_(KINDS), ~known)
        .order_by(StoredObject.sha256)
        .limit(AT_ONCE)
    ).all()
    for stored in found:
        want(session, stored)
    rendered = session.scalars(
        select(Rendition.sha256)
        .where(
            Rendition.state == "ready",
            ~select(Derivative.sha256).where(Derivative.sha256 == Rendition.sha256).exists(),
        )
        .limit(AT_ONCE)
    ).all()
    for sha256 in rendered:
        want_of_rendition(session, sha256)
    return len(found) + len(rendered)


def try_again(session: Session, maker: str) -> None:
    """Other libraries than those that failed may do better."""
    failed = (Derivative.state == "failed", Derivative.cause.in_(ANOTHER_MAKER_MAY), Derivative.maker != maker)
    _again(session, and_(*failed))


def age(session: Session) -> None:
    """What was made in an older way is made anew, and shown until then."""
    older = (Derivative.state == "ready", Derivative.recipe < RECIPE)
    session.execute(update(Derivative).where(*older).values(state=STALE, tries=0))


def make_anew(session: Session) -> None:
    """After a restore: no backup has the pictures."""
    _again(session, Derivative.state != "failed")


def forget(session: Session, sha256: str) -> None:
    """The object is gone from the hub, and what was made of it."""
    session.execute(delete(Derivative).where(Derivative.sha256 == sha256))


def _again(session: Session, which: ColumnElement[bool], **values: object) -> None:
    session.execute(update(Derivative).where(which).values(state="waiting", tries=0, claimed_until=None, **values))


# -- who is at it ------------------------------------------------------------------------------------------


def has_work(session: Session) -> bool:
    """Whether anything waits, or failed and may be tried by other libraries."""
    failed = and_(Derivative.state == "failed", Derivative.cause.in_(ANOTHER_MAKER_MAY))
    waiting = Derivative.state.in_(("waiting", STALE))
    return session.scalar(select(Derivative.sha256).where(or_(waiting, failed)).limit(1)) is not None


def is_due(session: Session, kinds: Collection[str]) -> bool:
    """Whether any object of these kinds waits for somebody."""
    return session.scalar(select(Derivative.sha256).where(_waiting(kinds)).limit(1)) is not None


def claim(session: Session, *, kinds: Collection[str], maker: str) -> Claim | None:
    """Take the object of these kinds that has waited longest."""
    gave_up = and_(_due(), Derivative.tries >= TRIES)
    session.execute(
        update(Derivative).where(gave_up).values(state="failed", cause=CRASHED, maker=maker, claimed_until=None)
    )
    oldest = select(Derivative).where(_waiting(kinds)).order_by(Derivative.wanted_at, Derivative.sha256).limit(1)
    found = session.scalars(oldest.with_for_update(skip_locked=True)).first()
    if found is None:
        return None
    found.tries += 1
    found.claimed_until = now() + HELD
    stored = session.get_one(StoredObject, found.sha256)
    made = found.size if found.recipe == RECIPE else 0
    rendered = stored.media_type in office.TYPES
    return Claim(found.sha256, found.kind, stored.size, made, rendered, found.claimed_until)


def put_off(session: Session, claimed: Claim, *, until: datetime | None = None) -> None:
    """Let go of an object that was not tried in earnest: the worker stops, or the store is away."""
    _note(session, claimed, tries=Derivative.tries - 1, claimed_until=until)


# -- what came of it ---------------------------------------------------------------------------------------


def stands(session: Session, claimed: Claim) -> None:
    """What was made before stands in the store still."""
    _note(session, claimed, state="ready", cause="", claimed_until=None)


def made(session: Session, claimed: Claim, found: Made, size: int, *, maker: str) -> bool:
    """The pictures are in the store. False when the object has gone meanwhile, and the pictures are to go, too."""
    pictures = [[one.name, one.width, one.height, one.offset, one.length] for one in found.pieces]
    _conclude(session, claimed, size=size, pictures=pictures, facts=dict(found.facts), maker=maker)
    return session.get(Derivative, claimed.sha256) is not None


def headed(session: Session, claimed: Claim, head: Head) -> None:
    """The beginning of a text was read."""
    _conclude(session, claimed, head=head.text, facts={"charset": head.charset, "whole": head.whole})


def searched(session: Session, claimed: Claim, found: Elsewhere) -> None:
    """A page was searched for other servers."""
    _conclude(session, claimed, facts={"loads": list(found.loads), "names": list(found.names)})


def failed(session: Session, claimed: Claim, cause: str, *, maker: str) -> None:
    """There is nothing to look at; what took too long is tried again, a few times."""
    row = session.get(Derivative, claimed.sha256)
    if cause == TIMEOUT and row is not None and row.tries < TRIES:
        # At the end of the line: a hundred such files must not keep all others waiting three times over.
        _note(session, claimed, claimed_until=now() + LATER, wanted_at=now())
    else:
        _note(session, claimed, state="failed", cause=cause, maker=maker, claimed_until=None)


def is_known(session: Session, sha256: str) -> bool:
    """Whether anything was made of this object, or is to be."""
    return session.scalar(select(Derivative.sha256).where(Derivative.sha256 == sha256)) is not None


def standing(session: Session) -> Standing:
    """How derivatives are, in a few figures."""
    rows = session.execute(select(Derivative.state, func.count()).group_by(Derivative.state))
    counts = {row[0]: row[1] for row in rows}
    return Standing(counts.get("waiting", 0), counts.get("ready", 0) + counts.get(STALE, 0), counts.get("failed", 0))


def _waiting(kinds: Collection[str]) -> ColumnElement[bool]:
    """That an object waits for somebody and may be read."""
    readable = select(StoredObject.sha256).where(
        StoredObject.sha256 == Derivative.sha256, USABLE, StoredObject.malware == ""
    )
    return and_(_due(), Derivative.kind.in_(kinds), readable.exists())


def _due() -> ColumnElement[bool]:
    free = or_(Derivative.claimed_until.is_(None), Derivative.claimed_until < now())
    return and_(Derivative.state.in_(("waiting", STALE)), free)


def _conclude(session: Session, claimed: Claim, **values: object) -> None:
    _note(session, claimed, state="ready", cause="", tries=0, recipe=RECIPE, claimed_until=None, **values)


def _note(session: Session, claimed: Claim, **values: object) -> None:
    """Change the row, unless the claim has run out and somebody else has taken it."""
    held = and_(Derivative.sha256 == claimed.sha256, Derivative.claimed_until == claimed.until)
    session.execute(update(Derivative).where(held).values(**values))
