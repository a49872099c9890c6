"""What each version of a public resource changed, in fields and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.catalogue import Page
from federation.models.resources import ResourceVersion
from shared.differences import FieldChange, fields, files

MOST_COMPARED = 10
"""Versions, from the newest on, of which a page says what has changed."""


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
