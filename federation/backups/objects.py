"""The objects of a backup: their list, their bytes, and what the store lacks of them afterwards."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from federation.backups.folder import make_private, sync
from federation.fixity import REASONS
from federation.models.objects import StoredObject
from federation.storage import DigestMismatch, ObjectMissing, ObjectStore, StoreUnavailable, kept_key
from shared.errors import StoreAway

SOUND, REMOVING = "sound", "removing"
STATES = (SOUND, REMOVING, *REASONS)
_EVER = datetime.max.replace(tzinfo=UTC)
Tell = Callable[[int], object]


@dataclass(frozen=True)
class Listed:
    """One object: its digest and size, its key in the bucket, and its state (sound, removing, or what is damaged)."""

    sha256: str
    size: int
    key: str
    state: str

    @property
    def due(self) -> bool:
        """Whether the store must hold these bytes."""
        return self.state == SOUND


def write_list(here: Connection, target: Path) -> list[Listed]:
    """Write the list of the objects in a database, a JSON object a line, by digest."""
    query = select(StoredObject.sha256, StoredObject.size, StoredObject.damage, StoredObject.removing_at)
    listed = [
        Listed(row.sha256, row.size, kept_key(row.sha256), REMOVING if row.removing_at else row.damage or SOUND)
        for row in here.execute(query.order_by(StoredObject.sha256))
    ]
    with target.open("w", encoding="ascii") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for one in listed)
    return listed


def read_list(source: Path) -> list[Listed]:
    """The list of a backup. Raises `ValueError` for one that is not such a list."""
    with source.open(encoding="utf-8") as file:
        found = [_read(line) for line in file]
    if [one.sha256 for one in found] != sorted({one.sha256 for one in found}):
        raise ValueError("objects stand twice, or not in order")
    return found


def _read(line: str) -> Listed:
    try:
        one = Listed(**json.loads(line))
        good = one.size >= 0 and one.key == kept_key(one.sha256) and one.state in STATES
    except TypeError as error:
        raise ValueError(str(error)) from error
    if not good:
        raise ValueError(f"no such object: {line[:200]}")
    return one


def copy_out(store: ObjectStore, listed: Iterable[Listed], pool: Path, tell: Tell) -> tuple[int, dict[str, str]]:
    """Copy the bytes that the pool lacks out of the store, each compared with its digest.

    Says how many were copied, and which cannot be had and why (one of `fixity.REASONS`). Raises `StoreAway`,
    `OSError`.
    """
    count, lacking = 0, {}
    for one in listed:
        target = pool / one.key
        if one.due and not _is_there(target, one.size):
            damage = _copy_one(store, one, target)
            if damage:
                lacking[one.sha256] = damage
            count += not damage
        tell(one.size)
    return count, lacking


def put_back(store: ObjectStore, listed: Sequence[Listed], pool: Path, tell: Tell) -> int:
    """Put the bytes that the store lacks back from the pool, as far as they are sound there; says how many.

    Raises `StoreAway`.
    """
    count = 0
    held = _held(store)
    for one in listed:
        source = pool / one.key
        if one.due and held.get(one.sha256) != one.size and _is_there(source, one.size):
            count += _put_one(store, one, source)
        tell(one.size)
    return count


def compare(store: ObjectStore, listed: Iterable[Listed]) -> dict[str, str]:
    """What the store lacks of the list, or holds with another size: each digest and why. Raises `StoreAway`."""
    held = _held(store)
    return {
        one.sha256: "size" if one.sha256 in held else "missing"
        for one in listed
        if one.due and held.get(one.sha256) != one.size
    }


def faults_in_pool(listed: Iterable[Listed], pool: Path, spared: Collection[str], tell: Tell) -> Iterator[str]:
    """Read the bytes of a backup that has them: the digests of those that are missing or not right."""
    for one in listed:
        path = pool / one.key
        if one.due and one.sha256 not in spared and not (_is_there(path, one.size) and _is_right(path, one.sha256)):
            yield one.sha256
        tell(one.size)


def clear_pool(pool: Path, named: Collection[str]) -> int:
    """Remove bytes that no backup names, and what killed processes left half written; says how many."""
    gone = [path for path in pool.rglob("*") if path.is_file() and path.name not in named]
    for path in gone:
        path.unlink()
    return len(gone)


def _copy_one(store: ObjectStore, one: Listed, target: Path) -> str:
    """Empty when the bytes are in the pool, else what is wrong with them."""
    make_private(target.parent)
    part = target.with_name(f"{target.name}.part")
    digest, length = hashlib.sha256(), 0
    try:
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(opened, "wb") as file, store.reading(sha256=one.sha256) as pieces:
            for piece in pieces:
                digest.update(piece)
                length += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if length == one.size and digest.hexdigest() == one.sha256:
            part.rename(target)
            sync(target.parent)
            return ""
        return "digest" if length == one.size else "size"
    except ObjectMissing:
        return "missing"
    except StoreUnavailable as error:
        # One that answers and cannot read an object tells something of the object.
        if store.ready():
            return "unreadable"
        raise StoreAway() from error
    finally:
        part.unlink(missing_ok=True)


def _put_one(store: ObjectStore, one: Listed, source: Path) -> bool:
    try:
        with source.open("rb") as file:
            store.keep_body(_Body(file.read, one.size), sha256=one.sha256, size=one.size)
    except (DigestMismatch, OSError):
        # What the backup has is damaged too: the comparison that follows says so.
        return False
    except StoreUnavailable as error:
        raise StoreAway() from error
    return True


@dataclass(frozen=True)
class _Body:
    """A file as a body for the store."""

    read: Callable[[int], bytes]
    size: int


def _held(store: ObjectStore) -> dict[str, int]:
    try:
        return dict(store.kept_before(_EVER))
    except StoreUnavailable as error:
        raise StoreAway() from error


def _is_there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _is_right(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
