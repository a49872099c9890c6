"""What others mirror: the signed record of each public resource and its files, and how each of them changed.

All of it is read from the change feed, a stretch of its numbers at a time, so that a part costs the same however much
there is. The files of a resource under embargo are none of it until they may be had.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from federation.catalogue import embargoed
from federation.days import ZONE
from federation.models.events import FeedEntry
from federation.models.objects import StoredObject
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.publication import PUBLISHED
from shared.jws import unverified_payload

CLEAN = func.coalesce(StoredObject.malware, "") == ""
"""Of a file's object: nothing was found in it."""
CREATED, UPDATED, DELETED = "created", "updated", "deleted"


@dataclass(frozen=True)
class Piece:
    """Bytes that can be mirrored: a file by its name, or the record itself, whose name is empty."""

    name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Standing:
    """A piece of a resource as it is to be had `at` that moment and since."""

    ark: str
    at: datetime
    piece: Piece


@dataclass(frozen=True)
class Change:
    """What became of a piece (CREATED, UPDATED, DELETED) at a moment; of one that is gone the last is told."""

    ark: str
    at: datetime
    kind: str
    piece: Piece


def newest(session: Session) -> datetime | None:
    """The moment of the newest entry of the feed; None while it is empty.

    No entry that is seen later has an earlier one: whoever has read everything up to it goes on from it.
    """
    return session.scalar(select(FeedEntry.at).order_by(FeedEntry.seq.desc()).limit(1))


def ends(session: Session, *, every: int) -> list[datetime]:
    """The moments of the entries whose numbers are multiples of `every`, in order."""
    return list(session.scalars(select(FeedEntry.at).where(FeedEntry.seq % every == 0).order_by(FeedEntry.seq)))


def moment(session: Session, number: int) -> datetime | None:
    """The moment of one entry of the feed; None when there is none with this number."""
    return session.scalar(select(FeedEntry.at).where(FeedEntry.seq == number))


def standing(session: Session, *, first: int, last: int, today: date) -> list[Standing]:
    """What is public by entries of the feed from `first` to `last`, in two queries; a record before its files.

    An infected file is not among it: nobody gets it, and a mirror would give up the whole for it. A damaged one is:
    a mirror that has it still must not take it for gone.
    """
    rows = session.execute(
        select(FeedEntry.at, Resource.ark, ResourceVersion)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
        .where(FeedEntry.seq.between(first, last), FeedEntry.latest.is_not(False), FeedEntry.kind == PUBLISHED)
        .order_by(FeedEntry.seq)
    ).all()
    files = _files(session, [version.id for _, _, version in rows], CLEAN)
    return [
        Standing(ark or "", at, piece)
        for at, ark, version in rows
        for piece in _pieces(version, files, today).values()
    ]


def changes(session: Session, *, first: int, last: int) -> list[Change]:
    """What happened by entries of the feed from `first` to `last`, in order, in two queries.

    Each entry is about what could be had on its day: the end of an embargo has one of its own, and what was told of
    a day stays as it was.
    """
    entry, before = aliased(FeedEntry), aliased(FeedEntry)
    now, was = aliased(ResourceVersion), aliased(ResourceVersion)
    earlier = aliased(FeedEntry)
    previous = (
        select(func.max(earlier.seq))
        .where(earlier.resource_id == entry.resource_id, earlier.seq < entry.seq)
        .scalar_subquery()
    )
    rows = session.execute(
        select(entry.at, Resource.ark, entry.kind, now, before.kind, was, before.at)
        .join(Resource, Resource.id == entry.resource_id)
        .join(now, now.id == entry.version_id)
        .outerjoin(before, before.seq == previous)
        .outerjoin(was, was.id == before.version_id)
        .where(entry.seq.between(first, last))
        .order_by(entry.seq)
    ).all()
    files = _files(session, {version.id for row in rows for version in (row[3], row[5]) if version is not None})
    found: list[Change] = []
    for at, ark, kind, version, kind_before, version_before, at_before in rows:
        old = _pieces(version_before, files, _day(at_before)) if kind_before == PUBLISHED else {}
        new = _pieces(version, files, _day(at)) if kind == PUBLISHED else {}
        found += [Change(ark or "", at, what, piece) for what, piece in _differences(old, new)]
    return found


def signed(version: ResourceVersion) -> bytes:
    """The record byte for byte as the institution signed it: canonical JSON (RFC 8785)."""
    return unverified_payload(version.jws)


def _differences(old: Mapping[str, Piece], new: Mapping[str, Piece]) -> Iterator[tuple[str, Piece]]:
    for name, piece in new.items():
        if name not in old:
            yield CREATED, piece
        elif old[name] != piece:
            yield UPDATED, piece
    for name, piece in old.items():
        if name not in new:
            yield DELETED, piece


def _pieces(version: ResourceVersion, files: Mapping[int, Sequence[Piece]], today: date) -> dict[str, Piece]:
    payload = signed(version)
    record: Mapping[str, Any] = json.loads(payload)
    listed = () if embargoed(record, today) else files.get(version.id, ())
    itself = Piece("", "application/json", len(payload), version.sha256)
    return {piece.name: piece for piece in (itself, *listed)}


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def _files(session: Session, versions: Iterable[int], *which: ColumnElement[bool]) -> Mapping[int, Sequence[Piece]]:
    found: dict[int, list[Piece]] = defaultdict(list)
    rows = session.scalars(
        select(VersionFile)
        .outerjoin(StoredObject, StoredObject.sha256 == VersionFile.sha256)
        .where(VersionFile.version_id.in_(list(versions)), *which)
        .order_by(VersionFile.version_id, VersionFile.position)
    )
    for row in rows:
        found[row.version_id].append(Piece(row.name, row.media_type, row.size, row.sha256))
    return found
