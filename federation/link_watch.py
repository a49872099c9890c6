"""The worker's watch over links: one address after the other, as they become due."""

from __future__ import annotations

from threading import Event

import structlog
from flask import Flask

from federation import link_checker, link_checks
from federation.database import unit_of_work
from federation.link_checker import OFFLINE, Outcome
from federation.parts import parts
from federation.robots import TOKEN, Robots
from federation.settings import HubSettings

IDLE_SECONDS = 30.0

log = structlog.get_logger()


def run(app: Flask, stopping: Event) -> None:
    """Open what is due until `stopping` is set; trouble of any kind is logged and tried again."""
    if not parts(app).settings.link_days:
        return
    rules = Robots()
    while not stopping.is_set():
        opened = 0
        try:
            while not stopping.is_set() and (outcome := check_next(app, rules)) is not None:
                if outcome.cause == OFFLINE:
                    break
                opened += 1
        except Exception as error:
            # Whatever it is, a watch that has ended unseen is worse than one more attempt.
            log.warning("link check broken off", cause=type(error).__name__)
        # After some were opened, more of the same servers may be waiting.
        stopping.wait(link_checks.HOST_PAUSE.total_seconds() if opened else IDLE_SECONDS)


def check_next(app: Flask, rules: Robots | None = None) -> Outcome | None:
    """Open the next address that is due and note what was found; None when there is none.

    `rules` are what servers allow, as far as this worker knows.
    """
    settings = parts(app).settings
    with unit_of_work(app, read_only=True) as session:
        if not link_checks.is_due(session, days=settings.link_days):
            return None
    with unit_of_work(app) as session:
        claimed = link_checks.claim(session, days=settings.link_days)
    if claimed is None:
        return None
    outcome = link_checker.check(claimed.url, agent=agent(settings), rules=rules)
    with unit_of_work(app) as session:
        link_checks.conclude(session, claimed, outcome)
    return outcome


def agent(settings: HubSettings) -> str:
    """Who asks, for the servers' logs, in ASCII: the name for a robots.txt, the hub's address and its name."""
    return f"{TOKEN} (+{settings.origin}; {settings.hub_name_en})".encode("ascii", "ignore").decode()
