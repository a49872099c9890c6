"""The worker's rounds for letters: what is due is sent, one after the other; what fails waits for its next turn."""

from __future__ import annotations

from threading import Event

import structlog
from flask import Flask

from federation import mail, sealing, smtp
from federation.database import unit_of_work
from federation.parts import parts

IDLE_SECONDS = 5.0
log = structlog.get_logger()


def run(app: Flask, stopping: Event) -> None:
    """Send what is due until `stopping` is set; trouble of any kind is logged and tried again."""
    if not parts(app).settings.smtp_host:
        return
    while not stopping.is_set():
        try:
            while not stopping.is_set() and send_next(app):
                pass
        except Exception as error:
            # Whatever it is, rounds that have ended unseen are worse than one more attempt.
            log.warning("mail failed", cause=type(error).__name__)
        stopping.wait(IDLE_SECONDS)


def send_next(app: Flask) -> bool:
    """Send the letter that is due longest; False when there is none. No transaction is open while it is sent."""
    with unit_of_work(app, read_only=True) as session:
        if not mail.is_due(session):
            return False
    with unit_of_work(app) as session:
        claimed = mail.claim(session)
    if claimed is None:
        return False
    settings = parts(app).settings
    try:
        smtp.deliver(mail.compose(claimed, settings), settings)
    except smtp.MailDelayed as error:
        with unit_of_work(app) as session:
            kept = mail.put_off(session, claimed, cause=str(error))
        log.warning("mail put off" if kept else "mail given up", letter=claimed.id, cause=str(error))
        return True
    except (smtp.MailRefused, sealing.CannotUnseal) as error:
        cause = str(error) or type(error).__name__
        with unit_of_work(app) as session:
            mail.give_up(session, claimed, cause=cause)
        log.warning("mail given up", letter=claimed.id, cause=cause)
        return True
    with unit_of_work(app) as session:
        mail.drop(session, claimed.id)
    return True
