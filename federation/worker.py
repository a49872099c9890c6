"""The background process: queue, search follower, files, renditions, pictures, links, log, letters, the sweep."""

from __future__ import annotations

import threading
import time

import structlog
from flask import Flask

from federation import audit_keeper, fixity_watch, link_watch, mail_round, search_follower
from federation.core import create_core
from federation.derivatives import watch as derivative_watch
from federation.dumps import watch as dump_watch
from federation.parts import parts
from federation.renditions import watch as rendition_watch
from federation.settings import load_settings
from federation.tasks import queue
from shared.starting import loaded, loading
from shared.supervised import die_with_parent

log = structlog.get_logger()
TASK_THREADS = 2
FINISH_WITHIN = 3.0
"""Seconds that tasks under way have when the worker stops; what is cut off then is found by the next sweep."""


def run(app: Flask) -> None:
    """Work until SIGTERM or Ctrl-C; what is under way is finished or, if killed, found again by the next sweep."""
    die_with_parent()
    stopping = threading.Event()
    threads = [
        threading.Thread(target=search_follower.run, args=(app, stopping), name="search-follower", daemon=True),
        threading.Thread(target=fixity_watch.run, args=(app, stopping), name="fixity", daemon=True),
        threading.Thread(target=audit_keeper.run, args=(app, stopping), name="audit-keeper", daemon=True),
        threading.Thread(target=mail_round.run, args=(app, stopping), name="mail", daemon=True),
        threading.Thread(target=rendition_watch.run, args=(app, stopping), name="renditions", daemon=True),
        threading.Thread(target=derivative_watch.run, args=(app, stopping), name="derivatives", daemon=True),
        threading.Thread(target=link_watch.run, args=(app, stopping), name="links", daemon=True),
        threading.Thread(target=dump_watch.run, args=(app, stopping), name="dumps", daemon=True),
        threading.Thread(target=_sweep_again_and_again, args=(app, stopping), name="sweep", daemon=True),
    ]
    for thread in threads:
        thread.start()
    from huey.consumer import Consumer  # noqa: PLC0415  # after the queue, which loads no more of huey than it needs

    consumer = Consumer(
        queue(app).huey,
        workers=TASK_THREADS,
        periodic=False,
        max_delay=0.5,
        graceful_signal="TERM",
        shutdown_timeout=FINISH_WITHIN,
    )
    loaded()
    consumer.run()
    stopping.set()
    deadline = time.monotonic() + FINISH_WITHIN
    for thread in threads:
        thread.join(timeout=max(0.0, deadline - time.monotonic()))


def main() -> None:
    """`python -m federation.worker`: the worker, configured from the environment, without the commands' weight."""
    with loading():
        app = create_core(load_settings())
    run(app)


def _sweep_again_and_again(app: Flask, stopping: threading.Event) -> None:
    while True:
        try:
            queue(app).sweep()
        except Exception as error:
            # Whatever it is, sweeps that have ended unseen are worse than one more attempt.
            log.warning("sweep failed", cause=type(error).__name__, detail=str(error)[:200])
        if stopping.wait(parts(app).settings.sweep_seconds):
            return


if __name__ == "__main__":
    main()
