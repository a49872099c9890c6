"""The worker's watch over stored objects: one after the other, oldest check first, within the budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Event

import structlog
from flask import Flask

from federation import fixity
from federation.database import unit_of_work
from federation.fixity import Claim, Pace
from federation.parts import parts

IDLE_SECONDS = 30.0

log = structlog.get_logger()


class Stopped(Exception):
    """The process is to end; what is being read is let go."""


@dataclass
class Round:
    """What a number of checks came to."""

    checked: int = 0
    size: int = 0
    damaged: int = 0


def run(app: Flask, stopping: Event) -> None:
    """Check what is due until `stopping` is set; trouble of any kind is logged and tried again."""
    settings = parts(app).settings
    if not (settings.fixity_days and settings.fixity_bytes_per_second):
        return

    def pause(seconds: float) -> None:
        if stopping.wait(seconds):
            raise Stopped()

    pace = Pace(settings.fixity_bytes_per_second, pause)
    while not stopping.is_set():
        try:
            check_until_done(app, pace=pace)
        except Stopped:
            return
        except Exception as error:
            # Whatever it is, a watch that has ended unseen is worse than one more attempt.
            log.warning("fixity check broken off", cause=type(error).__name__)
        stopping.wait(IDLE_SECONDS)


def check_until_done(app: Flask, *, pace: Pace, before: datetime | None = None) -> Round:
    """Check every object last read before `before` (default: those due by the settings), oldest first."""
    done = Round()
    before = before or _due(app)
    while True:
        with unit_of_work(app) as session:
            claimed = fixity.claim(session, before=before)
        if claimed is None:
            return done
        done.damaged += bool(_check(app, claimed, pace))
        done.checked += 1
        done.size += claimed.size


def _due(app: Flask) -> datetime:
    settings = parts(app).settings
    with unit_of_work(app, read_only=True) as session:
        return fixity.due_before(
            session, days=settings.fixity_days, bytes_per_second=settings.fixity_bytes_per_second
        )


def _check(app: Flask, claimed: Claim, pace: Pace) -> str:
    """Read one object and note the outcome; when that is broken off, it is let go for whoever comes next."""

    def beat() -> None:
        with unit_of_work(app) as session:
            fixity.renew(session, claimed)

    try:
        damage = fixity.examine(parts(app).store, claimed, pace=pace, beat=beat)
    except BaseException:
        with unit_of_work(app) as session:
            fixity.release(session, claimed)
        raise
    with unit_of_work(app) as session:
        fixity.conclude(session, claimed, damage)
    if damage:
        log.error("stored object damaged", sha256=claimed.sha256, damage=damage)
    return damage
