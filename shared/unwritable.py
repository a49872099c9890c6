"""What the system refuses to write, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import FileUnwritable
from shared.wording import system_fault


@contextmanager
def said_of(path: Path) -> Iterator[None]:
    """Name what the system refuses to write. Raises `FileUnwritable`."""
    try:
        yield
    except OSError as error:
        raise FileUnwritable(name=error.filename or path, cause=system_fault(error)) from error
