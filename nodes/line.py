"""What people order of the sending of files: pausing, turns, and limits by time of day, heeded between parts."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from nodes import limits
from nodes.limits import Limits
from nodes.models import Line, LocalFile, Priority, Resource, Version
from nodes.settings import NodeSettings
from nodes.workplace import Workplace
from shared.errors import NotFound

_DIGEST = re.compile(r"[0-9a-f]{8,64}")
LOOK_SECONDS = 1.0
MANY = 500
"""Digests in one statement: far below SQLite's limit of parameters."""


def line(session: Session) -> Line:
    """How the line is used."""
    return session.get_one(Line, 1)


def limits_of(line: Line, settings: NodeSettings) -> Limits:
    """The windows that hold: those set in the page, else those of the settings."""
    return settings.windows if line.limits is None else limits.from_json(line.limits)


def stopped(line: Line, settings: NodeSettings, moment: datetime) -> bool:
    """Whether no file is to be sent at a moment of this machine's zone."""
    return line.paused or limits.rate_at(limits_of(line, settings), moment) == 0


def has_waiting(session: Session, settings: NodeSettings, moment: datetime) -> bool:
    """Whether there is a file to be sent that nobody holds back."""
    if stopped(line(session), settings, moment):
        return False
    waiting = select(LocalFile.sha256).where(~LocalFile.sent, ~LocalFile.paused).limit(1)
    return session.scalar(waiting) is not None


def pause_all(session: Session, *, paused: bool) -> None:
    """Stop all files, or let them go on; those that were paused one by one stay so."""
    _write(session, paused=paused)


def set_limits(session: Session, windows: Limits | None) -> None:
    """Set the limits by time of day; None lets those of the settings hold again."""
    _write(session, limits=None if windows is None else limits.to_json(windows))


def pause(session: Session, digests: Collection[str], *, paused: bool) -> None:
    """Pause files that have not been sent, or let them go on."""
    _order(session, digests, paused=paused)


def prioritise(session: Session, digests: Collection[str], priority: Priority) -> None:
    """Say when the turn of files is that have not been sent."""
    _order(session, digests, priority=int(priority))


def files_of(session: Session, record_id: str) -> list[str]:
    """The digests of the files that the latest version of a resource names. Raises `NotFound`."""
    latest = (Version.resource_id == Resource.id) & (Version.number == Resource.latest_version)
    version = session.scalar(select(Version).join(Resource, latest).where(Version.resource_id == record_id))
    if version is None:
        raise NotFound()
    return [entry["sha256"] for entry in version.content.get("files", ())]


def named(session: Session, name: str) -> list[str]:
    """The digests that a person means: by a resource's id, a digest or its beginning (8 digits), or a path.

    Raises `NotFound`.
    """
    if session.get(Resource, name) is not None:
        return files_of(session, name)
    is_it = LocalFile.sha256.startswith(name) if _DIGEST.fullmatch(name) else LocalFile.path == name
    found = list(session.scalars(select(LocalFile.sha256).where(is_it).limit(2)))
    if len(found) != 1:
        raise NotFound()
    return found


class Turn(NamedTuple):
    """What decides whose turn is first: what a person said, then the smaller file."""

    priority: int
    size: int
    sha256: str


class LimitInForce:
    """The limit of this moment, as it stands in the database: looked up at most once a second."""

    def __init__(self, workplace: Workplace, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._workplace, self._clock = workplace, clock
        self._windows: Limits = ()
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def rate(self) -> int | None:
        """Bytes a second, None for no limit."""
        with self._lock:
            if self._clock() - self._read_at >= LOOK_SECONDS:
                with self._workplace.database.unit_of_work(read_only=True) as session:
                    self._windows = limits_of(line(session), self._workplace.settings)
                self._read_at = self._clock()
        return limits.rate_at(self._windows, datetime.now()) if self._windows else None


def _order(session: Session, digests: Collection[str], **values: object) -> None:
    ordered: Sequence[str] = list(digests)
    for start in range(0, len(ordered), MANY):
        meant = LocalFile.sha256.in_(ordered[start : start + MANY]) & ~LocalFile.sent
        session.execute(
            update(LocalFile).where(meant).values(**values), execution_options={"synchronize_session": False}
        )


def _write(session: Session, **values: object) -> None:
    session.execute(update(Line).values(**values))
