"""Keeping the audit log's tree: events get their places every few seconds; now and then the hub signs for them."""

from __future__ import annotations

import threading

import structlog
from flask import Flask
from sqlalchemy import func, select

from federation import configuration
from federation.database import unit_of_work
from federation.models.auditing import AuditCheckpoint, AuditWaiting
from federation.models.base import now
from federation.parts import parts
from federation.transparency import checkpoints
from federation.transparency.keys import log_keys
from federation.transparency.numbering import number

log = structlog.get_logger()


def run(app: Flask, stopping: threading.Event) -> None:
    """Remember the settings if they have changed, and keep the log until `stopping`.

    Trouble of any kind is logged and tried again at the next round.
    """
    settings, noted = parts(app).settings, False
    while True:
        try:
            if not noted:
                with unit_of_work(app) as session:
                    configuration.note(session, settings)
                noted = True
            keep(app)
        except Exception as error:
            # Whatever it is, a log that is no longer kept is worse than one more attempt.
            log.warning("audit log not numbered", cause=type(error).__name__)
        if stopping.wait(settings.sweep_seconds):
            return


def keep(app: Flask, *, sign: bool = False) -> int:
    """Give all events their places, and sign a checkpoint when one is due, or if `sign`; the events that got one."""
    settings = parts(app).settings
    keys, count = log_keys(settings), 0
    while _something_waits(app):
        with unit_of_work(app) as session:
            done = number(session, sealing=keys.sealing)
        count += done
        if not done:
            # What waits is not there any more: `verify` reports it, and here nobody asks for it again and again.
            break
    with unit_of_work(app, read_only=True) as session:
        size, last = session.execute(select(func.max(AuditCheckpoint.size), func.max(AuditCheckpoint.at))).one()
        grown = checkpoints.numbered(session) > (size or 0)
    due = sign or last is None or (now() - last).total_seconds() >= settings.checkpoint_seconds
    if grown and due:
        with unit_of_work(app) as session:
            checkpoints.sign(session, keys)
    return count


def _something_waits(app: Flask) -> bool:
    """Only looked at: an idle hub does not write every few seconds."""
    with unit_of_work(app, read_only=True) as session:
        waiting = select(AuditWaiting.event_id).where(AuditWaiting.refused.is_(False)).limit(1)
        return session.scalar(waiting) is not None
