"""Giving memory back: the page is open all day and used a few minutes of it."""

from __future__ import annotations

import ctypes
import sys

M_ARENA_MAX = -8
"""The number of this parameter in glibc's malloc.h."""


def one_arena() -> None:
    """Let all threads share one heap (glibc): a heap for each would keep what every thread once needed."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what is free (glibc; elsewhere nothing happens)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
