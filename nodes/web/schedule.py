"""The rounds that nobody asks for: while the page is served, the node synchronises by itself."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes import faults, queries
from nodes import line as lines
from nodes import membership as memberships
from nodes.models import OutboxEntry, Round, now
from nodes.web.syncing import Syncer
from nodes.workplace import Workplace
from shared.errors import HubBusy

LOOK_SECONDS = 20.0
"""How often it looks whether a round is due: a machine that has slept catches up within this time."""
SPREAD = 0.1
"""Part of the interval by which nodes differ, so that all of an alliance do not come at the same minute."""
SOON = timedelta(minutes=1)
"""After a round that failed while something waits, doubled for each further one up to the interval."""
MOST_FAILED = 8
"""After how many failed rounds in a row one need not count any further."""
SLACK = timedelta(minutes=2)
"""By how much a round may have begun in the future: more than that, and the clock has been set back since."""


class Schedule:
    """Begins a round whenever the last one, whoever began it, is long enough ago."""

    def __init__(self, workplace: Workplace, syncer: Syncer, *, minutes: int) -> None:
        self._workplace, self._syncer = workplace, syncer
        self._spread = random.uniform(1.0, 1.0 + SPREAD)  # noqa: S311  # not a secret
        self.every = timedelta(minutes=minutes) * self._spread
        self._fresh = True
        """Whether it has not looked yet, or the line was stopped when it last did: what waits is taken up soon."""
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
        """Whether the node is a member and its last round began long enough before `moment`.

        Something that waits shortens the time: after a start (of the machine, perhaps), when the line was stopped
        until now, and after rounds that failed. While the hub wants to be left alone nothing is due.
        """
        with self._workplace.database.unit_of_work(read_only=True) as session:
            if memberships.find(session) is None:
                return False
            try:
                memberships.check_hold(session)
            except HubBusy:
                return False
            rounds = queries.rounds(session, limit=MOST_FAILED)
            stopped = lines.stopped(lines.line(session), self._workplace.settings, moment.astimezone())
            urgent = bool(rounds) and self._something_waits(session, moment)
        if not rounds:
            return True
        since = moment - rounds[0].started_at
        due = since >= (self._soon(rounds) if urgent else self.every) or since < -SLACK
        self._fresh = stopped or (self._fresh and not due)
        return due

    def _something_waits(self, session: Session, moment: datetime) -> bool:
        if session.scalar(select(OutboxEntry.id).limit(1)) is not None:
            return True
        return lines.has_waiting(session, self._workplace.settings, moment.astimezone())

    def _soon(self, rounds: Sequence[Round]) -> timedelta:
        """How long after the last round the next one is due when something waits."""
        failed = next((number for number, one in enumerate(rounds) if one.good), len(rounds))
        if not failed and not self._fresh:
            return self.every
        return min(self.every, SOON * (1 << max(0, failed - 1)) * self._spread)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if self.is_due(now()):
                    self._syncer.start(begun_by="schedule")
            except Exception as error:
                # A full disk, say: rounds that have ended unseen are worse than one more attempt.
                faults.named(error, self._workplace.folder)
            self._stopped.wait(LOOK_SECONDS)
