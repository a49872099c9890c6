"""Where the task queue is kept: SQLite beside the database, or PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared import private

if TYPE_CHECKING:
    from huey import Huey

DRIVER = "psycopg"


def make_huey(url: str, *, secret: str) -> Huey:
    """The queue behind `url` (sqlite:///path or postgresql://…); its messages are signed with `secret`."""
    if url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///"))
        private.begin(file)
        with _without(DRIVER):
            from huey import SqliteHuey  # noqa: PLC0415  # see `_without`

        return SqliteHuey("commons", filename=str(file), **_common(secret))
    import psycopg  # noqa: PLC0415  # only where it is used
    from huey import PostgresHuey, storage  # noqa: PLC0415

    # Left out if this process has had a queue in SQLite before.
    storage.psycopg = psycopg
    dsn = url.replace("postgresql+psycopg:", "postgresql:")
    # Its tables are made by `prepare_queue`: CREATE TABLE IF NOT EXISTS fails in one of two processes that start at
    # the same moment, and a queue that is away must not keep anything from starting.
    return PostgresHuey("commons", dsn=dsn, create_tables=False, **_common(secret))


def _common(secret: str) -> dict[str, Any]:
    from huey.serializer import SignedSerializer  # noqa: PLC0415  # after the driver was left out or loaded

    return {"results": False, "serializer": SignedSerializer(secret=secret)}


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Load a library as if `module` were not installed, unless it is loaded already.

    Huey loads PostgreSQL's driver when it finds it, for 9 MB in each process that keeps its queue in SQLite.
    """
    if module in sys.modules:
        yield
        return
    # What the import system understands as "there is none" (Python's reference, 5.3.1).
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
