"""The contribution report over a million uses of five thousand resources, against the bare sum of those uses."""

from __future__ import annotations

import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, text

from federation import days
from federation.core import create_core
from federation.counting import day_of
from federation.database import db, unit_of_work
from federation.models.base import insert_rows, now
from federation.models.resources import Resource
from federation.models.usage import UsageEvent
from federation.reports import contribution, period
from federation.settings import load_settings
from tests.benchmarks import catalogue
from tests.benchmarks.measure import Benchmark, Figure, Measured, at_most
from tests.benchmarks.texts import Words

FIGURE = Figure("contribution report, a year of uses", "s", "one GROUP BY of the uses", (at_most(1),))
BARE = "SELECT resource_id, kind, count(*) FROM usage_events GROUP BY resource_id, kind"
AT_A_TIME = 20_000


def run(quick: bool) -> list[Measured]:
    """Fill a hub with resources and uses, then make the report of the year."""
    resources, uses, rounds = (200, 10_000, 1) if quick else (5_000, 1_000_000, 5)
    with tempfile.TemporaryDirectory() as name:
        var = Path(name) / "var"
        catalogue.fill(var, Words(), resources)
        app = create_core(load_settings(environ={"COMMONS_VAR": str(var), "COMMONS_LOG_LEVEL": "ERROR"}))
        _use(app, uses)
        pairs = [(_report(app, uses), _bare(app)) for _ in range(rounds)]
        with app.app_context():
            db.engine.dispose()
    notes = {"uses": uses, "resources": resources}
    return [Measured(FIGURE, [one for one, _ in pairs], [bare for _, bare in pairs], notes)]


def _use(app: Flask, count: int) -> None:
    chance, last = random.Random(1), now()
    with unit_of_work(app) as session:
        ids = list(session.scalars(select(Resource.id)))
    for start in range(0, count, AT_A_TIME):
        seconds = (chance.randrange(300 * 86_400) for _ in range(min(AT_A_TIME, count - start)))
        moments = [last - timedelta(seconds=one) for one in seconds]
        rows = [
            {
                "kind": chance.choice(("view", "view", "view", "download")),
                "resource_id": ids[int(len(ids) * chance.random() ** 3)],
                "sha256": "",
                "at": moment,
                "day": day_of(moment),
                "visitor": "",
                "first": chance.random() < 0.8,
            }
            for moment in moments
        ]
        with unit_of_work(app) as session:
            insert_rows(session, UsageEvent, rows)
    with unit_of_work(app) as session:
        assert session.scalar(select(func.count()).select_from(UsageEvent)) == count


def _report(app: Flask, uses: int) -> float:
    until = days.today()
    asked = period.Period(until - timedelta(days=365), until)
    with unit_of_work(app, read_only=True) as session:
        before = time.perf_counter()
        made = contribution.report(session, asked)
        taken = time.perf_counter() - before
    assert made.total.uses.views + made.total.uses.downloads == uses
    return taken


def _bare(app: Flask) -> float:
    with unit_of_work(app, read_only=True) as session:
        before = time.perf_counter()
        session.execute(text(BARE)).all()
        return time.perf_counter() - before


BENCHMARK = Benchmark("report", (FIGURE,), run)
