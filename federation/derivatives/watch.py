"""The worker's rounds for derivatives: one file after the other, of the kinds that this host can make."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from threading import Event

import structlog
from flask import Flask

from federation import piecework, room
from federation.database import unit_of_work
from federation.derivatives import elsewhere, heads, maker, making
from federation.derivatives.maker import Made, Maker, NotMade
from federation.derivatives.making import Claim
from federation.parts import parts
from federation.sandbox import Pause

IDLE_SECONDS = 3.0

log = structlog.get_logger()


def run(app: Flask, stopping: Event) -> None:
    """Make what waits until `stopping` is set; trouble of any kind is logged and tried again."""
    piecework.go_on(_Rounds(app).work, stopping, what="derivative", idle=IDLE_SECONDS)


class _Rounds:
    """What this worker has done once, whatever trouble there was since."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._taken_up = False
        self._using: Maker | None = None

    def work(self, pause: Pause) -> None:
        """Make one file after the other."""
        self._taken_up = self._taken_up or _take_up(self._app)
        while True:
            pause(0)
            # A worker that finds nothing to do does not even start the process: most of them for a long time.
            if self._using is None and _has_work(self._app):
                self._using = look(self._app)
            if self._using is None or not make_next(self._app, self._using, pause=pause):
                pause(IDLE_SECONDS)


def look(app: Flask) -> Maker:
    """See what this host can make, and take up what other libraries failed at."""
    found = maker.find()
    log.info("derivatives on this host", maker=found.name, confined=found.confined)
    with unit_of_work(app) as session:
        making.try_again(session, found.name)
    return found


def _take_up(app: Flask) -> bool:
    """Want what was stored before anybody knew how to make something of it."""
    more = True
    while more:
        with unit_of_work(app) as session:
            making.age(session)
            more = making.want_missing(session) >= making.AT_ONCE
    return True


def _has_work(app: Flask) -> bool:
    with unit_of_work(app, read_only=True) as session:
        return making.has_work(session)


def make_next(app: Flask, using: Maker, *, pause: Pause = time.sleep) -> bool:
    """Make what has waited longest; False when there is nothing, or no room for it.

    Raises StorageError, and OSError for a full disk: neither is the file's fault. Any other exception leaves it
    claimed: it is tried again when that has run out, and a third time that ends so is the last.
    """
    kinds = using.kinds | {making.TEXT, making.PAGE}
    with unit_of_work(app, read_only=True) as session:
        if not (making.is_due(session, kinds) and room.is_enough(parts(app).settings)):
            return False
    with unit_of_work(app) as session:
        claimed = making.claim(session, kinds=kinds, maker=using.name)
    if claimed is None:
        return False
    try:
        with piecework.letting_go(partial(_put_off, app, claimed), later=making.LATER):
            _make(app, using, claimed, pause)
    except NotMade as error:
        with unit_of_work(app) as session:
            making.failed(session, claimed, error.cause, maker=using.name)
        log.info("no derivative", sha256=claimed.sha256, cause=error.cause)
    return True


def _put_off(app: Flask, claimed: Claim, until: datetime | None) -> None:
    with unit_of_work(app) as session:
        making.put_off(session, claimed, until=until)


def _make(app: Flask, using: Maker, claimed: Claim, pause: Pause) -> None:
    """Make what was claimed, unless it stands in the store already, and say so."""
    store = parts(app).store
    if claimed.kind == making.PAGE:
        data = store.read_range(sha256=claimed.sha256, offset=0, length=min(claimed.size, elsewhere.MOST_BYTES))
        with unit_of_work(app) as session:
            making.searched(session, claimed, elsewhere.read(data))
        return
    if claimed.kind == making.TEXT:
        data = store.read_range(sha256=claimed.sha256, offset=0, length=heads.HEAD_BYTES)
        head = heads.read(data, size=claimed.size)
        if head is None:
            raise NotMade(maker.UNREADABLE)
        with unit_of_work(app) as session:
            making.headed(session, claimed, head)
        return
    if claimed.made and store.derivatives.has(sha256=claimed.sha256, size=claimed.made):
        with unit_of_work(app) as session:
            making.stands(session, claimed)
        return
    where = store.renditions if claimed.rendered else store
    with piecework.fetched(where.reading(sha256=claimed.sha256), pause) as source:
        found = using.make(source, claimed.kind, pause=pause)
    with found.zip:
        _keep(app, using, claimed, found)


def _keep(app: Flask, using: Maker, claimed: Claim, found: Made) -> None:
    store = parts(app).store
    size = store.derivatives.put(sha256=claimed.sha256, file=found.zip)
    with unit_of_work(app) as session:
        wanted = making.made(session, claimed, found, size, maker=using.name)
    if not wanted:
        store.derivatives.delete(sha256=claimed.sha256)
