"""Giving memory back: the page is open all day and used a few minutes of it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def without_tls() -> Iterator[None]:
    """While modules are loaded that would load TLS only because it is there: the page serves this machine alone.

    asyncio (which SQLAlchemy loads and the node never runs), http.client and werkzeug are made to do without it, for
    Pythons that were built so; it weighs a fifteenth of the page. Whoever wants it afterwards loads it as ever.
    """
    if "ssl" in sys.modules:
        yield
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]  # documented: an import then raises ImportError
    try:
        yield
    finally:
        del sys.modules["ssl"]
