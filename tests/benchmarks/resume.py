"""Resuming: what a node that was killed in the middle of a large file sends again, counted on the wire."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from tests.benchmarks import members
from tests.benchmarks.measure import Benchmark, Figure, Measured, at_most
from tests.support.faulty_proxy import BYTES
from tests.support.processes import Command
from tests.support.proxied import ProxiedHub, running_proxied_hub
from tests.support.records import make_record

MIB = 1024**2
PART = 16 * MIB
"""The hub's default `store_part_size`."""
AGAIN = Figure(
    "bytes sent again after a kill -9 at 50 % of 1 GiB",
    "MiB",
    "one part: what the store cannot have, when a part is under way",
    (at_most(PART / MIB),),
)


def run(quick: bool) -> list[Measured]:
    """Kill the node when half has gone through the proxy, synchronise again, and count."""
    size, rounds = (64 * MIB, 1) if quick else (1024 * MIB, 3)
    part_size = {"COMMONS_STORE_PART_SIZE": str(PART)}
    with tempfile.TemporaryDirectory() as place, running_proxied_hub(Path(place) / "var", **part_size) as hub:
        folder = Path(place) / "node"
        node = hub.node(folder, "bench")
        again = [_sent_again(hub, node, folder, Path(place), size) / MIB for _ in range(rounds)]
    return [Measured(AGAIN, again, [PART / MIB], {"MiB": size // MIB, "part": PART // MIB})]


def _sent_again(hub: ProxiedHub, node: Command, folder: Path, place: Path, size: int) -> int:
    path = place / "large.bin"
    block = secrets.token_bytes(MIB)
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(block)
    fields = {key: value for key, value in make_record(links=None).items() if key not in ("id", "version")}
    members.register(folder, [(fields, [path])])
    before = hub.store.bodies()
    process = node.start("sync")
    # In the middle of a part: just at the end of one there would be nothing to send again.
    hub.store.when(BYTES, size // 2 + PART // 2, process.kill)
    process.communicate(timeout=600)
    assert process.returncode < 0, "the node was quicker than its killer"
    hub.heal()
    node.run("sync", "--wait", "300", timeout=900)
    return hub.store.bodies() - before - size


BENCHMARK = Benchmark("resume", (AGAIN,), run)
