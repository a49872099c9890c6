"""The worker's rounds for reminders: in the morning of China, whoever has something to be reminded of is written to.

Who that is is only looked at; each letter is a transaction of its own, so that what one person is told waits for
nobody else, and a worker that is killed has written some letters and the next round writes the others.
"""

from __future__ import annotations

from datetime import datetime

from flask import Flask

from federation import reminding
from federation.database import unit_of_work
from federation.days import ZONE
from federation.models.base import now
from federation.parts import parts

FROM_HOUR = 8
"""Nobody is written to at night."""


def run(app: Flask, *, moment: datetime | None = None) -> int:
    """Write what is to be written now; how many letters. Without a mail server, or switched off, there are none."""
    settings = parts(app).settings
    moment = moment or now()
    if not settings.smtp_host or not settings.reminders or moment.astimezone(ZONE).hour < FROM_HOUR:
        return 0
    with unit_of_work(app, read_only=True) as session:
        waiting = reminding.to_be_reminded(session, moment=moment)
    written = 0
    for user_id in waiting:
        with unit_of_work(app) as session:
            written += reminding.remind(session, user_id, settings=settings, moment=moment)
    return written
