"""The files of the node's keys, as far as one can tell from outside: no cryptography is loaded to look at them."""

from __future__ import annotations

import os
from pathlib import Path

FILE, NEXT, PUBLIC = "key.pem", "key.next.pem", "public-keys.json"
LOCKED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def is_locked(folder: Path) -> bool:
    """Whether the key is under a passphrase."""
    try:
        return (folder / FILE).read_bytes().startswith(LOCKED)
    except OSError:
        return False


def stamp(path: Path) -> tuple[int, int]:
    """What tells a file from the one that lay there before. Raises `FileNotFoundError`."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ino


def write_private(path: Path, content: bytes) -> None:
    """Write a file of which nobody ever sees half, and which only its owner may read."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
