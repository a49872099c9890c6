"""Keeping this host's search index at the change feed: read what came after it, bring it in, begin again.

The index remembers how far it came only after a commit, and a resource is replaced by its ARK; so a process
that is killed at any moment repeats at most one batch, and repeating changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event

import structlog
from flask import Flask
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from federation import catalogue
from federation.database import unit_of_work
from federation.models.events import FeedEntry
from federation.models.institutions import Institution
from federation.models.resources import Resource, ResourceVersion
from federation.models.usage import UsageEvent
from federation.parts import parts
from federation.publication import PUBLISHED
from federation.search.documents import SearchDocument
from federation.search.index import IndexBusy, SearchIndex
from federation.searched import document
from shared.errors import IndexNotRebuilt

BATCH = 2000
POLL_SECONDS = 0.5
TROUBLE_SECONDS = 5.0
WATCH_SECONDS = 0.3
USES_SECONDS = 600.0
"""How old the numbers of uses may be by which hits are put in order."""
PATIENCE = 60.0
"""Seconds without progress after which a rebuilding that was asked for counts as come to a stand."""

log = structlog.get_logger()


def follow_once(session: Session, index: SearchIndex, limit: int = BATCH) -> int:
    """Bring at most `limit` changes into the index; returns how many were read, 0 when it is up to date.

    An index that is ahead of the feed, or whose last change is not the feed's of that number, belongs to a
    database that was replaced by another (a restored backup): it is built anew, as when somebody asked for it.
    """
    position, end = index.position(), catalogue.position(session)
    if index.rebuild_asked() or not _belongs(session, index, position):
        log.warning("building the index anew", position=position, feed=end, asked=index.rebuild_asked())
        index.clear()
        position = 0
    if position == end:
        return 0
    rows = session.execute(_entries().where(FeedEntry.seq > position).order_by(FeedEntry.seq).limit(limit)).all()
    # What is not a resource's latest entry is overtaken by one that comes later in the feed.
    current = [row for row in rows if row[0].latest]
    deletions = [resource.ark or "" for entry, _, resource, _ in current if entry.kind != PUBLISHED]
    if rows:
        index.apply(_documents(session, current), deletions, rows[-1][0].seq, identity(rows[-1][0]))
    session.expunge_all()
    return len(rows)


def follow_uses(session: Session, index: SearchIndex, *, limit: int = BATCH) -> int:
    """Bring in how often resources were used since the last time; returns how many resources that concerned.

    A use whose number was given before it was committed may be passed over; the next one of the resource mends it.
    """
    last, newest = index.uses_until(), session.scalar(select(func.max(UsageEvent.id))) or 0
    used = session.scalars(
        select(UsageEvent.resource_id).where(UsageEvent.id > last, UsageEvent.id <= newest).distinct()
    ).all()
    for start in range(0, len(used), limit):
        some = used[start : start + limit]
        rows = session.execute(
            _entries().where(FeedEntry.resource_id.in_(some), FeedEntry.latest.is_not(False))
        ).all()
        known = [row for row in rows if row[0].seq <= index.position()]
        index.apply_uses(_documents(session, known), newest if start + limit >= len(used) else last)
        session.expunge_all()
    return len(used)


def identity(entry: FeedEntry) -> str:
    """What tells an entry of the feed from one of another database that has the same number."""
    return f"{entry.at.isoformat()} {entry.resource_id}"


def reindex(
    app: Flask, *, tell: Callable[[int, int], None] = lambda _position, _end: None, patience: float = PATIENCE
) -> int:
    """Build the index anew from the whole feed; returns how many resources are in it.

    Whoever holds the index does it: the running worker, which is asked, or else this process. `tell` hears how far
    it came, and how far there is to go. Raises `IndexNotRebuilt` after `patience` seconds without progress.
    """
    index = parts(app).index
    with unit_of_work(app, read_only=True) as session:
        # A database that does not answer must not cost the index that stands.
        end = catalogue.position(session)
    index.ask_for_rebuild()
    came, since = -1, time.monotonic()
    try:
        while index.rebuild_asked() or index.position() < end:
            try:
                index.hold()
                _follow(app)
            except IndexBusy:
                time.sleep(WATCH_SECONDS)
            position = 0 if index.rebuild_asked() else index.position()
            if position != came:
                came, since = position, time.monotonic()
                tell(position, end)
            elif time.monotonic() - since > patience:
                raise IndexNotRebuilt(seconds=f"{patience:g}")
    finally:
        index.close()
    index.reload()
    return index.count()


def run(app: Flask, stopping: Event) -> None:
    """Follow the feed until `stopping` is set; trouble of any kind is logged and tried again."""
    index = parts(app).index
    uses_due = 0.0
    try:
        while not stopping.is_set():
            try:
                pause = 0.0 if _follow(app) else POLL_SECONDS
                if pause and time.monotonic() >= uses_due:
                    _follow_uses(app)
                    uses_due = time.monotonic() + USES_SECONDS
            except Exception as error:
                # Whatever it is, a search that has stopped following is worse than one more attempt.
                log.warning("index not updated", cause=type(error).__name__, detail=str(error)[:200])
                pause = TROUBLE_SECONDS
            stopping.wait(pause)
    finally:
        index.close()


def _belongs(session: Session, index: SearchIndex, position: int) -> bool:
    """Whether the index's last change is one of this database."""
    if position == 0:
        return True
    entry = session.get(FeedEntry, position)
    return entry is not None and identity(entry) == index.identity()


def _entries() -> Select[FeedEntry, ResourceVersion, Resource, Institution]:
    return (
        select(FeedEntry, ResourceVersion, Resource, Institution)
        .join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .join(Institution, Institution.id == Resource.institution_id)
    )


def _documents(
    session: Session, rows: Sequence[Row[FeedEntry, ResourceVersion, Resource, Institution]]
) -> Iterator[SearchDocument]:
    """What is indexed of those of the entries that publish something."""
    uses = dict(
        session.execute(
            select(UsageEvent.resource_id, func.count())
            .where(UsageEvent.resource_id.in_([row[2].id for row in rows]))
            .group_by(UsageEvent.resource_id)
        ).all()
    )
    for entry, version, resource, owner in rows:
        if entry.kind == PUBLISHED:
            yield document(entry, version, resource, owner, uses=uses.get(resource.id, 0))


def _follow_uses(app: Flask) -> int:
    with unit_of_work(app, read_only=True) as session:
        return follow_uses(session, parts(app).index)


def _follow(app: Flask) -> int:
    with unit_of_work(app, read_only=True) as session:
        return follow_once(session, parts(app).index)
