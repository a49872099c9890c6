"""Keeping this host's search index at the change feed: read what came after it, bring it in, begin again.

The index remembers how far it came only after a commit, and a resource is replaced by its ARK; so a process
that is killed at any moment repeats at most one batch, and repeating changes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import catalogue
from federation.database import unit_of_work
from federation.models.events import FeedEntry
from federation.models.institutions import Institution
from federation.models.resources import Resource, ResourceVersion
from federation.parts import parts
from federation.publication import PUBLISHED
from federation.search.documents import SearchDocument
from federation.search.index import IndexBusy, SearchIndex
from shared.errors import IndexNotRebuilt
from shared.vocabularies import vocabulary

BATCH = 2000
POLL_SECONDS = 0.5
TROUBLE_SECONDS = 5.0
WATCH_SECONDS = 0.3
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
    rows = session.execute(
        select(FeedEntry, ResourceVersion, Resource, Institution)
        .join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .join(Institution, Institution.id == Resource.institution_id)
        .where(FeedEntry.seq > position)
        .order_by(FeedEntry.seq)
        .limit(limit)
    ).all()
    # What is not a resource's latest entry is overtaken by one that comes later in the feed.
    current = [row for row in rows if row[0].latest]
    upserts = [
        document(entry, version, resource, owner)
        for entry, version, resource, owner in current
        if entry.kind == PUBLISHED
    ]
    deletions = [resource.ark or "" for entry, _, resource, _ in current if entry.kind != PUBLISHED]
    if rows:
        index.apply(upserts, deletions, rows[-1][0].seq, identity(rows[-1][0]))
    session.expunge_all()
    return len(rows)


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
    try:
        while not stopping.is_set():
            try:
                pause = 0.0 if _follow(app) else POLL_SECONDS
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


def document(
    entry: FeedEntry, version: ResourceVersion, resource: Resource, institution: Institution
) -> SearchDocument:
    """What is indexed of a published version."""
    record = version.record
    shown = {
        "title": record["title"],
        "summary": record["summary"],
        "type": record["type"],
        "license": record["license"],
        "institution": institution.code,
        "names": institution.names,
        "occasions": record.get("occasions", []),
        "at": entry.at.isoformat(),
    }
    return SearchDocument(
        ark=resource.ark or "",
        record_id=resource.id,
        titles=tuple(record["title"].values()),
        summaries=tuple(record["summary"].values()),
        descriptions=tuple(record.get("description", {}).values()),
        keywords=tuple(record.get("keywords", ())),
        creators=tuple(agent["name"] for agent in [*record.get("creators", ()), *record.get("contributors", ())]),
        identifiers=(resource.ark or "", *(one["value"] for one in record.get("identifiers", ()))),
        extra_text="\n".join(_further_words(record, institution.names)),
        type=record["type"],
        themes=tuple(record["themes"]),
        disciplines=tuple(record.get("disciplines", ())),
        audiences=tuple(record.get("audiences", ())),
        institution=institution.code,
        license=record["license"],
        language=tuple(record["language"]),
        published_at=entry.at,
        payload=json.dumps(shown, ensure_ascii=False),
    )


def _further_words(record: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """Words by which people look for a resource beside its own texts: type, occasions, period, place, institution."""
    coverage = record.get("coverage", {})
    for part in ("period", "place"):
        yield from coverage.get(part, {}).get("name", {}).values()
    for name, codes in (("types", [record["type"]]), ("occasions", record.get("occasions", ()))):
        known = vocabulary(name)
        for code in codes:
            yield from (known.label(code, "zh"), known.label(code, "en"))
    yield from names.values()


def _follow(app: Flask) -> int:
    with unit_of_work(app, read_only=True) as session:
        return follow_once(session, parts(app).index)
