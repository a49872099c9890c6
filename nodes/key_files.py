"""The files of the node's keys, as far as one can tell from outside: no cryptography is loaded to look at them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from shared import private

FILE, NEXT, PUBLIC = "key.pem", "key.next.pem", "public-keys.json"
ASKING = "key.join-{}.pem"
"""The key with which a member asks to come back by stick, until the reply is there: one for each invitation."""
LOCKED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def is_locked(folder: Path) -> bool:
    """Whether the key is under a passphrase."""
    try:
        return (folder / FILE).read_bytes().startswith(LOCKED)
    except OSError:
        return False


def asking(token: str) -> str:
    """The name of the file of the key for that invitation, which the name does not give away."""
    return ASKING.format(hashlib.sha256(token.strip().encode("utf-8")).hexdigest()[:16])


def all_asking(folder: Path) -> list[Path]:
    """The files of such keys that are there, the first that was written the first."""
    return sorted(folder.glob(ASKING.format("*")), key=stamp)


def stamp(path: Path) -> tuple[int, int]:
    """What tells a file from the one that lay there before. Raises `FileNotFoundError`."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ino


def write_private(path: Path, content: bytes, *, anew: bool = False) -> None:
    """Write a file of which nobody ever sees half, and which only its owner may read.

    With `anew` one that is there already stays: `FileExistsError` says so.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(draft, "wb", opener=private.opener) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if anew:
        _name_anew(draft, path)
    else:
        draft.replace(path)
    keep_names(path.parent)


def _name_anew(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        # A disk that knows no second names, such as a stick's: there it can only be looked for.
        if path.exists():
            raise FileExistsError(path) from None
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def keep_names(folder: Path) -> None:
    """Have the names in a folder outlast a power cut: a key that the hub knows must not be gone after it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
