"""The files of the node's keys, as far as one can tell from outside: no cryptography is loaded to look at them."""

from __future__ import annotations

from pathlib import Path

FILE, NEXT, FORMER = "key.pem", "key.next.pem", "former-keys.json"
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
