"""`python -m tests.faults --runs N --seed S`: kill and check, N times; the exit code is 1 if anything broke."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.plans import plan
from tests.faults.running import Run
from tests.faults.settling import revive
from tests.faults.site import Member, Site, running_site
from tests.support.engines import POSTGRESQL, engine, running_engines

FRESH_AFTER = 50
"""Runs after which a new node takes over, so that no check grows without bound."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for."""
    asked = _parser().parse_args(arguments)
    hits: Counter[tuple[str, str]] = Counter()
    findings: list[str] = []
    with running_engines(), _folder() as place, running_site(Path(place)) as site:
        member = site.member()
        for number in range(asked.runs):
            if number and number % FRESH_AFTER == 0:
                member = site.member()
            found, hit = one(site, member, asked.seed + number)
            hits.update(hit)
            if found:
                # What one run broke would be found again and again by those after it.
                findings += found
                site.hub.heal()
                revive(site)
                member = site.member()
    print(_report(asked.runs, hits, findings))
    return 1 if findings else 0


def one(site: Site, member: Member, seed: int) -> tuple[list[str], list[tuple[str, str]]]:
    """One run: what it found, and who was killed in which phase."""
    planned = plan(seed, server=engine() == POSTGRESQL)
    run, began = Run(site, member, planned), time.monotonic()
    try:
        broken = run.go()
    except Exception:
        broken = [*run.faults, traceback.format_exc()]
    seconds = time.monotonic() - began
    print(f"{planned}  →  {', '.join(run.killed) or 'nobody hit'}  {seconds:.1f} s", file=sys.stderr, flush=True)
    findings = [f"{planned}\n    {problem}" for problem in broken]
    for finding in findings:
        print(f"BROKEN {finding}", file=sys.stderr, flush=True)
    return findings, [(planned.phase, victim) for victim in run.killed] or [(planned.phase, "nobody")]


def _folder() -> tempfile.TemporaryDirectory[str]:
    """Below it the hub keeps everything; what a killed process still holds open is no finding."""
    return tempfile.TemporaryDirectory(prefix="commons-faults-", ignore_cleanup_errors=True)


def _report(runs: int, hits: Counter[tuple[str, str]], findings: Sequence[str]) -> str:
    phases = sorted({phase for phase, _ in hits})
    victims = sorted({victim for _, victim in hits})
    lines = [f"{runs} runs, {sum(hits[key] for key in hits if key[1] != 'nobody')} kills", ""]
    lines.append(f"{'killed':10}" + "".join(f"{phase:>10}" for phase in phases))
    lines += [f"{victim:10}" + "".join(f"{hits[phase, victim]:10}" for phase in phases) for victim in victims]
    lines += ["", f"{len(findings)} findings", *findings]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="how many runs")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="the first run's seed; each next has one more"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
