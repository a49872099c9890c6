"""Harvests that the page begins, in processes of their own, one at a time; and those that nobody asks for."""

from __future__ import annotations

import subprocess
import threading
from datetime import datetime

from nodes import background, faults, sources
from nodes.models import now
from nodes.settings import NodeSettings
from nodes.source_models import HarvestSource
from nodes.workplace import Workplace

LOOK_SECONDS = 20.0
"""How often it looks whether a source is due: a machine that has slept catches up within this time."""
PAGE, SCHEDULE = "page", "schedule"


class Harvester:
    """Begins harvests of one node."""

    def __init__(self, workplace: Workplace, settings: NodeSettings) -> None:
        self._workplace, self._settings = workplace, settings
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._number = 0
        self._hindrances: dict[int, tuple[datetime, dict[str, str]]] = {}

    def start(self, number: int, *, begun_by: str = PAGE) -> bool:
        """Begin to harvest a source, unless a harvest of ours runs; whether it was begun."""
        with self._lock:
            if self._alive():
                return False
            self._hindrances.pop(number, None)
            self._number = number
            self._child = background.begin_harvest(self._settings, number=number, begun_by=begun_by)
            return True

    def runs(self, number: int) -> bool:
        """Whether our process is at this source."""
        with self._lock:
            return self._alive() and self._number == number

    def hindrance(self, source: HarvestSource) -> dict[str, str]:
        """Why a harvest that we began last could not even begin: a sentence for each language, or nothing."""
        at, said = self._hindrances.get(source.id, (source.added_at, {}))
        # What others have harvested since shows that nothing hinders it any more.
        return said if source.finished_at is None or at > source.finished_at else {}

    def stop(self) -> None:
        """End a harvest of ours that still runs; what came is registered, and the next one goes on."""
        with self._lock:
            if self._alive() and self._child is not None:
                self._child.terminate()
                background.said_by(self._child)

    def look_whether_due(self) -> None:
        """Begin the harvest that is due, if there is one."""
        with self._workplace.database.unit_of_work(read_only=True) as session:
            found = sources.due(session, now())
        if found is not None:
            self.start(found.id, begun_by=SCHEDULE)

    def _alive(self) -> bool:
        """Whether our process runs; of one that has ended, learn what it said."""
        if self._child is None or self._child.poll() is None:
            return self._child is not None
        if self._child.stdout is not None and not self._child.stdout.closed:
            self._hindrances[self._number] = (now(), background.said_by(self._child))
        return False


class HarvestSchedule:
    """Looks again and again whether a source is due, while the page is served."""

    def __init__(self, workplace: Workplace, harvester: Harvester) -> None:
        self._workplace, self._harvester = workplace, harvester
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="harvests", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further harvest."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._harvester.look_whether_due()
            except Exception as error:
                # A full disk, say: harvests that have ended unseen are worse than one more attempt.
                faults.named(error, self._workplace.folder)
            self._stopped.wait(LOOK_SECONDS)
