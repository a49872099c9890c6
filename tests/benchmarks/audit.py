"""The audit log with a million events: what one costs until it has its place, a proof, and checking them all."""

from __future__ import annotations

import hashlib
import tempfile
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from federation import auditlog
from federation.transparency import checkpoints, tiles, verification
from federation.transparency.keys import log_keys
from federation.transparency.numbering import number
from tests.benchmarks.measure import Benchmark, Figure, Measured, at_least, at_most, percentile
from tests.support.engines import running_engines
from tests.support.reviewing import SETTINGS, database

APPEND = Figure("audit log: append, until in the tree", "ms/event", "bare INSERT of the entry", (at_most(1),))
PROOF = Figure("audit log: inclusion proof p95", "ms", "reading the entry", (at_most(5),))
VERIFY = Figure("audit log: full verification", "events/s", "reading and hashing the entries", (at_least(50_000),))
AT_ONCE = 5000
PROOFS = 200


def run(quick: bool) -> list[Measured]:
    """Fill a log by its own services, then prove and verify."""
    count, rounds = (5000, 1) if quick else (1_000_000, 3)
    keys = log_keys(SETTINGS)
    with tempfile.TemporaryDirectory() as name, running_engines(), database(Path(name)) as session:
        appended, bare = [], []
        for _ in range(count // AT_ONCE):
            appended.append(_append(session, keys.sealing))
            bare.append(_insert(session))
        checkpoints.sign(session, keys)
        session.commit()
        proofs, entries = _prove(session, count)
        verified, hashed = zip(*((_verify(session), _hash(session)) for _ in range(rounds)), strict=True)
    notes = {"events": count}
    return [
        Measured(APPEND, appended, bare, notes),
        Measured(PROOF, [percentile(proofs, 0.95)], [percentile(entries, 0.95)], notes),
        Measured(VERIFY, [count / one for one in verified], [count / one for one in hashed], notes),
    ]


def _append(session: Session, sealing: bytes) -> float:
    detail = {"version": 1, "from": "received", "to": "in_review"}
    digest = "0" * 64
    before = time.perf_counter()
    happenings = [
        auditlog.Happening("hub", "version.in_review", f"resource:{place}", after=digest, detail=detail)
        for place in range(AT_ONCE)
    ]
    auditlog.record_many(session, happenings)
    session.commit()
    assert number(session, sealing=sealing) == AT_ONCE
    session.commit()
    return (time.perf_counter() - before) * 1000 / AT_ONCE


def _insert(session: Session) -> float:
    """The same entries into a table with nothing but them."""
    session.execute(text("CREATE TABLE IF NOT EXISTS bare (id TEXT PRIMARY KEY, entry TEXT)"))
    rows = session.execute(text("SELECT id, entry FROM audit_events ORDER BY id DESC LIMIT :n"), {"n": AT_ONCE})
    found = [dict(row) for row in rows.mappings()]
    session.commit()
    before = time.perf_counter()
    session.execute(text("INSERT INTO bare VALUES (:id, :entry)"), found)
    session.commit()
    return (time.perf_counter() - before) * 1000 / AT_ONCE


def _prove(session: Session, count: int) -> tuple[list[float], list[float]]:
    proofs, entries = [], []
    for place in range(0, count, count // PROOFS):
        before = time.perf_counter()
        assert tiles.proof(session, place)
        proofs.append((time.perf_counter() - before) * 1000)
        before = time.perf_counter()
        assert tiles.entries_between(session, place, place + 1)
        entries.append((time.perf_counter() - before) * 1000)
    return proofs, entries


def _verify(session: Session) -> float:
    before = time.perf_counter()
    done = verification.verify(session, log_keys(SETTINGS))
    assert done.good, done.findings
    return time.perf_counter() - before


def _hash(session: Session) -> float:
    before = time.perf_counter()
    entries = session.connection().exec_driver_sql(
        "SELECT entry FROM audit_leaves JOIN audit_events ON id = event_id ORDER BY number"
    )
    for (entry,) in entries:
        hashlib.sha256(b"\x00" + entry.encode()).digest()
    return time.perf_counter() - before


BENCHMARK = Benchmark("audit", (APPEND, PROOF, VERIFY), run)
