"""The readers' side: what is public, read only from the change feed and the versions that it names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from federation.models.events import Counter, FeedEntry
from federation.models.institutions import Institution, NodeKey
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.publication import PUBLISHED
from federation.sequences import FEED
from shared.errors import Gone, NotFound

_ARK = re.compile(r"ark:/?([0-9]{5})/([0-9a-z]{1,40})")
AT_ONCE = 500
"""Rows in memory at a time where all are read."""
_INERT = dict.fromkeys(map(ord, "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"))
"""Hyphens, which the ARK specification ignores, and the dashes that word processors make of them."""


_PUBLIC_ARKS = (
    select(Resource.__table__.c.ark)
    .join(FeedEntry.__table__, FeedEntry.__table__.c.resource_id == Resource.__table__.c.id)
    .where(
        Resource.__table__.c.ark.in_(bindparam("arks", expanding=True)),
        FeedEntry.__table__.c.latest.is_not(False),
        FeedEntry.__table__.c.kind == PUBLISHED,
    )
)
"""Which of some ARKs are public: made once and without objects, since every search asks it."""


@dataclass(frozen=True)
class Entry:
    """A public resource in short, for cards and lists."""

    resource_id: str
    ark: str
    record: Mapping[str, Any]
    institution: Institution
    at: datetime

    @property
    def type(self) -> str:
        """The code of its type."""
        return str(self.record["type"])


@dataclass(frozen=True)
class Described:
    """A public resource with its version and the digest of its record."""

    entry: Entry
    version: int
    sha256: str


@dataclass(frozen=True)
class Change:
    """An entry of the change feed: the resource became public or changed (`published`), or is gone (`removed`)."""

    seq: int
    ark: str
    kind: str
    at: datetime


@dataclass(frozen=True)
class Relation:
    """What a resource says of another one that is public too; `type` is a code of relation-types."""

    type: str
    entry: Entry


@dataclass(frozen=True)
class PublishedVersion:
    """One version that was public, since `at`; `sha256` is of the canonical record."""

    version: int
    at: datetime
    sha256: str


@dataclass(frozen=True)
class PublicFile:
    """A file of a public version; `open` is false while an embargo lasts."""

    resource_id: str
    name: str
    role: str
    media_type: str
    size: int
    sha256: str
    alt: Mapping[str, str]
    open: bool = True


@dataclass(frozen=True)
class Page:
    """All that the public may know of one resource."""

    entry: Entry
    version: int
    sha256: str
    jws: str
    key_id: str
    files: Sequence[PublicFile]
    history: Sequence[PublishedVersion]
    relations: Sequence[Relation]

    @property
    def record(self) -> Mapping[str, Any]:
        """The record that the institution signed."""
        return self.entry.record


@dataclass(frozen=True)
class Figures:
    """How much is public: resources, files, bytes, and resources by the institution's id."""

    resources: int
    files: int
    size: int
    by_institution: Mapping[int, int]


@dataclass(frozen=True)
class Member:
    """An institution and how many of its resources are public."""

    institution: Institution
    resources: int


def normal_ark(text: str) -> str | None:
    """The canonical form of an ARK (`ark:99999/…`), or None when `text` is none.

    The old `ark:/99999/…`, hyphens, and a slash or full stop at the end make no difference.
    """
    found = _ARK.fullmatch(text.strip().translate(_INERT).rstrip("/."))
    return f"ark:{found[1]}/{found[2]}" if found else None


def position(session: Session) -> int:
    """The number of the newest entry of the change feed; 0 when there is none."""
    return session.scalar(select(Counter.value).where(Counter.name == FEED)) or 0


def find(session: Session, ark: str, *, today: date) -> Page:
    """The public page of a resource.

    Raises `Gone` for one that was public once (its data has title, ark and institution), `NotFound` for any
    other name.
    """
    version, entry = latest(session, ark)
    return Page(
        entry=entry,
        version=version.version,
        sha256=version.sha256,
        jws=version.jws,
        key_id=version.key_id,
        files=files(session, version, entry.record, may=not embargoed(entry.record, today)),
        history=_history(session, entry.resource_id),
        relations=_relations(session, entry.record),
    )


