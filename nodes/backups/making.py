"""Making a backup while the node runs: the database as of one moment, and the keys that go with it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import select

from nodes import key_files, sqlite_copy
from nodes import membership as memberships
from nodes.backups import contents, dated
from nodes.backups import folder as place
from nodes.backups.contents import Kept
from nodes.key_files import keep_names
from nodes.models import LocalFile, now
from nodes.settings import NodeSettings
from nodes.sync import Reporter
from nodes.workplace import DATABASE, Workplace
from shared import bags, private
from shared.bags import PAYLOAD, Payload
from shared.errors import DatabaseBusy, DatabaseDamaged
from shared.unwritable import said_of

CHUNK = 1024**2
TRIES = 5
"""How often the database is copied anew because a key came into use meanwhile."""
TASK = "备份文件"
_SETTINGS = """# 备份时节点的设置，不含口令。恢复时可用 commons-node --config 指定这份文件。
"""


@dataclass(frozen=True)
class Made:
    """A finished backup: where it is, how much is in it, which older ones went, and whether its key is locked."""

    path: Path
    files: int
    size: int
    forgotten: list[str]
    locked: bool


def make(
    workplace: Workplace, folder: Path, *, with_files: bool, keep: int = 0, reporter: Reporter | None = None
) -> Made:
    """Back the node up into a new dated folder below `folder`, and let go of all but the newest `keep` (0: none).

    `with_files` takes along what the node itself keeps of files; a file that the backup before has already is linked
    to that where the disk can. Raises what `folder.written` raises, `DatabaseBusy`, or `DatabaseDamaged`; then no
    new backup is there.
    """
    target = folder.absolute()
    with workplace.database.unit_of_work(read_only=True) as session:
        membership = memberships.find(session)
    owner = membership.node_id if membership is not None else ""
    with place.written(target, owner=owner), said_of(target):
        moment = now()
        before = dated.backups(target)[-1:]
        with place.draft(target, moment) as (draft, final):
            (draft / PAYLOAD / contents.TOP).mkdir(mode=private.FOLDER, parents=True)
            _copy_database(workplace.folder, draft / PAYLOAD)
            _write(draft / PAYLOAD / contents.SETTINGS, _as_toml(workplace.settings).encode())
            kept = _copy_files(workplace, draft, before, with_files=with_files, reporter=reporter)
            listed = {"folder": str(workplace.folder.resolve()), "files": [one.as_dict() for one in kept]}
            _write(draft / PAYLOAD / contents.LIST, json.dumps(listed).encode())
            payload = _payload(draft, {one.sha256: one.size for one in kept})
            info = {"External-Description": "Backup of a Metrology Commons node; the private key is in it"}
            for name, data in bags.tag_files(payload, info=info, extra={}, moment=moment).items():
                _write(draft / name, data)
        forgotten = place.forget(target, keep=keep) if keep else []
    size = sum(part.size for part in payload)
    return Made(final, len(kept), size, forgotten, key_files.is_locked(workplace.folder))


def _copy_database(folder: Path, data: Path) -> None:
    """The database and the keys, as they were together: a key that comes into use meanwhile begins it anew."""
    for _ in range(TRIES):
        notes = contents.notes(folder)
        sqlite_copy.write(folder / DATABASE, data / DATABASE)
        if contents.notes(folder) == notes:
            break
    else:
        raise DatabaseBusy()
    if not sqlite_copy.is_sound(data / DATABASE):
        raise DatabaseDamaged(path=str(folder / DATABASE))
    for name, content in notes.items():
        _write(data / contents.TOP / name, content)


def _copy_files(
    workplace: Workplace, draft: Path, before: list[Path], *, with_files: bool, reporter: Reporter | None
) -> list[Kept]:
    """Each file once, however many names it has; one that vanishes meanwhile belonged to nothing."""
    found = list(contents.deeper(workplace.folder, with_files=with_files))
    tell = reporter.begin(TASK, sum(_size(path) for _, path in found)) if reporter is not None else None
    known = _known(workplace) if before else {}
    target = draft / PAYLOAD / contents.FILES
    target.mkdir(mode=private.FOLDER)
    kept = []
    for name, path in found:
        with suppress(FileNotFoundError):
            status = path.stat()
            sha256 = known.get((str(path), status.st_size, status.st_mtime_ns), "")
            if not (sha256 and _linked(target / sha256, before, status.st_size)):
                sha256 = _copied(path, target)
            kept.append(Kept(name, sha256, (target / sha256).stat().st_size, status.st_mtime_ns))
            if tell is not None:
                tell(status.st_size)
    keep_names(target)
    return kept


def _known(workplace: Workplace) -> Mapping[tuple[str, int, int], str]:
    """The digests of files that still look as they did when they were registered."""
    with workplace.database.unit_of_work(read_only=True) as session:
        rows = session.execute(select(LocalFile.path, LocalFile.size, LocalFile.mtime_ns, LocalFile.sha256))
        return {(path, size, mtime): sha256 for path, size, mtime, sha256 in rows}


def _linked(target: Path, before: list[Path], size: int) -> bool:
    """Whether the bytes are there now without having been copied: another name led to them, or the backup before."""
    if target.exists():
        return True
    for backup in before:
        source = backup / PAYLOAD / contents.FILES / target.name
        with suppress(OSError):
            if source.stat().st_size == size:
                target.hardlink_to(source)
                return True
    return False


def _copied(path: Path, folder: Path) -> str:
    """Copy a file to where its SHA-256 says, which comes back."""
    digest, draft = hashlib.sha256(), folder / ".copying"
    with path.open("rb") as read, bags.begin_new(draft) as written:
        while chunk := read.read(CHUNK):
            digest.update(chunk)
            written.write(chunk)
        written.flush()
        os.fsync(written.fileno())
    draft.replace(folder / digest.hexdigest())
    return digest.hexdigest()


def _payload(draft: Path, digests: Mapping[str, int]) -> list[Payload]:
    """All that lies in the bag; what was copied under its digest is not read once more."""
    found = []
    for path in sorted((draft / PAYLOAD).rglob("*")):
        if path.is_file():
            name = path.relative_to(draft).as_posix()
            sha256 = path.name if path.name in digests else _digest(path)
            found.append(Payload(name, sha256, path.stat().st_size))
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    """A file that only its owner may read: the key is among them."""
    with open(path, "xb", opener=private.opener) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _as_toml(settings: NodeSettings) -> str:
    """The settings without secrets: TOML's texts, numbers and truth values are JSON's."""
    lines = [
        f"{field.name} = {json.dumps(getattr(settings, field.name), ensure_ascii=False)}\n"
        for field in fields(settings)
        if not field.metadata["secret"]
    ]
    return _SETTINGS + "".join(lines)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
