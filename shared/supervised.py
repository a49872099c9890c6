"""Processes that must not outlive the one that started them, and how it knows them for its own."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SUPERVISED = "COMMONS_SUPERVISED"
"""In the environment of every process that one of ours keeps running: the number of that parent process."""
INSTANCE = "COMMONS_INSTANCE"
"""In the environment of the web process: a random word by which its supervisor knows its answers."""
INSTANCE_HEADER = "X-Commons-Instance"
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """End this process when its supervisor dies, even by kill -9 (Linux; elsewhere the supervisor's stop must do).

    A parent that died before the kernel was asked sends nothing any more, so it is looked for afterwards.
    """
    parent = os.environ.get(SUPERVISED)
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if str(os.getppid()) != parent:
        sys.exit(f"{SUPERVISED}={parent}: the supervisor has ended")
