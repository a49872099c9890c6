"""`python -m tests.benchmarks [name ...] [--quick]`: measure, print a table, write var/bench.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import (
    archive,
    audit,
    download,
    engines,
    fairness,
    fixity,
    footprint,
    known_items,
    node_install,
    node_pages,
    oai,
    pages,
    publish,
    queue,
    reconcile,
    report,
    resume,
    search,
    upload,
)
from tests.benchmarks.measure import Benchmark, Measured, table

MODULES = (
    publish,
    upload,
    resume,
    search,
    known_items,
    queue,
    download,
    archive,
    reconcile,
    fairness,
    fixity,
    footprint,
    node_install,
    audit,
    report,
    oai,
    pages,
    node_pages,
    engines,
)
BENCHMARKS: dict[str, Benchmark] = {module.BENCHMARK.name: module.BENCHMARK for module in MODULES}
ON_REQUEST = {search.MILLION.name: search.MILLION}
"""What takes too long to run unasked."""
BENCHMARKS |= ON_REQUEST
RESULT = Path("var") / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit code is 1 when a full run misses a goal."""
    asked = _parser().parse_args(arguments)
    rows: list[Measured] = []
    for name in asked.names or [one for one in BENCHMARKS if one not in ON_REQUEST]:
        print(f"{name} …", file=sys.stderr, flush=True)
        measured = BENCHMARKS[name].run(asked.quick)
        # Each group takes minutes: what is measured is kept, whatever becomes of the next one.
        write(asked.output, {name: measured}, quick=asked.quick)
        print(table(measured), file=sys.stderr, flush=True)
        rows += measured
    print(table(rows))
    # Small sizes show that everything runs; their figures say nothing about goals.
    return 0 if asked.quick or all(row.good for row in rows) else 1


def write(path: Path, found: dict[str, list[Measured]], *, quick: bool) -> None:
    """Write the figures down; benchmarks that were not run this time keep what stands there."""
    standing = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    for name, measured in found.items():
        standing[name] = {
            "at": moment,
            "quick": quick,
            "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
            "figures": [row.as_dict() for row in measured],
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(standing, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="small sizes, once each")
    parser.add_argument("--output", type=Path, default=RESULT, help="where the figures go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
