"""Harvesting a million records by OAI-PMH: how fast, and whether a part deep in the list costs more than others."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from lxml import etree

from federation import catalogue as public
from federation import feed_sets
from federation.app import create_app
from federation.database import db, unit_of_work
from federation.feed_sets import ALL, Stretch
from federation.interop.oai_pmh import records, tokens
from federation.settings import HubSettings, load_settings
from tests.benchmarks.catalogue import fill, multiply
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least, at_most
from tests.benchmarks.texts import Words

OAI = "{http://www.openarchives.org/OAI/2.0/}"
HARVEST = Figure("OAI-PMH: records of a harvest", "records/s", "lxml writing the same documents", (at_least(2000),))
DEEP = Figure("OAI-PMH: a part near record 900,000", "ms", "the second part", (at_most(1.2, RATIO),))
OF_SET = Figure("OAI-PMH: a part at 90 % of a theme", "ms", "the second part of it", (at_most(1.2, RATIO),))
PREFIXES = ("oai_dc", "oai_dcterms")
SEEDS = 2000


def run(quick: bool) -> list[Measured]:
    """Fill a hub, then harvest from it through the whole application."""
    count, harvested, rounds = (4000, 2000, 3) if quick else (1_000_000, 20_000, 40)
    with tempfile.TemporaryDirectory() as name:
        var = Path(name) / "var"
        fill(var, Words(), SEEDS)
        settings = load_settings(environ={"COMMONS_VAR": str(var), "COMMONS_LOG_LEVEL": "ERROR"})
        app = create_app(settings)
        multiply(app, SEEDS, count)
        notes = {"records": count, "harvested": harvested}
        used = time.process_time()
        harvests = [_harvest(app, prefix, harvested) for prefix in PREFIXES]
        used = time.process_time() - used
        # Read and written again too, but without what other programs on the machine take.
        notes["harvested a second of processor time"] = round(len(PREFIXES) * harvested / used)
        found = [
            Measured(HARVEST, [one for one, _ in harvests], [floor for _, floor in harvests], notes),
            _compare(app, settings, DEEP, ALL, rounds),
            _compare(app, settings, OF_SET, "theme:knowledge", rounds),
        ]
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    return found


def _harvest(app: Flask, prefix: str, count: int) -> tuple[float, float]:
    """Records a second of a harvest of so many, and of writing the same documents again."""
    client, documents, number = app.test_client(), [], 0
    asked = {"metadataPrefix": prefix}
    before = time.perf_counter()
    while number < count:
        body = client.get(f"/oai?{urlencode({'verb': 'ListRecords', **asked})}").data
        documents.append(body)
        asked = {"resumptionToken": body.rpartition(b"</resumptionToken>")[0].rpartition(b">")[2].decode()}
        number += records.PART
    taken = time.perf_counter() - before
    trees = [etree.fromstring(body) for body in documents]
    assert sum(len(list(tree.iter(f"{OAI}metadata"))) for tree in trees) == number
    before = time.perf_counter()
    for tree in trees:
        etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return number / taken, number / (time.perf_counter() - before)


def _compare(app: Flask, settings: HubSettings, figure: Figure, set_spec: str, rounds: int) -> Measured:
    """Milliseconds of a deep part and of an early one, in turns, each from a place that was not read before."""
    with unit_of_work(app, read_only=True) as session:
        last = public.position(session)
        whole = Stretch(set_spec, 1, last, last)
        size = feed_sets.count(session, whole)
        early = feed_sets.part(session, whole, limit=(rounds + 1) * records.PART)[records.PART :: records.PART]
        rest = Stretch(set_spec, int(last * 0.9), last, last)
        deep = feed_sets.part(session, rest, limit=rounds * records.PART)[:: records.PART]
    pairs = list(zip(early, deep, strict=False))
    ask = _asking(app, settings, set_spec, last, size)
    taken = [(ask(late), ask(soon)) for soon, late in pairs]
    return Measured(figure, [late for late, _ in taken], [soon for _, soon in taken], {"records": size})


def _asking(app: Flask, settings: HubSettings, set_spec: str, last: int, size: int) -> Callable[[int], float]:
    client = app.test_client()

    def ask(first: int) -> float:
        place = tokens.Place("ListRecords", "oai_dc", Stretch(set_spec, first, last, last), records.PART, size)
        token = tokens.seal(place, secret_key=settings.secret_key)
        address = f"/oai?{urlencode({'verb': 'ListRecords', 'resumptionToken': token})}"
        before = time.perf_counter()
        body = client.get(address).data
        taken = (time.perf_counter() - before) * 1000
        assert b"<metadata>" in body
        return taken

    return ask


BENCHMARK = Benchmark("oai", (HARVEST, DEEP, OF_SET), run)
