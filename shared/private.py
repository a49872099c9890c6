"""Files that only their owner may read: databases hold the words of people and the digests of their passwords."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
"""The permissions of a data folder that we make, and of a file in it."""


def begin(path: str | Path | None) -> None:
    """Make the empty file that a database will fill, for its owner only; SQLite gives its log the same permissions.

    One that is there stays as it is: an operator may have opened it to a group. What cannot be made is the
    database's own to complain of.
    """
    if path and str(path) != ":memory:":
        with suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE))


def opener(path: str, flags: int) -> int:
    """For `open(…, opener=private.opener)`: a file that is made then is for its owner only."""
    return os.open(path, flags, FILE)
