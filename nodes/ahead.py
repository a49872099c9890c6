"""Asking the hub for the next thing while the last one is noted; whoever breaks off waits for no answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


def begin(call: Callable[..., T], *given: Any) -> Callable[[], T]:
    """Begin a call in the background; the function that comes back waits for its result, or raises what it raised.

    A pool of threads would be waited for when the program ends, and with it a hub that asks for patience.
    """
    done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((call(*given), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=run, name="ahead", daemon=True).start()

    def result() -> T:
        value, error = done.get()
        if error is not None:
            raise error
        found: T = value
        return found

    return result
