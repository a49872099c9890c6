"""What the worker's rounds have in common that make something of one stored file after the other.

Stopping at once, going on after trouble of any kind, fetching a file, and letting go of one when it is not its fault.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryFile, gettempdir
from threading import Event
from typing import IO

import structlog

from federation.models.base import now
from federation.sandbox import Pause
from federation.storage import StorageError

STORE_AWAY = timedelta(minutes=1)
"""When a file is tried again that the store did not give; one that it has lost is found by the fixity check."""
FULL = (errno.ENOSPC, errno.EDQUOT)

log = structlog.get_logger()


class Stopped(Exception):
    """The process is to end; the file at hand is let go."""


def go_on(work: Callable[[Pause], None], stopping: Event, *, what: str, idle: float) -> None:
    """Work until `stopping` is set; `work` is begun again after trouble, which is logged as that of `what`.

    It calls the pause that it is given, in seconds, often enough: that is where it is stopped.
    """

    def pause(seconds: float) -> None:
        if stopping.wait(seconds):
            raise Stopped()

    while not stopping.is_set():
        try:
            work(pause)
        except Stopped:
            return
        except Exception as error:
            # Whatever it is, rounds that have ended unseen are worse than one more attempt.
            log.warning(
                f"{what} broken off", cause=type(error).__name__, folder=gettempdir() if is_full(error) else ""
            )
            stopping.wait(idle)


def is_full(error: Exception) -> bool:
    """Whether there was no room on the disk."""
    return isinstance(error, OSError) and error.errno in FULL


@contextmanager
def letting_go(put_off: Callable[[datetime | None], None], *, later: timedelta) -> Iterator[None]:
    """Let go of the file at hand when what ends this is not its fault: `put_off` to a time, or for anybody at once.

    That is when the worker stops, the store is away or the disk is full. Any other exception leaves it held.
    """
    try:
        yield
    except Stopped:
        put_off(None)
        raise
    except StorageError:
        put_off(now() + STORE_AWAY)
        raise
    except OSError as error:
        if is_full(error):
            put_off(now() + later)
        raise


@contextmanager
def fetched(source: AbstractContextManager[Iterator[bytes]], pause: Pause) -> Iterator[IO[bytes]]:
    """A stored file in one without a name: a worker that is killed leaves nothing behind."""
    with TemporaryFile() as file:
        with source as pieces:
            for piece in pieces:
                file.write(piece)
                pause(0)
        yield file
