"""Giving memory back: the page is open all day and used a few minutes of it."""

from __future__ import annotations

import ctypes
import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

M_ARENA_MAX = -8
"""The number of this parameter in glibc's malloc.h."""
UNUSED = ("asyncio", "difflib", "html", "urllib.request")
"""Modules that are named by what the page loads, and used now and then or never."""


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


class LoadedWhenUsed(ModuleType):
    """Stands in for a module, which is loaded when something of it is looked up."""

    def __getattr__(self, name: str) -> Any:
        """What the module itself has by this name."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def lightly() -> Iterator[None]:
    """While modules are loaded that would load others only because they are there; these weigh a tenth of the page.

    http.client and werkzeug are made to do without TLS, for Pythons that were built so: the page serves this machine
    alone. What is in `UNUSED` they, SQLAlchemy, Flask-WTF and we name, and a page at rest never runs. Whoever wants
    any of it afterwards loads it as ever, but for one thing: an http.client that was loaded here has no HTTPS for
    the rest of the process, nor has urllib.request. What we ask of others goes through requests, which has its own.
    """
    others: dict[str, ModuleType | None] = {"ssl": None, **{name: LoadedWhenUsed(name) for name in UNUSED}}
    # SQLAlchemy takes this function of asyncio's; it knows coroutines as well as that one does.
    vars(others["asyncio"])["iscoroutine"] = inspect.iscoroutine
    others = {name: other for name, other in others.items() if name not in sys.modules}
    # None is documented: an import then raises ImportError.
    sys.modules.update(others)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, other in others.items():
            if name in sys.modules and sys.modules[name] is other:
                del sys.modules[name]
