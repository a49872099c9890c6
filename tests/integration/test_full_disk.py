"""A hub whose disk runs full says so, breaks nothing, and goes on when there is room."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.processes import Command, HubProcess, eventually, running_hub_process
from tests.support.small_disks import fill, small_disk

pytestmark = pytest.mark.only_on("sqlite")  # database and store share the hub's own disk

MIB = 1024**2


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", mib=192) as place:
        yield place


def register(node: Command, path: Path, size: int) -> str:
    path.write_bytes(hashlib.sha256(path.name.encode()).digest() * (size // 32))
    words = ["--title-zh", path.stem, "--summary-zh", "很大", "--type", "dataset", "--theme", "knowledge"]
    return str(node.json("register", *words, "--license", "CC0-1.0", "--file", str(path))["id"])


def check_whole(hub: HubProcess) -> None:
    """The database is sound, and each stored object has the bytes that its name promises."""
    with closing(sqlite3.connect(hub.var / "hub.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        digests = [row[0] for row in database.execute("SELECT sha256 FROM stored_objects")]
    assert digests
    for sha256 in digests:
        path = hub.var / "store" / "objects" / "public" / "sha256" / sha256[:2] / sha256[2:4] / sha256
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def test_a_disk_that_runs_full_in_the_middle_costs_nothing_but_time(tmp_path: Path, disk: Path) -> None:
    with running_hub_process(disk / "var", COMMONS_SWEEP_SECONDS="1", COMMONS_MIN_FREE_BYTES="0") as hub:
        node = hub.node(tmp_path / "node", "full")
        node.environ["COMMONS_NODE_ATTEMPTS"] = "2"
        register(node, tmp_path / "first.bin", 3 * MIB)
        assert node.json("sync", "--wait", "60")["states"] == {"in_review": 1}

        register(node, tmp_path / "second.bin", 20 * MIB)
        ballast = fill(disk)
        # Not even the row of the request's nonce can be written.
        assert "平台的磁盘空间不足" in node.run("sync", check=3).stderr
        assert hub.get("/").status_code == 200
        ballast.unlink()
        check_whole(hub)

        ballast = fill(disk, leaving=6 * MIB)
        assert "下次同步时继续" in node.run("sync", check=5).stdout
        ballast.unlink()
        check_whole(hub)

        # Room for what is sent, not for all copies that are made of it on the way: whichever step fails, it waits.
        ballast = fill(disk, leaving=30 * MIB)
        node.run("sync", "--wait", "5", check=None)
        ballast.unlink()
        check_whole(hub)
        assert eventually(lambda: node.json("sync", check=None)["states"] == {"in_review": 2}, seconds=150)
        check_whole(hub)
        said = hub.log.read_text(encoding="utf-8")
        assert '"code": "hub_full"' in said


@pytest.mark.parametrize("leaving", [4096, 16384, 65536])
def test_a_command_that_finds_no_room_at_all_says_so(tmp_path: Path, leaving: int) -> None:
    with small_disk(tmp_path / "disk", mib=1) as disk:
        fill(disk, leaving=leaving)
        done = Command("federation", {"COMMONS_VAR": str(disk / "var")}).run("institution", "list", check=None)
    assert done.returncode in (1, 3)
    assert done.stderr.startswith("错误：")


def test_before_the_disk_is_full_files_are_refused_and_everything_else_goes_on(tmp_path: Path, disk: Path) -> None:
    with running_hub_process(disk / "var", COMMONS_MIN_FREE_BYTES=str(64 * MIB)) as hub:
        node = hub.node(tmp_path / "node", "tight")
        register(node, tmp_path / "first.bin", MIB)
        ballast = fill(disk, leaving=60 * MIB)
        done = node.json("sync", check=5)
        assert (done["accepted"], done["bytes_sent"], done["states"]) == (1, 0, {"awaiting_files": 1})
        [said] = done["files_failed"].values()
        assert "平台的磁盘空间不足" in said
        ready = hub.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["disk"]) == (200, False)
        ballast.unlink()
        assert hub.get("/readyz").json()["checks"]["disk"] is True
        assert node.json("sync", "--wait", "60")["states"] == {"in_review": 1}
