"""`make run`, which is `commons-hub demo`: what it sets up, says and leaves, goes on with, and forgets."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from federation.demo import FIRST_NODE_PORT, read_members
from tests.support.processes import Command, eventually, free_ports, surroundings

# It has a database and a store of its own, whatever the engine of the run.
pytestmark = [pytest.mark.xdist_group("supervised"), pytest.mark.only_on("sqlite")]
READY_WITHIN = 180
"""Seconds from a fresh clone to a page with results, once everything is installed."""


def _runs(process: psutil.Process) -> bool:
    """Whether it does anything: one that has ended and of which nobody took note yet does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Demo:
    """The demonstration in a folder, started and stopped."""

    def __init__(self, folder: Path) -> None:
        self.var, self.log, self.port = folder / "var", folder / "demo.log", free_ports(FIRST_NODE_PORT + 3)
        self.environ = {"COMMONS_VAR": str(self.var), "COMMONS_PORT": str(self.port), "COMMONS_LANGUAGE": "zh"}
        # The demo's decks are not converted: that has tests of its own.
        self.environ["COMMONS_OFFICE"] = ""
        # Nothing here may wait for the Internet.
        self.environ["COMMONS_LINK_DAYS"] = "0"
        self.command = Command("federation", self.environ)

    def run(self) -> str:
        """Start it and let it finish its work, look at it, and stop it as Ctrl-C does; all that it said."""
        with self.log.open("w") as log:
            words = [sys.executable, "-m", "federation", "demo"]
            environ = {**surroundings(), **self.environ}
            demo = subprocess.Popen(words, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            eventually(lambda: "make clean-data" in self.said() or demo.poll() is not None, seconds=READY_WITHIN)
            assert demo.poll() is None, self.said()
            self.look()
            family = psutil.Process(demo.pid).children(recursive=True)
        finally:
            demo.send_signal(signal.SIGINT)
            code = demo.wait(30)
        assert code == 0
        assert [one for one in family if _runs(one)] == []
        return self.said()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def get(self, address: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{address}", timeout=30)

    def look(self) -> None:
        """Two institutions' resources are public, the third one's wait, and every node has its page."""
        published = [member for member in read_members() if member.published]
        total = eventually(lambda: self.found() if self.found() == 16 * len(published) else 0)
        assert total == 32
        states = self.command.json("status")[0]["states"]
        assert (states["published"], states["in_review"]) == (32, 16)
        for number, member in enumerate(read_members()):
            page = self.get(f"{self.port + FIRST_NODE_PORT + number}/")
            assert (page.status_code, member.name_zh in page.text) == (200, True)

    def found(self) -> int:
        return int(self.get(f"{self.port}/api/v1/search").json()["total"])


def logins(said: str) -> list[tuple[str, str]]:
    return re.findall(r"^ {6}(\w+) +(\S+)  （", said, re.M)


def test_the_demo_sets_everything_up_goes_on_and_is_forgotten(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    first = demo.run()
    *_, before, last = [line for line in first.splitlines() if line.strip()]
    assert "make clean-data" in before
    assert last == "正在停止 …"
    assert [name for name, _ in logins(first)] == ["reviewer", "reviewer2", "admin"]
    assert logins(demo.run()) == logins(first)
    demo.command.run("clean-data", "--yes")
    assert not demo.var.exists()
