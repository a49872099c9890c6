"""Which records a harvester gets: a stretch of the change feed as it stood at one moment, part by part.

Who is in a list, in which order and with which datestamp, stands with the snapshot. What is said of a record is what
is public when it is said: one that was taken away meanwhile comes as deleted, with nothing of its content.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session, aliased

from federation import catalogue, feed_sets, sequences
from federation.feed_sets import ALL, KINDS, Stretch
from federation.interop.oai_pmh.arguments import SET_SPEC, Span
from federation.models.events import FeedEntry, FeedSet
from federation.models.institutions import Institution
from federation.models.resources import Resource, ResourceVersion
from federation.publication import PUBLISHED
from federation.sequences import FEED


@dataclass(frozen=True)
class Settled:
    """The newest entry of the feed, and a moment that no entry after it will be older than."""

    position: int
    at: datetime


@dataclass(frozen=True)
class Item:
    """A record as harvesters get it; `jws` is empty for one that is deleted."""

    ark: str
    at: datetime
    sets: Sequence[str]
    jws: str
    publisher: Mapping[str, str]
    changed_at: datetime


def settle(session: Session) -> Settled:
    """Wait for whoever is just publishing, and say how far the feed has come.

    An entry has its moment while the feed is held, and is seen only after the commit. Without waiting, a harvester
    that later asks for what is new since this answer would miss what has an earlier moment and was not seen yet.
    """
    sequences.hold(session, FEED)
    return Settled(catalogue.position(session), sequences.moment(session))


def stretch(session: Session, settled: Settled, *, set_spec: str, spans: Mapping[str, Span]) -> Stretch:
    """What a first request asks for; a set of sets, such as `theme`, has every record."""
    first: int | None = 1
    last = settled.position
    if "from" in spans:
        first = feed_sets.since(session, spans["from"].start)
    if "until" in spans:
        last = min(last, feed_sets.before(session, spans["until"].end))
    nothing_yet = settled.position + 1
    return Stretch(
        ALL if set_spec in KINDS else set_spec, nothing_yet if first is None else first, last, settled.position
    )


def items(session: Session, numbers: Sequence[int]) -> list[Item]:
    """The records of these entries of the feed, in their order."""
    asked = aliased(FeedEntry)
    rows = session.execute(_records(asked).where(asked.seq.in_(numbers)).order_by(asked.seq)).all()
    return _items(session, rows)


def item(session: Session, ark: str) -> Item | None:
    """The record of one resource, also of one that was taken away; None when it never was public."""
    asked = aliased(FeedEntry)
    rows = session.execute(_records(asked).where(Resource.ark == ark, asked.latest.is_not(False))).all()
    return next(iter(_items(session, rows)), None)


def earliest(session: Session) -> datetime | None:
    """The moment of the first entry of the feed; None while it is empty. Those of what was taken away count."""
    return session.scalar(select(FeedEntry.at).order_by(FeedEntry.seq).limit(1))


def _records(asked: Any) -> Select[Any]:
    """Entries with what is public now of their resources; `latest` is said so that no index over it is taken."""
    newest = aliased(FeedEntry)
    return (
        select(
            asked.seq,
            asked.at,
            Resource.ark,
            Institution.name_zh,
            Institution.name_en,
            case((newest.kind == PUBLISHED, ResourceVersion.jws), else_="").label("jws"),
            newest.at.label("changed_at"),
        )
        .join(Resource, Resource.id == asked.resource_id)
        .join(Institution, Institution.id == Resource.institution_id)
        .join(newest, newest.resource_id == asked.resource_id)
        .join(ResourceVersion, ResourceVersion.id == newest.version_id)
        .where(newest.latest.is_not(False))
    )


def _items(session: Session, rows: Sequence[Any]) -> list[Item]:
    sets = _sets(session, [row.seq for row in rows])
    return [
        Item(row.ark, row.at, sets[row.seq], row.jws, {"zh": row.name_zh, "en": row.name_en}, row.changed_at)
        for row in rows
    ]


def _sets(session: Session, numbers: Sequence[int]) -> Mapping[int, list[str]]:
    """The sets of entries by number; one whose code cannot be the name of a set stays untold."""
    found: dict[int, list[str]] = defaultdict(list)
    if numbers:
        wanted = select(FeedSet.seq, FeedSet.set_spec).where(FeedSet.seq.in_(numbers))
        for seq, spec in session.execute(wanted.order_by(FeedSet.seq, FeedSet.set_spec)):
            if SET_SPEC.fullmatch(spec):
                found[seq].append(spec)
    return found
