"""A program, shut in: it reads one file and writes one, and sees nothing else of this machine or the network.

What strangers have written is read by libraries that can be made to do anything, so that is taken for granted.
bubblewrap gives the program namespaces of its own: no network device but a dead loopback, no process but its own, and
of the file system what it is shown and a temporary file system in memory, all of which end with it. No file of the
hub, no key and no variable of its environment is there to be shown.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

POLL_SECONDS = 0.1
TOOLS = ("bwrap", "prlimit", "choom", "nice")
MODEST = ("/usr/bin/env", "nice", "-n", "10", "choom", "-n", "1000", "--")
"""The hub's own work goes first, and where memory runs out it is this that ends, not the database."""
LOCKED = ("--remount-ro", "/dev", "--remount-ro", "/", "--")
"""The last of bubblewrap's options: from now on nothing but /tmp is written."""
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")
"""What every program needs to read. What a system does not have is left out."""

Pause = Callable[[float], object]


class TookTooLong(Exception):
    """The program was ended when its time was up."""


def is_there() -> bool:
    """Whether this host has the tools; whether they are allowed to do it, only trying tells."""
    return all(map(shutil.which, TOOLS))


def shut_in(
    command: Sequence[str],
    *,
    shown: Sequence[str],
    written: int,
    limits: Mapping[str, int],
    options: Sequence[str] = (),
) -> list[str]:
    """The command line that runs `command` in the sandbox (bwrap(1)).

    It sees SYSTEM and `shown`, and may write `written` bytes to its /tmp, which is in memory. `limits` are each
    process's own (getrlimit(2), by prlimit's names); `options` are more of bubblewrap's.
    """
    words = ["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    words += ["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in (("HOME", "/tmp"), ("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8")):  # noqa: S108  # its own
        words += ["--setenv", name, value]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(written), "--tmpfs", "/tmp", "--chdir", "/tmp"]  # noqa: S108  # its own
    for place in (*SYSTEM, *shown):
        words += ["--ro-bind-try", place, place]
    most = [f"--{name}={value}" for name, value in limits.items()]
    return [*MODEST, "prlimit", *most, "bwrap", *words, *options, *LOCKED, *command]


def run(command: Sequence[str], source: IO[bytes] | int, target: IO[bytes], *, seconds: float, pause: Pause) -> int:
    """Run a command to its end, in an environment of nothing but PATH: its exit code.

    `pause` is called several times a second and may raise; then everything that was started is ended first. Raises
    `TookTooLong`.
    """
    process = subprocess.Popen(
        command,
        stdin=source,
        stdout=target,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath)},
        cwd="/",
        start_new_session=True,
    )
    deadline = time.monotonic() + seconds
    try:
        while process.poll() is None:
            if time.monotonic() > deadline:
                raise TookTooLong
            pause(POLL_SECONDS)
    finally:
        if process.poll() is None:
            # bubblewrap's death ends its process namespace, and so all that was started in there.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return process.returncode
