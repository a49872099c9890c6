"""The worker's rounds for renditions: one document after the other, while this host can."""

from __future__ import annotations

import socket
import time
from datetime import datetime
from functools import partial
from tempfile import gettempdir
from threading import Event

import structlog
from flask import Flask

from federation import piecework, room
from federation.database import unit_of_work
from federation.derivatives import making as derivatives
from federation.parts import parts
from federation.renditions import making
from federation.renditions.making import Claim
from federation.renditions.office import ConversionFailed, Office, OfficeUnusable, find
from federation.sandbox import Pause
from federation.storage import StorageError

IDLE_SECONDS = 5.0

log = structlog.get_logger()


def run(app: Flask, stopping: Event) -> None:
    """Convert what waits until `stopping` is set; trouble of any kind is logged and tried again."""
    piecework.go_on(lambda pause: _work(app, look(app), pause), stopping, what="rendition", idle=IDLE_SECONDS)


def look(app: Flask) -> Office | None:
    """See whether this host can convert, and tell the hub; None if not."""
    settings, host = parts(app).settings, socket.gethostname()[:255]
    try:
        office = find(settings.office, seconds=settings.office_seconds)
    except OfficeUnusable as error:
        log.info("no renditions on this host", hindrance=error.hindrance)
        with unit_of_work(app) as session:
            making.note_ability(session, host, hindrance=error.hindrance)
        return None
    with unit_of_work(app) as session:
        making.note_ability(session, host, maker=office.maker)
        making.try_again(session, office.maker)
    return office


def make_next(app: Flask, office: Office, *, pause: Pause = time.sleep) -> bool:
    """Convert the document that has waited longest; False when there is none, or no room for its PDF.

    Raises StorageError, and OSError for a full disk: neither is the document's fault. Any other exception leaves it
    claimed: it is tried again when that has run out, and a third time that ends so is the last.
    """
    with unit_of_work(app, read_only=True) as session:
        if not (making.is_due(session) and room.is_enough(parts(app).settings)):
            return False
    with unit_of_work(app) as session:
        claimed = making.claim(session, seconds=office.seconds, maker=office.maker)
    if claimed is None:
        return False
    try:
        with piecework.letting_go(partial(_put_off, app, claimed), later=making.LATER):
            size = _make(app, office, claimed, pause)
    except ConversionFailed as error:
        with unit_of_work(app) as session:
            making.failed(session, claimed, error.cause, maker=office.maker)
        log.info("no rendition", sha256=claimed.sha256, cause=error.cause)
        return True
    with unit_of_work(app) as session:
        wanted = making.made(session, claimed, size, maker=office.maker)
        if wanted:
            derivatives.want_of_rendition(session, claimed.sha256)
    if not wanted:
        parts(app).store.renditions.delete(sha256=claimed.sha256)
    return True


def _put_off(app: Flask, claimed: Claim, until: datetime | None) -> None:
    with unit_of_work(app) as session:
        making.put_off(session, claimed, until=until)


def _work(app: Flask, office: Office | None, pause: Pause) -> None:
    """What can be done until it is time to look again what this host can do."""
    ends = time.monotonic() + making.NOTED_EVERY.total_seconds()
    while time.monotonic() < ends:
        if office is None or not _try_next(app, office, pause):
            pause(IDLE_SECONDS)


def _try_next(app: Flask, office: Office, pause: Pause) -> bool:
    try:
        return make_next(app, office, pause=pause)
    except StorageError as error:
        log.warning("store away", cause=type(error).__name__)
    except OSError as error:
        if not piecework.is_full(error):
            raise
        log.warning("no room for a rendition", folder=gettempdir())
    return False


def _make(app: Flask, office: Office, claimed: Claim, pause: Pause) -> int:
    """Bring the PDF into the store, unless it stands there already; its size in bytes."""
    store = parts(app).store
    if claimed.made and store.renditions.has(sha256=claimed.sha256, size=claimed.made):
        return claimed.made
    with (
        piecework.fetched(store.reading(sha256=claimed.sha256), pause) as document,
        office.to_pdf(document, claimed.media_type, pause=pause) as pdf,
    ):
        return store.renditions.put(sha256=claimed.sha256, file=pdf)
