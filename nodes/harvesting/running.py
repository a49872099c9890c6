"""One harvest of one source: alone on this node, written down as it goes, gone on with when it was interrupted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, cast

from filelock import FileLock, Timeout
from sqlalchemy import CursorResult, update
from sqlalchemy.exc import OperationalError

from nodes import faults, sources
from nodes.harvesting import feeds, folders, web_pages
from nodes.harvesting.intake import Intake, Outcome
from nodes.harvesting.oai import source as oai_source
from nodes.harvesting.oai.repository import PAUSE
from nodes.harvesting.work import Work
from nodes.models import now
from nodes.patience import Sleep
from nodes.source_models import HarvestSource
from nodes.workplace import Workplace
from shared.errors import CommonsError, HarvestInterrupted, HarvestUnderWay

LOCK = "harvest.lock"
BEAT_SECONDS = 1.0
COMMAND, PAGE, SCHEDULE = "command", "page", "schedule"
HOW: Mapping[str, Callable[[Work], None]] = {
    sources.OAI: oai_source.harvest,
    sources.FEED: feeds.harvest,
    sources.PAGE: web_pages.harvest,
    sources.FOLDER: folders.harvest,
}
"""How each kind of source is harvested."""


def run(
    workplace: Workplace, number: int, *, begun_by: str = COMMAND, pause: float = PAUSE, sleep: Sleep = time.sleep
) -> Outcome:
    """Harvest the source with this number.

    Raises `NotFound`, `HarvestUnderWay`, or what its kind raises; what came until then stays registered.
    """
    with alone(workplace):
        with workplace.database.unit_of_work() as session:
            source = sources.begun(session, number, begun_by=begun_by)
        intake = Intake(workplace, source.name)
        diary = _Diary(workplace, source, intake)
        try:
            HOW[source.kind](
                Work(workplace, source, intake, keep=diary.keep, call=diary.call, pause=pause, sleep=sleep)
            )
        except BaseException as error:
            named = faults.named(error, workplace.folder) if isinstance(error, Exception) else HarvestInterrupted()
            with suppress(OperationalError):  # what went wrong is said by the error itself
                diary.end(named)
            raise
        diary.end(None)
    return intake.outcome


@contextmanager
def alone(workplace: Workplace) -> Iterator[None]:
    """Hold the node's lock for harvests: one at a time. Raises `HarvestUnderWay`."""
    lock = FileLock(workplace.folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise HarvestUnderWay() from error
    try:
        yield
    finally:
        lock.release()


class _Diary:
    """Writes one harvest down: its heartbeat, how far the source is, and what it came to."""

    def __init__(self, workplace: Workplace, source: HarvestSource, intake: Intake) -> None:
        self._workplace, self._number, self._intake = workplace, source.id, intake
        self._began = source.started_at
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        self._thread.start()

    def keep(self, place: dict[str, Any]) -> None:
        """What was taken until here is registered: the next harvest goes on from `place`.

        Raises `HarvestInterrupted` when the source was removed meanwhile, or is to be read otherwise.
        """
        if not self._write(place=place, outcome=self._intake.outcome.as_dict()):
            raise HarvestInterrupted()

    def call(self, title: str) -> None:
        """What the source calls itself."""
        if title.strip():
            self._write(title=title.strip()[:300])

    def end(self, error: CommonsError | None) -> None:
        """Write the end."""
        self._ended.set()
        self._thread.join()
        said = {language: error.message(language) for language in sources.LANGUAGES} if error is not None else {}
        outcome = self._intake.outcome
        self._write(finished_at=now(), good=error is None, error=said, outcome=outcome.as_dict())

    def _keep_beating(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            # A full disk or a busy database stops the harvest itself; its heartbeat must not.
            with suppress(OperationalError):
                self._write()

    def _write(self, **values: Any) -> bool:
        """Whether it is still this harvest's to write: a number may be given again to another source."""
        ours = (HarvestSource.id == self._number, HarvestSource.started_at == self._began)
        statement = update(HarvestSource).where(*ours).values(beat_at=now(), **values)
        with self._workplace.database.unit_of_work() as session:
            return bool(cast("CursorResult[Any]", session.execute(statement)).rowcount)