def newest(session: Session, *, limit: int, institution_id: int | None = None) -> list[Entry]:
    """The resources that became public or changed last, newest first."""
    wanted = _public().order_by(FeedEntry.seq.desc()).limit(limit)
    if institution_id is not None:
        wanted = wanted.where(Resource.institution_id == institution_id)
    return [_entry(row) for row in session.execute(wanted)]


def everything(session: Session) -> Iterator[Described]:
    """All that is public at this moment, by one statement, a few in memory at a time."""
    for row in session.execute(_public().order_by(FeedEntry.seq).execution_options(yield_per=AT_ONCE)):
        yield Described(_entry(row), row[1].version, row[1].sha256)
        session.expunge(row[1])


def changes(session: Session, *, after: int, limit: int) -> list[Change]:
    """What has changed by entries of the feed above `after`, in order: the last change of each resource alone."""
    rows = session.execute(
        select(FeedEntry.seq, Resource.ark, FeedEntry.kind, FeedEntry.at)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .where(FeedEntry.seq > after, FeedEntry.latest.is_not(False))
        .order_by(FeedEntry.seq)
        .limit(limit)
    )
    return [Change(seq, ark or "", kind, at) for seq, ark, kind, at in rows]


def by_ids(session: Session, resource_ids: Sequence[str]) -> dict[str, Entry]:
    """Those of the given resources that are public, by id."""
    if not resource_ids:
        return {}
    rows = session.execute(_public_few().where(FeedEntry.resource_id.in_(resource_ids)))
    return {entry.resource_id: entry for entry in map(_entry, rows)}


def public_among(session: Session, resource_ids: Sequence[str]) -> frozenset[str]:
    """Those of the given ids whose resources are public; no record is read for it."""
    if not resource_ids:
        return frozenset()
    wanted = select(FeedEntry.resource_id).where(
        FeedEntry.resource_id.in_(set(resource_ids)), FeedEntry.latest.is_not(False), FeedEntry.kind == PUBLISHED
    )
    return frozenset(session.scalars(wanted))


def public_arks(session: Session, arks: Collection[str]) -> frozenset[str]:
    """Those of the given ARKs whose resources are public; no record is read for it."""
    if not arks:
        return frozenset()
    return frozenset(session.connection().execute(_PUBLIC_ARKS, {"arks": list(set(arks))}).scalars())


def some(session: Session, resource_ids: Sequence[str], arks: Sequence[str]) -> dict[str, Entry]:
    """Those of the given resources, some by id and some by ARK, that are public, by id."""
    if not resource_ids and not arks:
        return {}
    wanted = or_(FeedEntry.resource_id.in_(resource_ids), Resource.ark.in_(arks))
    return {entry.resource_id: entry for entry in map(_entry, session.execute(_public_few().where(wanted)))}


def by_arks(session: Session, arks: Sequence[str]) -> list[Entry]:
    """Those of the given resources that are public, in the order given."""
    if not arks:
        return []
    found = {entry.ark: entry for entry in map(_entry, session.execute(_public_few().where(Resource.ark.in_(arks))))}
    return [found[ark] for ark in arks if ark in found]


def members(session: Session, figures: Figures) -> list[Member]:
    """All institutions, those that share most first."""
    found = [Member(one, figures.by_institution.get(one.id, 0)) for one in session.scalars(select(Institution))]
    return sorted(found, key=lambda member: (-member.resources, member.institution.code))


def institution(session: Session, code: str) -> Institution:
    """The institution with this code; raises `NotFound`."""
    found = session.scalar(select(Institution).where(Institution.code == code))
    if found is None:
        raise NotFound()
    return found


def public_key(session: Session, key_id: str) -> dict[str, Any] | None:
    """The public key (JWK) that signed a record, also when it is no longer in use."""
    return session.scalar(select(NodeKey.jwk).where(NodeKey.id == key_id))


class FigureKeeper:
    """Counts what is public once for each state of the feed: counting is slow, and readers are many."""

    def __init__(self) -> None:
        self._kept: tuple[int, Figures] | None = None

    def read(self, session: Session) -> Figures:
        """The figures as the feed stands now."""
        at = position(session)
        if self._kept is None or self._kept[0] != at:
            self._kept = (at, count(session))
        return self._kept[1]


