"""Starting, running and ending a program without looking for garbage where there is none: among what was loaded.

Python's collector would walk through all modules again and again while they are loaded, once more at the end, when
the system takes all memory back anyway (together a third of the time of a short command), and in every full
collection between: a tenth of a second each in a web server, in the middle of somebody's request.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """While modules are loaded; what is there at the end is not looked at again."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if before:
            gc.enable()


def loaded() -> None:
    """Say that all is there with which a program will run for long: what is garbage by now goes, the rest stays."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


# The last to be done, since it is registered first: what is left then belongs to no collection.
atexit.register(gc.freeze)
