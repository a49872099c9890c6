"""Uploading: the node's real `sync` against `rclone copy` to the same store, and what memory both sides hold."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from federation.embedded_store import find_rclone
from tests.benchmarks import members
from tests.benchmarks.measure import RATIO, Benchmark, Figure, Measured, at_least, at_most
from tests.benchmarks.watching import Peaks, hub_parts
from tests.support.processes import Command, HubProcess, running_hub_process
from tests.support.records import make_record

MIB = 1024**2
COPY = "rclone copy of the same files to the same store"
SMALL = Figure("upload of 200 files of 1 MiB", "MiB/s", COPY, (at_least(0.7, RATIO),))
LARGE = Figure("upload of one file of 1 GiB", "MiB/s", COPY, (at_least(0.7, RATIO),))
MEMORY = {
    name: Figure(f"upload, peak memory of {said}", "MiB", "the same with nothing to send", (at_most(150),))
    for name, said in (("node", "node"), ("web", "hub web"), ("worker", "hub worker"))
}


@dataclass(frozen=True)
class Rclone:
    """The rclone program as a client of the hub's own store."""

    hub: HubProcess

    def copy(self, folder: Path) -> float:
        """Copy a folder into a bucket of its own; how many seconds it took."""
        before = time.perf_counter()
        self._run("copy", str(folder), "store:floor")
        seconds = time.perf_counter() - before
        self._run("purge", "store:floor")
        return seconds

    def _run(self, *words: str) -> None:
        keys = tomllib.loads((self.hub.var / "secrets.toml").read_text(encoding="utf-8"))
        settings = {
            "TYPE": "s3",
            "PROVIDER": "Rclone",
            "ENDPOINT": f"http://127.0.0.1:{self.hub.port + 1}",
            "ACCESS_KEY_ID": keys["store_access_key"],
            "SECRET_ACCESS_KEY": keys["store_secret_key"],
        }
        environ = {f"RCLONE_CONFIG_STORE_{name}": value for name, value in settings.items()}
        command = [str(find_rclone()), *words, "--config", ""]
        subprocess.run(command, env={**os.environ, **environ}, check=True, capture_output=True, timeout=600)


@dataclass
class Bench:
    """A hub, a node, and a folder of files whose bytes are new each round."""

    hub: HubProcess
    node: Command
    node_folder: Path
    place: Path
    peaks: Peaks

    def rest(self) -> None:
        """Synchronise nothing, to see what that alone takes."""
        self._sync()
        self.peaks.idle["node"] = self.peaks.highest["node"]

    def rates(self, name: str, count: int, size: int, rounds: int) -> tuple[list[float], list[float]]:
        """MiB a second of the node's synchronisation and of rclone, in turns."""
        values, floors = [], []
        total = count * size / MIB
        with self._files(name, count, size) as files:
            for _ in range(rounds):
                for path in files:
                    _renew(path)
                record = make_record(links=None)
                fields = {key: value for key, value in record.items() if key not in ("id", "version")}
                members.register(self.node_folder, [(fields, files)])
                values.append(total / self._sync())
                # The worker still reads what was sent; the floor must not share the machine with it.
                self.node.run("sync", "--wait", "300", timeout=400)
                floors.append(total / Rclone(self.hub).copy(files[0].parent))
        return values, floors

    def _sync(self) -> float:
        before = time.perf_counter()
        process = self.node.start("sync", "--json")
        self.peaks.watch("node", process.pid)
        said, _ = process.communicate(timeout=600)
        seconds = time.perf_counter() - before
        assert process.returncode == 0, said
        return seconds

    @contextmanager
    def _files(self, name: str, count: int, size: int) -> Iterator[list[Path]]:
        folder = self.place / name
        folder.mkdir()
        block = secrets.token_bytes(MIB)
        files = [folder / f"{number:04}.bin" for number in range(count)]
        for path in files:
            with path.open("wb") as file:
                for _ in range(size // MIB):
                    file.write(block)
        try:
            yield files
        finally:
            shutil.rmtree(folder)


def _renew(path: Path) -> None:
    """Other bytes, so that the store has never seen the file."""
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(64))


def run(quick: bool) -> list[Measured]:
    """Both kinds of files in rounds; the memory is the highest of all of it."""
    small, large, rounds = (20, 32, 1) if quick else (200, 1024, 3)
    with tempfile.TemporaryDirectory() as place, running_hub_process(Path(place) / "var") as hub:
        folder = Path(place) / "node"
        node = hub.node(folder, "bench")
        with Peaks({name: group for name, group in hub_parts(hub).items() if name != "store"}) as peaks:
            bench = Bench(hub, node, folder, Path(place), peaks)
            bench.rest()
            found = [
                Measured(SMALL, *bench.rates("small", small, MIB, rounds), {"files": small}),
                Measured(LARGE, *bench.rates("large", 1, large * MIB, rounds), {"MiB": large}),
            ]
    return found + [Measured(figure, [peaks.highest[name]], [peaks.idle[name]]) for name, figure in MEMORY.items()]


BENCHMARK = Benchmark("upload", (SMALL, LARGE, *MEMORY.values()), run)
