"""What was made for looking at stored objects, as long as the objects themselves may be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from federation.derivatives.elsewhere import Elsewhere
from federation.derivatives.heads import Head
from federation.derivatives.making import STALE, TEXT
from federation.models.derivatives import Derivative
from federation.models.objects import USABLE, StoredObject

_SHOWN = (Derivative.state.in_(("ready", STALE)), USABLE, StoredObject.malware == "")
"""That it is there, and that its source is sound, scanned where there is a scanner, and clean."""


@dataclass(frozen=True)
class Picture:
    """One picture of an object: `offset` and `length` say where it is in the ZIP."""

    sha256: str
    name: str
    width: int
    height: int
    offset: int
    length: int


@dataclass(frozen=True)
class Look:
    """What was made of an object: itself in several widths, the narrowest first, and its pages in order.

    `page_count` is how many pages it has, of which the first may be here; `moves` says that it is an animation;
    `elsewhere` are the other servers that a web page names, of which there are no pictures.
    """

    widths: Sequence[Picture]
    pages: Sequence[Picture]
    page_count: int
    moves: bool
    elsewhere: Elsewhere = Elsewhere()


def looks(session: Session, digests: Collection[str] | Select[str]) -> dict[str, Look]:
    """Of these objects, by their digests or a query for them, those that there are pictures of, and web pages."""
    if not isinstance(digests, Select) and not digests:
        return {}
    rows = session.execute(
        select(Derivative.sha256, Derivative.pictures, Derivative.facts)
        .join(StoredObject, StoredObject.sha256 == Derivative.sha256)
        .where(Derivative.sha256.in_(digests), Derivative.kind != TEXT, *_SHOWN)
    )
    return {row.sha256: _look(row) for row in rows}


def texts(session: Session, digests: Collection[str]) -> Mapping[str, Head]:
    """Of these objects, by their digests, the beginnings of those that are texts."""
    if not digests:
        return {}
    rows = session.execute(
        select(Derivative.sha256, Derivative.head, Derivative.facts)
        .join(StoredObject, StoredObject.sha256 == Derivative.sha256)
        .where(Derivative.sha256.in_(digests), Derivative.kind == TEXT, *_SHOWN)
    )
    return {row.sha256: Head(row.head, row.facts["charset"], row.facts["whole"]) for row in rows}


def usable(session: Session, digests: Collection[str]) -> frozenset[str]:
    """Those of these objects that may be looked at: sound, scanned where there is a scanner, and clean."""
    if not digests:
        return frozenset()
    found = select(StoredObject.sha256).where(StoredObject.sha256.in_(digests), USABLE, StoredObject.malware == "")
    return frozenset(session.scalars(found))


def picture(session: Session, sha256: str, name: str) -> Picture | None:
    """One picture by its name; None when there is none that may be looked at."""
    look = looks(session, [sha256]).get(sha256)
    if look is None:
        return None
    return next((one for one in (*look.widths, *look.pages) if one.name == name), None)


def _look(row: Row[str, list[Any], dict[str, Any]]) -> Look:
    sha256, pictures, facts = row
    found = [Picture(sha256, *one) for one in pictures]
    widths = sorted((one for one in found if one.name.startswith("w")), key=lambda one: one.width)
    pages = sorted((one for one in found if one.name.startswith("p")), key=lambda one: int(one.name[1:]))
    other = Elsewhere(tuple(facts.get("loads", ())), tuple(facts.get("names", ())))
    return Look(widths, pages, facts.get("pages", 0), bool(facts.get("animated")), other)
