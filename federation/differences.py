"""What differs between versions of a resource: the fields and the files, for reviewers and for the public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.catalogue import Page
from federation.models.resources import ResourceVersion

ADDED, REMOVED, REPLACED, RENAMED, DESCRIBED = "added", "removed", "replaced", "renamed", "described"
UNCOMPARED = frozenset(("id", "version", "files", "withdrawn"))
"""Fields that differ by their nature, or are compared by themselves."""
MOST_COMPARED = 10
"""Versions, from the newest on, of which a page says what has changed."""


@dataclass(frozen=True)
class FieldChange:
    """One field that differs, and how: `added`, `removed` or `replaced`."""

    field: str
    kind: str


@dataclass(frozen=True)
class FileChange:
    """One file that differs: how (more than one kind at once), and its places in the old and the new record."""

    kinds: tuple[str, ...]
    before: int | None
    after: int | None


@dataclass(frozen=True)
class NamedChange:
    """A file of a version that differs from the version before: how, and its name in the newer one."""

    kinds: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class Revision:
    """A version that is or was public, since `at`, and what it changed: nothing is said of what stood there before.

    What an institution has corrected is no longer public, so of the older version not a word is given. `compared` is
    false for the first version, and for those too far back.
    """

    version: int
    at: datetime
    compared: bool = False
    fields: Sequence[FieldChange] = ()
    files: Sequence[NamedChange] = ()
    removed: int = 0
    """How many files are gone."""

    @property
    def changed(self) -> bool:
        """Whether anything differs: a version that only confirms the one before changes nothing."""
        return bool(self.fields or self.files or self.removed)


def fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    """The fields in which `new` differs from `old`, in the order of the new one, those that are gone at the end."""
    names = [
        name for name in dict.fromkeys((*new, *old)) if name not in UNCOMPARED and old.get(name) != new.get(name)
    ]
    return [
        FieldChange(name, ADDED if not old.get(name) else REMOVED if not new.get(name) else REPLACED)
        for name in names
    ]


def files(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FileChange]:
    """The files that differ, in the new order, those that are gone at the end.

    A file is the same one when its name is the same, or else its bytes.
    """
    before, after = old.get("files", ()), new.get("files", ())
    partner: dict[int, int] = {}
    for same in ("name", "sha256"):
        free = {entry[same]: place for place, entry in enumerate(before) if place not in partner.values()}
        for place, entry in enumerate(after):
            if place not in partner and entry[same] in free:
                partner[place] = free.pop(entry[same])
    stayed = {place: _kinds(before[partner[place]], after[place]) for place in partner}
    changes = [FileChange(stayed.get(place, (ADDED,)), partner.get(place), place) for place in range(len(after))]
    gone = [place for place in range(len(before)) if place not in partner.values()]
    return [*(one for one in changes if one.kinds), *(FileChange((REMOVED,), place, None) for place in gone)]


def revisions(session: Session, page: Page) -> list[Revision]:
    """The versions of a public resource, the newest first, with what each changed; one query when there are two."""
    if len(page.history) < 2:
        return [Revision(one.version, one.at) for one in page.history]
    newest = [one.version for one in page.history[: MOST_COMPARED + 1]]
    query = select(ResourceVersion).where(
        ResourceVersion.resource_id == page.entry.resource_id, ResourceVersion.version.in_(newest)
    )
    records = {version.version: version.record for version in session.scalars(query)}
    following = [one.version for one in page.history[1:]]
    pairs = [
        (records.get(older), records.get(one.version)) for one, older in zip(page.history, following, strict=False)
    ]
    found = [_revision(one.version, one.at, old, new) for one, (old, new) in zip(page.history, pairs, strict=False)]
    return [*found, *(Revision(one.version, one.at) for one in page.history[len(found) :])]


def _revision(version: int, at: datetime, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Revision:
    if old is None or new is None:
        return Revision(version, at)
    changes = files(old, new)
    return Revision(
        version,
        at,
        True,
        fields(old, new),
        [NamedChange(one.kinds, new["files"][one.after]["name"]) for one in changes if one.after is not None],
        sum(one.after is None for one in changes),
    )


def _kinds(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    differs = {
        REPLACED: old["sha256"] != new["sha256"],
        RENAMED: old["name"] != new["name"],
        DESCRIBED: any(old.get(name) != new.get(name) for name in ("role", "media_type", "alt")),
    }
    return tuple(kind for kind, true in differs.items() if true)
