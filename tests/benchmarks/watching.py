"""Watching processes from outside: which ones a hub has, what memory they hold, when a server answers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil
import requests

from tests.support.processes import HubProcess

MIB = 1024**2
INTERVAL = 0.2
"""Seconds between two looks: the kernel takes a few milliseconds to reckon one process."""
MARKS = {"web": "granian", "worker": "federation.worker", "store": "rclone"}
"""What tells the hub's processes apart: a word of their command line."""


def hub_parts(hub: HubProcess) -> dict[str, list[psutil.Process]]:
    """The processes of a running hub by what they do; the web server has a master and its workers."""
    assert hub.process is not None
    found: dict[str, list[psutil.Process]] = {name: [] for name in MARKS}
    for process in psutil.Process(hub.process.pid).children(recursive=True):
        words = process.cmdline()
        for name, mark in MARKS.items():
            if any(mark in Path(word).name for word in words) and process.name() not in ("sh", "dash"):
                found[name].append(process)
    return found


def with_children(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def memory(processes: Iterable[psutil.Process]) -> float:
    """What a group of processes holds in MiB: all that is each one's own, and once what they share.

    For one process that is its resident memory. Of several, the resident memory would count the interpreter's and
    the libraries' pages once for each.
    """
    own, shared = 0, 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            held = process.memory_full_info()
            own += held.uss
            shared = max(shared, held.rss - held.uss)
    return (own + shared) / MIB


def anonymous(processes: Iterable[psutil.Process]) -> float:
    """What a group of processes holds in MiB without the files that are mapped into them, such as an index's.

    Those pages are the kernel's to take away; of what processes share, each has its part (`Pss_Anon`, proc(5)).
    """
    lines = [
        line.split()
        for process in processes
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    ]
    return sum(int(words[1]) for words in lines if words[0] == "Pss_Anon:") / 1024


class Peaks:
    """The highest memory of each group of processes while the block runs."""

    def __init__(self, groups: Mapping[str, Sequence[psutil.Process]]) -> None:
        self.groups = dict(groups)
        self.idle = {name: memory(group) for name, group in groups.items()}
        self.highest = dict(self.idle)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _t: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def watch(self, name: str, pid: int) -> None:
        """Watch one more process from now on, under `name`."""
        self.groups[name] = with_children(pid)
        self.highest.setdefault(name, 0.0)

    def _watch(self) -> None:
        while not self._stop.wait(INTERVAL):
            for name, group in list(self.groups.items()):
                self.highest[name] = max(self.highest[name], memory(group))


def seconds_until_answer(url: str, *, since: float, limit: float = 60.0) -> float:
    """How long after `since` (monotonic) `url` first answered at all."""
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() - since < limit:
            try:
                session.get(url, timeout=5, allow_redirects=False)
            except requests.RequestException:
                time.sleep(0.01)
            else:
                return time.monotonic() - since
    raise AssertionError(f"{url} does not answer")
