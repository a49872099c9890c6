"""Counting what the public uses, without slowing anybody down and without a trace of the person.

Events wait in memory and are written every two seconds and at the end of the process; a process that is
killed loses at most the last two seconds of counting, never anything else.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from typing import Protocol, cast

import structlog
from flask import Flask, current_app
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from federation import counting
from federation.counting import DOWNLOAD, VIEW, Use
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.resources import Resource
from federation.models.usage import UsageEvent

FLUSH_SECONDS = 2.0
MAX_WAITING = 100_000
"""Events kept while the database does not take any; counting stops there rather than fill the memory."""
MAX_AT_ONCE = 5_000
KEPT_SECONDS = 60.0
"""How long a page may show a member's totals as they were: counting many uses takes a tenth of a second."""
KEY = "commons.usage"

log = structlog.get_logger()


class Headers(Protocol):
    """A request's headers by name."""

    def get(self, name: str, default: str, /) -> str:
        """The value, or the default when there is none."""


class Recorder:
    """Collects uses in memory and writes them from a thread of its own."""

    def __init__(self, app: Flask, *, interval: float = FLUSH_SECONDS) -> None:
        self._app = weakref.ref(app)
        self._interval = interval
        self._waiting: list[Use] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def count(self, kind: str, resource_id: str, sha256: str = "", *, address: str = "", agent: str = "") -> None:
        """Remember one use; starts the writing thread at the first one, so that forked workers have their own.

        Address and browser stay in memory until it is written.
        """
        with self._lock:
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append(Use(kind, resource_id, sha256, now(), address, agent))
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="usage", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def flush(self) -> int:
        """Write what waits; returns how many uses were written. What cannot be written waits on."""
        app = self._app()
        with self._writing:
            with self._lock:
                taken, self._waiting = self._waiting[:MAX_AT_ONCE], self._waiting[MAX_AT_ONCE:]
            if not taken or app is None:
                return 0
            try:
                with unit_of_work(app) as session:
                    counting.write(session, taken)
            except IntegrityError:
                # The database was put back to an older state: these resources are not in it.
                log.error("usage_dropped", count=len(taken))
            except SQLAlchemyError as error:
                log.warning("usage_not_written", waiting=len(taken), cause=type(error).__name__)
                with self._lock:
                    self._waiting[:0] = taken
                return 0
        return len(taken)

    def close(self) -> None:
        """Stop the thread and write the rest."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)
        while self.flush():
            pass
        atexit.unregister(self.close)

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                while self.flush() == MAX_AT_ONCE:
                    pass
            except Exception as error:
                log.error("usage_failed", exc_info=error)


def init_usage(app: Flask) -> None:
    """Give the application its recorder."""
    app.extensions[KEY] = Recorder(app)


def recorder(app: Flask | None = None) -> Recorder:
    """The recorder of `app`, or of the application that serves this request."""
    return cast(Recorder, (app or current_app).extensions[KEY])


def is_whole_reading(method: str, headers: Headers) -> bool:
    """Whether a request is a person's use: no HEAD, no continuation of a download, no fetch in advance."""
    span = headers.get("Range", "").replace(" ", "").lower()
    continued = span.startswith("bytes=") and not span.startswith("bytes=0-")
    in_advance = "prefetch" in headers.get("Sec-Purpose", "") + headers.get("Purpose", "")
    return method == "GET" and not continued and not in_advance


def totals(session: Session, resource_id: str) -> dict[str, int]:
    """How often a resource was viewed and its files downloaded."""
    rows = session.execute(
        select(UsageEvent.kind, func.count()).where(UsageEvent.resource_id == resource_id).group_by(UsageEvent.kind)
    )
    return {VIEW: 0, DOWNLOAD: 0, **dict(rows.all())}


class TotalsKeeper:
    """How often the resources of each member were used, counted at most once a minute by each process."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, dict[str, int]]] = {}

    def read(self, session: Session, institution_id: int) -> dict[str, int]:
        """Views and downloads of all that is the institution's."""
        counted_at, found = self._known.get(institution_id, (-KEPT_SECONDS, {}))
        if time.monotonic() - counted_at < KEPT_SECONDS:
            return found
        rows = session.execute(
            select(UsageEvent.kind, func.count())
            .join(Resource, Resource.id == UsageEvent.resource_id)
            .where(Resource.institution_id == institution_id)
            .group_by(UsageEvent.kind)
        )
        found = {VIEW: 0, DOWNLOAD: 0, **dict(rows.all())}
        self._known[institution_id] = (time.monotonic(), found)
        return found
