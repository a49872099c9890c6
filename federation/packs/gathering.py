"""The public pages of many resources in a few queries, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import catalogue
from federation.catalogue import Entry, Page, PublicFile, PublishedVersion, Relation
from federation.models.events import FeedEntry
from federation.models.resources import ResourceVersion, VersionFile
from federation.publication import PUBLISHED


def pages(session: Session, entries: Sequence[Entry], *, today: date) -> list[Page]:
    """The page of each of these public resources, as `catalogue.find` gives it, in the same order.

    What was published anew since the entries were read is given as it is now; what was taken away meanwhile is not.
    """
    ids = [entry.resource_id for entry in entries]
    standing = select(ResourceVersion, FeedEntry.at).join(FeedEntry, FeedEntry.version_id == ResourceVersion.id)
    standing = standing.where(
        FeedEntry.resource_id.in_(ids), FeedEntry.latest.is_not(False), FeedEntry.kind == PUBLISHED
    )
    rows = {version.resource_id: (version, at) for version, at in session.execute(standing)}
    versions = {resource_id: version for resource_id, (version, _) in rows.items()}
    entries = [
        replace(entry, record=version.record, at=at)
        for entry in entries
        if entry.resource_id in rows
        for version, at in [rows[entry.resource_id]]
    ]
    files = _files(session, [version.id for version in versions.values()])
    histories = _histories(session, ids)
    targets = {one["target"] for entry in entries for one in entry.record.get("relations", ())}
    known = catalogue.by_ids(session, list(targets))
    return [
        _page(entry, version, files[version.id], histories[entry.resource_id], known, today)
        for entry in entries
        for version in [versions[entry.resource_id]]
    ]


def _page(
    entry: Entry,
    version: ResourceVersion,
    files: Sequence[VersionFile],
    history: Sequence[PublishedVersion],
    known: Mapping[str, Entry],
    today: date,
) -> Page:
    may = not catalogue.embargoed(entry.record, today)
    alts = {one["name"]: one.get("alt", {}) for one in entry.record.get("files", ())}
    said = entry.record.get("relations", [])
    return Page(
        entry=entry,
        version=version.version,
        sha256=version.sha256,
        jws=version.jws,
        key_id=version.key_id,
        files=[
            PublicFile(
                entry.resource_id,
                row.name,
                row.role,
                row.media_type,
                row.size,
                row.sha256,
                alts.get(row.name, {}),
                may,
            )
            for row in files
        ],
        history=history,
        relations=[Relation(one["type"], known[one["target"]]) for one in said if one["target"] in known],
    )


def _files(session: Session, version_ids: Sequence[int]) -> dict[int, list[VersionFile]]:
    wanted = select(VersionFile).where(VersionFile.version_id.in_(version_ids))
    found: dict[int, list[VersionFile]] = defaultdict(list)
    for row in session.scalars(wanted.order_by(VersionFile.version_id, VersionFile.position)):
        found[row.version_id].append(row)
    return found


def _histories(session: Session, resource_ids: Sequence[str]) -> dict[str, list[PublishedVersion]]:
    """The versions that were public, of each resource, the latest first."""
    rows = session.execute(
        select(FeedEntry.resource_id, ResourceVersion.version, FeedEntry.at, ResourceVersion.sha256)
        .join(FeedEntry, FeedEntry.version_id == ResourceVersion.id)
        .where(FeedEntry.resource_id.in_(resource_ids), FeedEntry.kind == PUBLISHED)
        .order_by(FeedEntry.seq)
    )
    first: dict[str, dict[int, PublishedVersion]] = defaultdict(dict)
    for resource_id, version, at, sha256 in rows:
        first[resource_id].setdefault(version, PublishedVersion(version, at, sha256))
    found = {name: sorted(versions.values(), key=lambda one: -one.version) for name, versions in first.items()}
    return defaultdict(list, found)
