"""The worker's watch over dumps: each night, when the catalogue has changed."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from threading import Event

import structlog
from flask import Flask

from federation import catalogue
from federation.database import unit_of_work
from federation.days import ZONE
from federation.dumps import making, writing
from federation.dumps.making import Claim, Made
from federation.models.base import now
from federation.parts import parts

IDLE_SECONDS = 60.0
RENEWED_EVERY = 10_000
"""Resources after which a dump is held for longer."""

log = structlog.get_logger()


class Lost(Exception):
    """Somebody else makes this dump: it took too long, or the clock was put forward."""


def run(app: Flask, stopping: Event) -> None:
    """Make what is due until `stopping` is set; trouble of any kind is logged and tried again."""
    while not stopping.is_set():
        try:
            drop_former(app)
            while not stopping.is_set() and make_next(app, stopping=stopping):
                pass
        except Exception as error:
            # Whatever it is, a watch that has ended unseen is worse than one more attempt.
            log.warning("dump broken off", cause=type(error).__name__)
        stopping.wait(IDLE_SECONDS)


def make_next(app: Flask, *, stopping: Event | None = None, moment: datetime | None = None) -> bool:
    """Make the next dump that is due; False when there is none."""
    moment = moment or now()
    with unit_of_work(app, read_only=True) as session:
        if not making.is_due(session, moment=moment):
            return False
    with unit_of_work(app) as session:
        claimed = making.claim(session, moment=moment)
    if claimed is None:
        return False
    held = _Held(app, claimed, stopping)
    made = _make(app, held, moment.astimezone(ZONE).date())
    with unit_of_work(app) as session:
        removed = making.conclude(session, held.claimed, made)
    if removed:
        parts(app).store.dumps.delete(removed)
    return True


def drop_former(app: Flask, *, moment: datetime | None = None) -> None:
    """Remove the dumps that were replaced so long ago that nobody is still taking one."""
    before = (moment or now()) - making.FORMER_KEPT
    with unit_of_work(app, read_only=True) as session:
        if not making.has_former(session, before=before):
            return
    with unit_of_work(app) as session:
        dropped = making.drop_former(session, before=before)
    for sha256 in dropped:
        parts(app).store.dumps.delete(sha256)


class _Held:
    """Keeps the claim while a long dump is written, and stops it with the process."""

    def __init__(self, app: Flask, claimed: Claim, stopping: Event | None) -> None:
        self._app, self.claimed, self._stopping, self._count = app, claimed, stopping, 0

    def tell(self) -> None:
        """One more resource is written. Raises `Lost`."""
        self._count += 1
        if self._count % RENEWED_EVERY:
            return
        if self._stopping is not None and self._stopping.is_set():
            raise Lost
        with unit_of_work(self._app) as session:
            renewed = making.renew(session, self.claimed)
        if renewed is None:
            raise Lost
        self.claimed = renewed


def _make(app: Flask, held: _Held, day: date) -> Made:
    own = parts(app)
    # A file without a name: a worker that is killed leaves nothing behind.
    with tempfile.TemporaryFile() as file:
        with unit_of_work(app, read_only=True) as session:
            position = catalogue.position(session)
            written = writing.write(
                file,
                catalogue.everything(session),
                kind=held.claimed.kind,
                origin=own.settings.origin,
                today=day,
                tell=held.tell,
            )
        sha256, size = own.store.dumps.put(file)
    return Made(sha256, size, written.resources, position, written.opens_on)
