"""The rounds that nobody asks for: while the page is served, the node synchronises by itself."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta

from sqlalchemy import select

from nodes import faults
from nodes import membership as memberships
from nodes.models import Round, now
from nodes.web.syncing import Syncer
from nodes.workplace import Workplace

LOOK_SECONDS = 20.0
"""How often it looks whether a round is due: a machine that has slept catches up within this time."""
SPREAD = 0.1
"""Part of the interval by which nodes differ, so that all of an alliance do not come at the same minute."""


class Schedule:
    """Begins a round whenever the last one, whoever began it, is long enough ago."""

    def __init__(self, workplace: Workplace, syncer: Syncer, *, minutes: int) -> None:
        self._workplace, self._syncer = workplace, syncer
        self.every = timedelta(minutes=minutes) * random.uniform(1.0, 1.0 + SPREAD)  # noqa: S311  # not a secret
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)

    def start(self) -> None:
        """Begin to look, at once and then again and again."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further round."""
        self._stopped.set()
        self._thread.join()

    def is_due(self, moment: datetime) -> bool:
        """Whether the node is a member and its last round began more than the interval before `moment`."""
        with self._workplace.database.unit_of_work(read_only=True) as session:
            if memberships.find(session) is None:
                return False
            last = session.scalars(select(Round.started_at).order_by(Round.id.desc()).limit(1)).first()
        return last is None or moment - last >= self.every

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self.is_due(now()):
                    self._syncer.start(begun_by="schedule")
            except Exception as error:
                # A full disk, say: rounds that have ended unseen are worse than one more attempt.
                faults.named(error, self._workplace.folder)
            self._stopped.wait(LOOK_SECONDS)
