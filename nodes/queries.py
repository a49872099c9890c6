"""What the node knows of its resources, for the command line and the local page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nodes.models import LocalFile, Reconciliation, Resource, Round, Version
from shared.canonical import best_text
from shared.errors import NotFound


@dataclass(frozen=True)
class Overview:
    """One resource in a list: its latest version and what the hub last said of it."""

    id: str
    version: int
    title: str
    type: str
    state: str
    reason: str
    errors: list[Any]
    ark: str
    changed_at: datetime
    effective_on: str
    """The day on which it becomes public, or ends being so; empty for none."""

    def as_dict(self) -> dict[str, Any]:
        """The form for a script."""
        return {**self.__dict__, "changed_at": self.changed_at.isoformat()}


def list_resources(
    session: Session, *, language: str = "zh", state: str = "", limit: int | None = None, offset: int = 0
) -> list[Overview]:
    """Resources by their latest version, the last changed first; `state` keeps those in it."""
    query = (
        select(Version, Resource.ark)
        .join(Resource, (Version.resource_id == Resource.id) & (Version.number == Resource.latest_version))
        .order_by(Version.changed_at.desc(), Version.resource_id)
        .offset(offset)
        .limit(limit)
    )
    if state:
        query = query.where(Version.state == state)
    return [overview(version, ark, language) for version, ark in session.execute(query)]


def states(session: Session) -> dict[str, int]:
    """How many resources have their latest version in each state."""
    rows = session.execute(select(Resource.state, func.count()).group_by(Resource.state).order_by(Resource.state))
    return {row[0]: row[1] for row in rows}


def versions(session: Session, record_id: str) -> Sequence[Version]:
    """All versions of one resource, the latest first. Raises `NotFound`."""
    found = session.scalars(
        select(Version).where(Version.resource_id == record_id).order_by(Version.number.desc())
    ).all()
    if not found:
        raise NotFound()
    return found


def file_problems(session: Session, *, limit: int | None = None) -> list[LocalFile]:
    """Files that could not be sent (the first `limit`), and why."""
    query = select(LocalFile).where(LocalFile.problem != "").order_by(LocalFile.path)
    return list(session.scalars(query.limit(limit)))


def overview(version: Version, ark: str, language: str) -> Overview:
    """A version as a line of a list."""
    record = version.content
    return Overview(
        version.resource_id,
        version.number,
        best_text(record["title"], language),
        record["type"],
        version.state,
        version.reason,
        version.errors,
        ark,
        version.changed_at,
        version.effective_on,
    )


def rounds(session: Session, *, limit: int) -> list[Round]:
    """The last rounds with the hub, the newest first."""
    return list(session.scalars(select(Round).order_by(Round.id.desc()).limit(limit)))


def titles(session: Session, record_ids: Sequence[str], *, language: str) -> dict[str, str]:
    """The titles of those of the resources that are here, by record id."""
    latest = (Version.resource_id == Resource.id) & (Version.number == Resource.latest_version)
    query = select(Version).join(Resource, latest).where(Version.resource_id.in_(record_ids))
    return {version.resource_id: best_text(version.content["title"], language) for version in session.scalars(query)}


def comparison(session: Session) -> Reconciliation | None:
    """The last comparison with the hub, or None before the first."""
    return session.get(Reconciliation, 1)