def count(session: Session) -> Figures:
    """Count what is public now."""
    public = (FeedEntry.latest, FeedEntry.kind == PUBLISHED)
    by_institution = dict(
        session.execute(
            select(Resource.institution_id, func.count())
            .join(FeedEntry, FeedEntry.resource_id == Resource.id)
            .where(*public)
            .group_by(Resource.institution_id)
        ).all()
    )
    files, size = session.execute(
        select(func.count(), func.coalesce(func.sum(VersionFile.size), 0))
        .join(FeedEntry, FeedEntry.version_id == VersionFile.version_id)
        .where(*public)
    ).one()
    return Figures(sum(by_institution.values()), files, int(size), by_institution)


def _public() -> Select[FeedEntry, ResourceVersion, Resource, Institution]:
    return _joined().where(FeedEntry.latest, FeedEntry.kind == PUBLISHED)


def _public_few() -> Select[FeedEntry, ResourceVersion, Resource, Institution]:
    """The same for a few resources that are named.

    `latest` is said in a way that no index serves: SQLite would take the index over it for the best one, and read
    every public resource for the sake of twenty.
    """
    return _joined().where(FeedEntry.latest.is_not(False), FeedEntry.kind == PUBLISHED)


def _joined() -> Select[FeedEntry, ResourceVersion, Resource, Institution]:
    return (
        select(FeedEntry, ResourceVersion, Resource, Institution)
        .join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .join(Institution, Institution.id == Resource.institution_id)
    )


def _entry(row: Row[FeedEntry, ResourceVersion, Resource, Institution]) -> Entry:
    feed, version, resource, owner = row
    return Entry(resource.id, resource.ark or "", version.record, owner, feed.at)


def latest(session: Session, ark: str) -> tuple[ResourceVersion, Entry]:
    """The version of a resource that is public, and the resource in short. Raises `NotFound`, or `Gone`."""
    name = normal_ark(ark)
    row = session.execute(_joined().where(Resource.ark == name, FeedEntry.latest)).first() if name else None
    if row is None:
        raise NotFound()
    entry, feed = _entry(row), row[0]
    if feed.kind != PUBLISHED:
        raise Gone(reason=feed.reason, at=feed.at, ark=entry.ark, title=entry.record["title"], by=entry.institution)
    return row[1], entry


def embargoed(record: Mapping[str, Any], today: date) -> bool:
    """Whether the files of a public record may not be had yet."""
    until = record.get("embargo_until")
    return until is not None and today.isoformat() < until


def files(session: Session, version: ResourceVersion, record: Mapping[str, Any], *, may: bool) -> list[PublicFile]:
    """The files of a version in their order; those of an embargoed one (not `may`) are not open."""
    rows = session.scalars(
        select(VersionFile).where(VersionFile.version_id == version.id).order_by(VersionFile.position)
    )
    alts = {one["name"]: one.get("alt", {}) for one in record.get("files", ())}
    return [
        PublicFile(
            version.resource_id, row.name, row.role, row.media_type, row.size, row.sha256, alts.get(row.name, {}), may
        )
        for row in rows
    ]


def _history(session: Session, resource_id: str) -> list[PublishedVersion]:
    rows = session.execute(
        select(ResourceVersion.version, FeedEntry.at, ResourceVersion.sha256)
        .join(FeedEntry, FeedEntry.version_id == ResourceVersion.id)
        .where(FeedEntry.resource_id == resource_id, FeedEntry.kind == PUBLISHED)
        .order_by(FeedEntry.seq)
    )
    first: dict[int, PublishedVersion] = {}
    for version, at, sha256 in rows:
        first.setdefault(version, PublishedVersion(version, at, sha256))
    return sorted(first.values(), key=lambda one: -one.version)


def _relations(session: Session, record: Mapping[str, Any]) -> list[Relation]:
    said = record.get("relations", [])
    known = by_ids(session, list({one["target"] for one in said}))
    return [Relation(one["type"], known[one["target"]]) for one in said if one["target"] in known]
