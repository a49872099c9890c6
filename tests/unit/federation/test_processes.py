"""The supervisor: what ends is started again, and everything it started is stopped with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from federation.processes import Child, Supervisor
from tests.support.processes import eventually

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(60)",
]
PARENT = """
import sys
from federation.processes import Supervisor
supervisor = Supervisor()
code = "from shared.supervised import die_with_parent; die_with_parent(); import time; time.sleep(60)"
supervisor.add("child", [sys.executable, "-c", code])
print(supervisor.children[0].process.pid, flush=True)
supervisor.run()
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_child_that_is_killed_is_started_again():
    supervisor = Supervisor()
    supervisor.add("child", SLEEP)
    child = supervisor.children[0]
    try:
        first = child.process.pid
        os.kill(first, signal.SIGKILL)

        def revived():
            supervisor.revive()
            return child.process.pid != first and child.process.poll() is None

        eventually(revived)
    finally:
        supervisor.stop()


def test_a_child_that_keeps_failing_is_started_ever_more_slowly():
    supervisor = Supervisor()
    supervisor.add("child", [sys.executable, "-c", "raise SystemExit(3)"])
    child = supervisor.children[0]
    pauses = set()

    def slower():
        supervisor.revive()
        pauses.add(child.pause)
        return len(pauses) >= 3

    eventually(slower, seconds=30)
    supervisor.stop()
    assert sorted(pauses)[-1] > sorted(pauses)[0]


def test_stopping_ends_every_child_even_a_stubborn_one():
    child = Child("stubborn", STUBBORN)
    child.start()
    time.sleep(0.3)
    child.stop(patience=0.5)
    assert child.process.poll() is not None


def test_children_do_not_outlive_a_supervisor_that_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    time.sleep(1.0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    eventually(lambda: not alive(pid))
