"""Processes that must not outlive the one that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SUPERVISED = "COMMONS_SUPERVISED"
"""Set in the environment of every process that a supervisor of ours keeps running."""
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """End this process when its supervisor dies, even by kill -9 (Linux; elsewhere the supervisor's stop must do)."""
    if SUPERVISED in os.environ and sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
