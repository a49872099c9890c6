"""The supervisor: what ends is started again, and everything it started is stopped with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from federation.processes import Child, Supervisor
from shared.supervised import SUPERVISED
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


def test_stopping_ends_every_child_at_once_even_stubborn_ones():
    supervisor = Supervisor()
    children = [supervisor.add(f"stubborn {number}", STUBBORN) for number in range(4)]
    time.sleep(0.3)
    began = time.monotonic()
    supervisor.stop(patience=0.5)
    assert time.monotonic() - began < 1.5
    assert all(child.process.poll() is not None for child in children)


def test_what_the_others_need_is_asked_to_end_only_after_them():
    supervisor = Supervisor()
    needed = supervisor.keep(Child("needed", SLEEP, last=True))
    other = supervisor.add("other", STUBBORN)
    time.sleep(0.3)
    stopping = threading.Thread(target=supervisor.stop, kwargs={"patience": 0.5})
    stopping.start()
    time.sleep(0.2)
    assert (needed.process.poll(), other.process.poll()) == (None, None)
    stopping.join()
    assert needed.process.poll() is not None


def test_a_child_whose_supervisor_died_before_it_could_ask_ends_at_once():
    code = "from shared.supervised import die_with_parent; die_with_parent(); import time; time.sleep(60)"
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    environ = {**os.environ, SUPERVISED: str(gone.pid)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, timeout=20, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_children_do_not_outlive_a_supervisor_that_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    time.sleep(1.0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    eventually(lambda: not alive(pid))
