"""What must hold when all has settled, by what the store, the portal, the files and the commands say."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.database import unit_of_work
from federation.models.events import FeedEntry
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.parts import parts
from tests.faults.site import Member, Site
from tests.support.engines import SQLITE, engine


@dataclass(frozen=True)
class Entry:
    """A resource that was ever public, by its latest entry in the change feed."""

    ark: str
    public: bool
    version: int
    title: str


def broken(site: Site, member: Member, record_ids: frozenset[str]) -> list[str]:
    """A sentence for each thing that is not as it must be."""
    with unit_of_work(site.app, read_only=True) as hub:
        entries, digests = _entries(hub, record_ids), _digests(hub, record_ids)
    return [*_bytes(site, digests), *_public(site, entries), *_sound(site, member)]


def _entries(hub: Session, record_ids: frozenset[str]) -> list[Entry]:
    rows = hub.execute(
        select(Resource.ark, FeedEntry.kind, ResourceVersion.version, ResourceVersion.title_zh)
        .join(FeedEntry, FeedEntry.resource_id == Resource.id)
        .join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
        .where(Resource.id.in_(record_ids), FeedEntry.latest)
    )
    return [Entry(row.ark, row.kind == "published", row.version, row.title_zh) for row in rows]


def _digests(hub: Session, record_ids: frozenset[str]) -> dict[str, int]:
    """The files that the last versions name, with their sizes; a withdrawn one names none that must be there."""
    rows = hub.execute(
        select(VersionFile.sha256, VersionFile.size)
        .join(ResourceVersion, ResourceVersion.id == VersionFile.version_id)
        .where(ResourceVersion.resource_id.in_(record_ids), ResourceVersion.state.in_(("in_review", "published")))
    )
    return {row.sha256: row.size for row in rows}


def _bytes(site: Site, digests: dict[str, int]) -> Iterator[str]:
    """The store holds the bytes that were signed."""
    store = parts(site.app).store
    for sha256, size in digests.items():
        hashed, length = hashlib.sha256(), 0
        with store.reading(sha256=sha256) as pieces:
            for piece in pieces:
                hashed.update(piece)
                length += len(piece)
        if (hashed.hexdigest(), length) != (sha256, size):
            yield f"the store has {length} bytes {hashed.hexdigest()} where {size} bytes {sha256} were signed"


def _public(site: Site, entries: list[Entry]) -> Iterator[str]:
    """The catalogue, the index and the downloads say what the change feed says."""
    for entry in entries:
        path = f"/api/v1/resources/{entry.ark}"
        answer = site.hub.process.get(path)
        if answer.status_code != (200 if entry.public else 410):
            yield f"{path} is {answer.status_code}, in the change feed it is {'' if entry.public else 'not '}public"
        elif entry.public:
            yield from _downloads(entry, answer.json())
        times = _found_in_time(site, entry)
        if times != int(entry.public):
            yield f"the search for {entry.title} finds {entry.ark} {times} times"


def _found_in_time(site: Site, entry: Entry) -> int:
    """How often the search finds it: a web process sees a new state of the index within a second or two."""
    deadline = time.monotonic() + 5
    while True:
        found = site.hub.process.get("/api/v1/search", params={"q": entry.title.split()[-1]}).json()["results"]
        times = [one["ark"] for one in found].count(entry.ark)
        if times == int(entry.public) or time.monotonic() > deadline:
            return times
        time.sleep(0.2)


def _downloads(entry: Entry, page: dict[str, Any]) -> Iterator[str]:
    if page["version"] != entry.version:
        yield f"{entry.ark} shows version {page['version']}, {entry.version} was published"
    for file in page["files"]:
        with requests.Session() as session:
            session.trust_env = False
            # Through the hub's redirect, as a reader's browser goes.
            data = session.get(file["download"], timeout=60).content
        if hashlib.sha256(data).hexdigest() != file["sha256"]:
            yield f"{urlsplit(file['download']).path} gives other bytes than were signed"


def _sound(site: Site, member: Member) -> Iterator[str]:
    """SQLite finds both files sound, and the command finds node and hub equal."""
    files = [member.folder / "node.sqlite"]
    if engine() == SQLITE:
        files.append(site.hub.process.database.file)
    for file in files:
        said = integrity(file)
        if said != "ok":
            yield f"{file.name}: {said}"
    compared = member.command.json("reconcile", "--dry-run", check=None)
    if not compared["equal"]:
        yield f"node and hub are not equal: {compared['findings']}"


def integrity(file: Path) -> str:
    """What SQLite's whole check says: `ok`, or what is wrong."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
    try:
        return "; ".join(row[0] for row in connection.execute("PRAGMA integrity_check"))
    finally:
        connection.close()
