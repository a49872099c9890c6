"""Background work: thin, repeatable tasks. What is to be done stands in the database, so losing the queue loses
nothing: the sweep finds whatever was left behind.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import structlog
from flask import Flask, current_app

from federation import (
    authentication,
    collection,
    counting,
    feedback,
    inspection,
    person_sessions,
    reminder_round,
    sampling,
    scheduling,
    uploads,
)
from federation.database import FULL_WORDS, brief, unit_of_work
from federation.findings import likeness
from federation.malware import ScannerAway
from federation.models.objects import StoredObject, Upload
from federation.parts import parts
from federation.queue_engine import make_huey
from federation.storage import DigestMismatch, ObjectMissing, StorageError
from shared.errors import DatabaseAway, DiskFull

if TYPE_CHECKING:
    from huey import Huey

log = structlog.get_logger()
KEY = "commons.queue"
STALE = timedelta(seconds=60)
"""How long an upload may stand in `verifying` without a sign of life before the sweep asks for it again."""
BEAT_SECONDS = 20.0
TEXTS_AT_A_TIME = 3
"""Hundreds of changes whose texts one sweep takes up: a second or two of work."""
PATIENCE = 3
"""Files in one sweep for which a scanner that gives no verdict is asked."""
ANY_ORDER = random.SystemRandom().sample
AT_A_TIME = 8
"""Uploads of one task: carrying each small file by itself costs a quarter of reading it, many would starve others."""


class Queue:
    """The tasks of one application, and the queue that carries them from web to worker."""

    def __init__(self, app: Flask, huey: Huey) -> None:
        self.app, self.huey = app, huey
        self._verify = huey.task(name="verify_uploads", retries=2, retry_delay=5)(self.verify_each)

    def verify(self, upload_ids: Sequence[str]) -> None:
        """Ask the worker to verify these uploads. A queue that is away only delays it until the next sweep."""
        for start in range(0, len(upload_ids), AT_A_TIME):
            try:
                self._verify(list(upload_ids[start : start + AT_A_TIME]))
            except Exception as error:
                log.warning("queue away", cause=type(error).__name__)
                return

    def verify_each(self, upload_ids: Sequence[str]) -> None:
        """Verify one after the other; none waits for one that cannot be read. Raises the last of such errors then."""
        failure: Exception | None = None
        for upload_id in upload_ids:
            try:
                self.verify_now(upload_id)
            except Exception as error:
                failure = error
        if failure is not None:
            raise failure

    def verify_now(self, upload_id: str) -> None:
        """Read the uploaded object, keep it if it is what was signed, look into it, and say so in the database.

        Raises ScannerAway, or a StorageError: then the upload waits as it is and is tried again.
        """
        with unit_of_work(self.app, read_only=True) as session:
            upload = session.get(Upload, upload_id)
            if upload is None or upload.state != "verifying":
                return
            sha256, size = upload.sha256, upload.size
            stored = session.get(StoredObject, sha256)
            if stored is not None and stored.removing_at is not None:
                return
            damaged = stored is not None and not stored.sound
        try:
            kept = parts(self.app).store.verify_and_keep(
                upload_id=upload_id,
                sha256=sha256,
                size=size,
                replace=damaged,
                progress=_Heartbeat(self.app, upload_id),
            )
        except (DigestMismatch, ObjectMissing) as error:
            self._refuse(upload_id, error)
            return
        content = inspection.inspect(parts(self.app).store, kept, inspection.scanner(parts(self.app).settings))
        with unit_of_work(self.app) as session:
            upload = uploads.claim(session, upload_id)
            if upload is not None:
                uploads.verified(session, upload, kept, content)

    def _refuse(self, upload_id: str, error: DigestMismatch | ObjectMissing) -> None:
        """Ask the node again, unless another worker was quicker: then what it sent is gone because it was kept."""
        with unit_of_work(self.app) as session:
            upload = uploads.claim(session, upload_id)
            if upload is None:
                return
            stored = session.get(StoredObject, upload.sha256)
            if stored is not None and stored.sound:
                return
            uploads.failed(session, upload, error)
            store_upload_id = upload.store_upload_id or None
        log.warning("upload refused", upload=upload_id, cause=type(error).__name__)
        parts(self.app).store.abort_upload(upload_id=upload_id, store_upload_id=store_upload_id)

    def sweep(self) -> None:
        """Pick up what a lost task, a killed process or a store that was away left behind.

        No part of it keeps another from being done. Raises the last error of a part then.
        """
        failure: Exception | None = None
        for part in (
            self._tidy,
            self._admit_and_draw,
            self._follow_calendar,
            self._make_room,
            self._follow_texts,
            self._remind,
            self._verify_left_behind,
            self._scan_older,
        ):
            try:
                part()
            except (StorageError, ScannerAway) as error:
                log.warning("store or scanner away", cause=str(error))
            except Exception as error:
                log.warning("part of the sweep failed", part=part.__name__, cause=type(error).__name__)
                failure = error
        if failure is not None:
            raise failure

    def _tidy(self) -> None:
        """Forget what is kept for a while only."""
        scanning = inspection.scanner(parts(self.app).settings)
        with unit_of_work(self.app) as session:
            inspection.mark_unscanned(session, scanning=scanning is not None)
            authentication.forget_old_nonces(session)
            counting.forget(session)
            feedback.forget_senders(session)
            person_sessions.forget_expired(session)

    def _admit_and_draw(self) -> None:
        """Let into review what stood between two commits, and draw the month's sample."""
        with unit_of_work(self.app) as session:
            uploads.admit_left_behind(session)
        with unit_of_work(self.app) as session:
            sampling.draw(session)

    def _make_room(self) -> None:
        collection.expire_uploads(self.app)
        collection.finish_removals(self.app)

    def _remind(self) -> None:
        reminder_round.run(self.app)

    def _verify_left_behind(self) -> None:
        with unit_of_work(self.app) as session:
            stale = uploads.left_behind(session, longer_than=STALE)
        self._each(stale, self.verify_now)

    def _each(self, names: Sequence[str], do: Callable[[str], object]) -> None:
        """Do it for each, in any order, so that those which cannot be read or scanned keep no other waiting for ever.

        Raises the last error; with a store or a scanner that is away altogether it is not asked for each.
        """
        failure: Exception | None = None
        patience = PATIENCE
        for name in ANY_ORDER(names, len(names)):
            try:
                do(name)
            except Exception as error:
                failure = error
                patience -= isinstance(error, ScannerAway)
                if not patience or (isinstance(error, StorageError) and not parts(self.app).store.ready()):
                    break
        if failure is not None:
            raise failure

    def _follow_calendar(self) -> None:
        """Do what the day brings, some of it in each transaction."""
        naan, more = parts(self.app).settings.ark_naan, True
        while more:
            with unit_of_work(self.app) as session:
                done = scheduling.publish_due(session, naan=naan), scheduling.expire_due(session)
                more = any((*done, scheduling.open_due(session)))

    def _follow_texts(self) -> None:
        """Take up what has become public, for the comparison of texts; a lot of it in several sweeps."""
        for _ in range(TEXTS_AT_A_TIME):
            with unit_of_work(self.app, read_only=True) as session:
                news = likeness.news(session)
            if news is None:
                return
            with unit_of_work(self.app) as session:
                likeness.take_up(session, news)

    def _scan_older(self) -> None:
        """Scan some of what was stored before there was a scanner."""
        scanning = inspection.scanner(parts(self.app).settings)
        if scanning is None:
            return

        def scan(sha256: str) -> None:
            # What is missing is found by the next check of its bytes.
            with suppress(ObjectMissing):
                outcome = inspection.rescan(parts(self.app).store, sha256, scanning)
                with unit_of_work(self.app) as session:
                    inspection.note(session, sha256, *outcome)

        with unit_of_work(self.app, read_only=True) as session:
            due = inspection.unscanned(session)
        self._each(due, scan)


