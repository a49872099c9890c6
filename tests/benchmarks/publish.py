"""Publishing: records without files by the node's real `sync` to a real hub, against the least that must be done."""

from __future__ import annotations

import base64
import json
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nodes.keys import load_key
from tests.benchmarks import members
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least
from tests.benchmarks.texts import Words
from tests.support.processes import running_hub_process

RATE = Figure(
    "publish records",
    "records/s",
    "JSON parse + Ed25519 verify + bulk INSERT of the same rows, one process",
    (at_least(1000), at_least(0.25, RATIO)),
)
BATCH = 500
TABLES = ("resources", "resource_versions", "audit_events", "node_events")


def run(quick: bool) -> list[Measured]:
    """Rounds of fresh records, each followed by its floor over the very rows that the hub has written."""
    count, rounds = (1000, 1) if quick else (10_000, 3)
    words = Words()
    values, floors = [], []
    with tempfile.TemporaryDirectory() as place, running_hub_process(Path(place) / "var") as hub:
        folder = Path(place) / "node"
        node = hub.node(folder, "bench")
        public = load_key(folder).private.public_key()
        floor = Floor(hub.var / "hub.sqlite", Path(place) / "floor.sqlite", public)
        for _ in range(rounds):
            members.register(folder, ((_without_id(words), ()) for _ in range(count)))
            floor.note_standing()
            before = time.perf_counter()
            done = node.json("sync")
            values.append(count / (time.perf_counter() - before))
            assert done["accepted"] == count, done
            floors.append(count / floor.seconds())
    return [Measured(RATE, values, floors, {"records": count})]


def _without_id(words: Words) -> dict[str, Any]:
    record = words.record()
    return {name: value for name, value in record.items() if name not in ("id", "version")}


class Floor:
    """The same records once more, with nothing but the work that nobody can leave out."""

    def __init__(self, source: Path, target: Path, public: Ed25519PublicKey) -> None:
        self.source, self.public = source, public
        self.database = sqlite3.connect(target, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=NORMAL")
        self.standing = dict.fromkeys(TABLES, 0)
        with sqlite3.connect(source) as hub:
            for (statement,) in hub.execute(
                "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
                f" AND tbl_name IN ({','.join('?' * len(TABLES))}) ORDER BY type DESC",
                TABLES,
            ):
                self.database.execute(statement)

    def note_standing(self) -> None:
        """Rows that are there now are not of the next round."""
        with sqlite3.connect(self.source) as hub:
            for name in TABLES:
                self.standing[name] = hub.execute(f"SELECT coalesce(max(rowid), 0) FROM {name}").fetchone()[0]

    def seconds(self) -> float:
        """How long the round's work takes here, in batches as large as the node's, a commit for each."""
        rows = {}
        with sqlite3.connect(self.source) as hub:
            for name in TABLES:
                select = f"SELECT * FROM {name} WHERE rowid > ? ORDER BY rowid"
                rows[name] = hub.execute(select, (self.standing[name],)).fetchall()
            tokens = [
                row[0]
                for row in hub.execute(
                    "SELECT jws FROM resource_versions WHERE rowid > ? ORDER BY rowid",
                    (self.standing["resource_versions"],),
                )
            ]
        batches = -(-len(tokens) // BATCH)
        started = time.perf_counter()
        for number in range(batches):
            for token in tokens[number * BATCH : (number + 1) * BATCH]:
                self._verify(token)
            self.database.execute("BEGIN IMMEDIATE")
            for name in TABLES:
                size = -(-len(rows[name]) // batches)
                self._insert(name, rows[name][number * size : (number + 1) * size])
            self.database.execute("COMMIT")
        return time.perf_counter() - started

    def _verify(self, token: str) -> Any:
        signed, _, signature = token.rpartition(".")
        self.public.verify(_decoded(signature), signed.encode("ascii"))
        return json.loads(_decoded(signed.partition(".")[2]))

    def _insert(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            marks = ",".join("?" * len(rows[0]))
            self.database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


BENCHMARK = Benchmark("publish", (RATE,), run)
