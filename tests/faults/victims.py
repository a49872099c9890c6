"""Who is killed, always with SIGKILL: nothing can be tidied up on the way out."""

from __future__ import annotations

import signal
from contextlib import suppress
from subprocess import Popen

import psutil

from tests.faults.site import Site

NODE, WEB, WORKER, STORE, HUB, POWER = "node", "web", "worker", "store", "hub", "power"
"""The node's command; the web server with its own workers; the background worker; the store; the supervisor alone;
every process of the site at one moment."""
DATABASE = "database"
"""PostgreSQL: when one of its processes dies, it ends all others, recovers from its log and goes on."""
PARTS = {WEB: "granian", WORKER: "federation.worker", STORE: "rclone"}


def kill(site: Site, victim: str, node: Popen[str] | None) -> int:
    """Kill; how many processes died of it, 0 when nobody was there."""
    if victim == NODE:
        return _kill([node.pid]) if node is not None and node.poll() is None else 0
    if victim == DATABASE:
        return _kill(_serving(site.hub.process.database.name))
    supervisor = site.hub.process.process
    if supervisor is None or supervisor.poll() is not None:
        return 0
    family = _family(supervisor.pid)
    if victim in (HUB, POWER):
        running = [node.pid] if node is not None and node.poll() is None else []
        others = [*(child.pid for child in family), *running] if victim == POWER else []
        count = _kill([supervisor.pid, *others])
        supervisor.wait()
        return count
    return _kill([child.pid for child in family if _is(child, PARTS[victim])])


def _serving(database: str) -> list[int]:
    """The processes of PostgreSQL that serve this database: they name it in their titles."""
    return [one.pid for one in psutil.process_iter() if _is(one, "postgres:") and _is(one, f" {database} ")]


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def _is(process: psutil.Process, word: str) -> bool:
    with suppress(psutil.NoSuchProcess):
        return any(word in part for part in process.cmdline())
    return False


def _kill(pids: list[int]) -> int:
    """All are stopped first, so that none sees another die."""
    count = 0
    for number in (signal.SIGSTOP, signal.SIGKILL):
        count = 0
        for pid in pids:
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                psutil.Process(pid).send_signal(number)
                count += 1
    return count
