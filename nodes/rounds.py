"""Rounds with the hub: one at a time for each node, whoever begins it, written down as it goes.

The lock is the operating system's, so a process that is killed lets go of it at that moment. The row with its
heartbeat is for people: pages and commands show from it how far a round is, since when, and how the last ones ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError

from nodes import faults, queries, routine
from nodes import membership as memberships
from nodes.models import Round, Task, now
from nodes.reconciling import Reconciled
from nodes.routine import Done
from nodes.sync import Reporter
from nodes.workplace import Workplace
from shared.errors import CommonsError, HubBusy, RoundInterrupted, RoundUnderWay

LOCK = "sync.lock"
SYNC, RECONCILE = "sync", "reconcile"
COMMAND, PAGE, SCHEDULE = "command", "page", "schedule"
BEAT_SECONDS = 1.0
KEPT = 50
"""How many rounds are remembered."""
LISTED = 50
"""How many refusals and failures of one round are kept in words; their number is always whole."""
LANGUAGES = ("zh", "en")


def synchronise(
    workplace: Workplace, *, begun_by: str = COMMAND, wait: float = 0.0, reporter: Reporter | None = None
) -> Done:
    """Synchronise, and compare with the hub if that is due. Raises `RoundUnderWay`, or what a round raises."""
    with written_down(workplace, kind=SYNC, begun_by=begun_by, reporter=reporter) as diary:
        done = routine.go_round(workplace, wait=wait, reporter=diary)
        diary.came_to(done.good, outcome_of(done))
    return done


def reconcile(
    workplace: Workplace, *, begun_by: str = COMMAND, dry_run: bool = False, reporter: Reporter | None = None
) -> Reconciled:
    """Compare with the hub, and unless `dry_run` mend. Raises `RoundUnderWay`, or what a comparison raises."""
    with written_down(workplace, kind=RECONCILE, begun_by=begun_by, reporter=reporter) as diary:
        done = routine.reconcile(workplace, dry_run=dry_run, reporter=diary)
        diary.came_to(done.equal, {"reconciled": _reconciled(done)})
    return done


def outcome_of(done: Done) -> dict[str, Any]:
    """What a synchronisation came to, as it is kept: whole numbers, and the first of what went wrong."""
    said = done.synced.as_dict()
    failed = list(said.pop("files_failed").values())
    refused = said.pop("refused")
    return {
        **said,
        "refused": len(refused),
        "files_failed": len(failed),
        "refusals": refused[:LISTED],
        "failures": failed[:LISTED],
        "reconciled": _reconciled(done.reconciled) if done.reconciled is not None else None,
        "log_fault": _in_words(done.log_fault) if done.log_fault is not None else None,
    }


class Diary:
    """Writes one round down: a `Reporter` that passes on what it is told."""

    def __init__(self, workplace: Workplace, number: int, reporter: Reporter | None) -> None:
        self._workplace, self._number, self._reporter = workplace, number, reporter
        self._tasks: list[Task] = []
        self._ended = threading.Event()
        self._outcome: dict[str, Any] = {"good": False, "outcome": {}}
        self._thread = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)
        self._thread.start()

    def begin(self, name: str, total: int) -> Callable[[int], None]:
        """Start a task (for `synchronise`)."""
        task = Task(name, total)
        self._tasks.append(task)
        passed_on = self._reporter.begin(name, total) if self._reporter is not None else None

        def advance(steps: int) -> None:
            task.done += steps
            if passed_on is not None:
                passed_on(steps)

        return advance

    def came_to(self, good: bool, outcome: dict[str, Any]) -> None:
        """What the round came to."""
        self._outcome = {"good": good, "outcome": outcome}

    def end(self, error: CommonsError | None) -> None:
        """Write the end."""
        self._ended.set()
        self._thread.join()
        said = _in_words(error) if error is not None else {}
        self._write(finished_at=now(), error=said, **self._outcome)

    def _keep_beating(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            # A full disk or a busy database stops the round itself; its diary must not.
            with suppress(OperationalError):
                self._write()

    def _write(self, **values: Any) -> None:
        tasks = [asdict(task) for task in self._tasks]
        with self._workplace.database.unit_of_work() as session:
            session.execute(
                update(Round).where(Round.id == self._number).values(beat_at=now(), tasks=tasks, **values)
            )


@contextmanager
def written_down(
    workplace: Workplace, *, kind: str, begun_by: str, reporter: Reporter | None = None
) -> Iterator[Diary]:
    """Hold the node's lock, and write down how the round goes and ends.

    Raises `RoundUnderWay`, or `HubBusy` while the hub has asked to be left alone: then nothing is asked of it.
    """
    with alone(workplace):
        diary = Diary(workplace, _begin(workplace, kind, begun_by), reporter)
        try:
            with workplace.database.unit_of_work(read_only=True) as session:
                memberships.check_hold(session)
            yield diary
        except BaseException as error:
            if isinstance(error, HubBusy):
                memberships.hold(workplace, error)
            with suppress(OperationalError):  # what went wrong is said by the error itself
                diary.end(_why(error, workplace))
            raise
        diary.end(None)


@contextmanager
def alone(workplace: Workplace) -> Iterator[None]:
    """Hold the node's lock: nobody else speaks with the hub or changes the key meanwhile. Raises `RoundUnderWay`."""
    lock = FileLock(workplace.folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise _under_way(workplace) from error
    try:
        yield
    finally:
        lock.release()


def _begin(workplace: Workplace, kind: str, begun_by: str) -> int:
    """A new row; whoever left one without an end is not there any more, since the lock is ours."""
    said = _in_words(RoundInterrupted())
    with workplace.database.unit_of_work() as session:
        unfinished = update(Round).where(Round.finished_at.is_(None))
        session.execute(unfinished.values(finished_at=Round.beat_at, good=False, error=said))
        row = Round(kind=kind, begun_by=begun_by)
        session.add(row)
        session.flush()
        session.execute(delete(Round).where(Round.id <= row.id - KEPT))
        return row.id


def _why(error: BaseException, workplace: Workplace) -> CommonsError:
    return faults.named(error, workplace.folder) if isinstance(error, Exception) else RoundInterrupted()


def _under_way(workplace: Workplace) -> RoundUnderWay:
    with workplace.database.unit_of_work(read_only=True) as session:
        rows = queries.rounds(session, limit=1)
    since, beat = (rows[0].started_at, rows[0].beat_at) if rows else (now(), now())
    return RoundUnderWay(since=f"{since.astimezone():%H:%M:%S}", beat=f"{beat.astimezone():%H:%M:%S}")


def _reconciled(done: Reconciled) -> dict[str, Any]:
    said = done.as_dict()
    return {**said, "findings": len(said["findings"])}


def _in_words(error: CommonsError) -> dict[str, str]:
    return {language: error.message(language) for language in LANGUAGES}