class _Heartbeat:
    """Says now and then that an upload is being read, so that no sweep gives a large one to a second worker."""

    def __init__(self, app: Flask, upload_id: str) -> None:
        self._app, self._upload_id = app, upload_id
        self._last = time.monotonic()

    def __call__(self, _read: int) -> None:
        if time.monotonic() - self._last < BEAT_SECONDS:
            return
        self._last = time.monotonic()
        with unit_of_work(self._app) as session:
            uploads.touch(session, self._upload_id)


def init_queue(app: Flask, url: str) -> None:
    """Give the application its queue: SQLite beside the database, or PostgreSQL.

    Raises `DiskFull` or `DatabaseAway`.
    """
    try:
        made = make_huey(url, secret=app.config["SECRET_KEY"])
    except sqlite3.Error as error:
        said = brief(error)
        if FULL_WORDS in said:
            raise DiskFull(path=url.removeprefix("sqlite:///")) from error
        raise DatabaseAway(cause=said) from error
    app.extensions[KEY] = Queue(app, made)


def prepare_queue(app: Flask) -> None:
    """Make the queue's tables if they are missing, before anything uses them. Raises `DatabaseAway`.

    Of two hosts that do so at the same moment PostgreSQL lets one fail on what the other makes: it looks again.
    """
    storage = queue(app).huey.storage
    try:
        try:
            storage.initialize_schema()
        except Exception as error:
            log.info("queue made elsewhere or away", cause=brief(error))
            storage.close()
            storage.initialize_schema()
        storage.close()
    except Exception as error:
        # Each driver has an exception of its own for a server that is away.
        raise DatabaseAway(cause=brief(error)) from error


def queue(app: Flask | None = None) -> Queue:
    """The queue of `app`, or of the application that serves this request."""
    found: Any = (app or current_app).extensions[KEY]
    return cast(Queue, found)
