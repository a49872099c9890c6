"""The node's pages with 100,000 resources, and importing beside them, against a bare Flask page of the process."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import insert

from nodes.app import create_app
from nodes.importers import ImportRow
from nodes.importing import import_rows
from nodes.models import Membership, Resource, UseCount, Version, now
from nodes.settings import NodeSettings
from nodes.workplace import Workplace
from shared import record as records
from tests.benchmarks.measure import VALUE, Benchmark, Figure, Measured, at_least, at_most, percentile
from tests.benchmarks.texts import Words
from tests.support.records import make_record

FLOOR = "bare Flask page of one word in the same process"
PAGES = {
    "overview": "/",
    "list": "/resources",
    "list, last page": "/resources?page=99999",
    "list of a state": "/resources?state=published&page=700",
    "words in titles": "/resources?text=%E8%AE%A1%E9%87%8F+7",
    "messages": "/conversation",
}
P95 = {kind: Figure(f"node page: {kind}, p95", "ms", FLOOR, (at_most(100, VALUE),)) for kind in PAGES}
SIGNED = "records that are checked and signed without a database"
IMPORT = Figure("node: import beside 100,000 resources", "rows/s", SIGNED, (at_least(500, VALUE),))
SHARES = {"published": 70, "in_review": 12, "registered": 8, "changes_requested": 5, "refused": 5}
STATES = [state for state, share in SHARES.items() for _ in range(share)]
AT_A_TIME = 5_000


def run(quick: bool) -> list[Measured]:
    """Fill a node, read its pages in turns with the floor, then import into it."""
    count, asked, rounds, rows = (500, 5, 1, 200) if quick else (100_000, 20, 3, 3_000)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(NodeSettings(data=folder))
        work: Workplace = app.config["WORKPLACE"]
        fill(work, Words(), count)
        notes = {"resources": count}
        measured = [*_pages(app, asked, rounds, notes), _import(work, rows, rounds, notes)]
        app.config["SYNCER"].stop()
        work.database.close()
    return measured


def fill(work: Workplace, words: Words, count: int) -> None:
    """Put that many resources into the database as they would stand there, without signing each."""
    names = {"institution_name": {"zh": "甲院"}, "hub_name": {"zh": "计量资源云"}}
    limits = {"batch_records": 500, "batch_bytes": 10**6, "file_bytes": 10**9}
    member = {"id": 1, "origin": "http://127.0.0.1:1", "node_id": "n", "institution_code": "a", "used_at": now()}
    with work.database.unit_of_work() as session:
        session.add(Membership(**member, **names, **limits))
    start = now()
    for first in range(0, count, AT_A_TIME):
        resources, versions, uses = [], [], []
        for number in range(first, min(first + AT_A_TIME, count)):
            record, at = words.record(), start - timedelta(seconds=number)
            state = STATES[number % len(STATES)]
            source = {"source": "cms", "source_id": str(number)}
            resources.append({"id": record["id"], "latest_version": 1, "created_at": at, **source})
            told = {"sha256": "0" * 64, "jws": "x" * 900, "state": state, "registered_at": at, "changed_at": at}
            text = json.dumps(record, ensure_ascii=False)
            day = "2027-01-01" if number % 500 == 0 else ""
            versions.append({"resource_id": record["id"], "number": 1, "record": text, "effective_on": day, **told})
            uses.append({"resource_id": record["id"], "views": number % 900, "downloads": number % 50})
        with work.database.unit_of_work() as session:
            for table, values in ((Resource, resources), (Version, versions), (UseCount, uses)):
                session.connection().execute(insert(table), values)


def _pages(app: Flask, asked: int, rounds: int, notes: dict[str, Any]) -> Iterator[Measured]:
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: "hello")
    client, floor = app.test_client(), bare.test_client()
    for kind, path in PAGES.items():
        values, floors = [], []
        for round_ in range(rounds + 1):
            taken = [_milliseconds(partial(client.get, path)) for _ in range(asked)]
            least = [_milliseconds(partial(floor.get, "/")) for _ in range(asked)]
            if round_:  # The first is for warming up.
                values.append(percentile(taken, 0.95))
                floors.append(percentile(least, 0.95))
        yield Measured(P95[kind], values, floors, notes)


def _milliseconds(deed: Callable[[], Any]) -> float:
    before = time.perf_counter()
    answer = deed()
    taken = (time.perf_counter() - before) * 1000
    assert answer.status_code == 200, answer.text
    return taken


def _import(work: Workplace, rows: int, rounds: int, notes: dict[str, Any]) -> Measured:
    values, floors = [], []
    for round_ in range(rounds):
        fields = [_fields(f"第 {round_} 批第 {number} 件") for number in range(rows)]
        given = [ImportRow(number, f"{round_}-{number}", one) for number, one in enumerate(fields, 1)]
        values.append(_rate(rows, partial(import_rows, work, given, source_name="bench")))
        checked = [make_record() for _ in range(rows)]
        floors.append(_rate(rows, partial(_sign, work, checked)))
    return Measured(IMPORT, values, floors, notes)


def _sign(work: Workplace, given: list[dict[str, Any]]) -> None:
    for one in given:
        work.key.sign_record(records.check(one))


def _fields(title: str) -> dict[str, Any]:
    record = make_record(title={"zh": title})
    return {name: value for name, value in record.items() if name not in ("id", "version")}


def _rate(count: int, deed: Callable[[], Any]) -> float:
    before = time.perf_counter()
    deed()
    return count / (time.perf_counter() - before)


BENCHMARK = Benchmark("node-pages", (*P95.values(), IMPORT), run)
