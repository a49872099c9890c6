"""Files that the page brings: written to the data folder as they arrive, measured once, never held in memory.

Each lies in a folder of its own below `uploads/`, called by its key. One that comes in pieces is `KEY.part` until it
is complete: whoever was cut off goes on where it got to. What nobody came back for in a week, and no draft and no
registered file is, is swept away.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes.database import Database
from nodes.extraction import reader
from nodes.extraction.facts import Facts, facts_from
from nodes.file_names import file_name
from nodes.files import CHUNK, HEAD, FileSpec, PreparedFile
from nodes.models import Upload
from shared.errors import DiskFull, FieldError, FileIncomplete, FileTooLarge, InvalidRequest, NotFound, PieceMisplaced
from shared.record import MAX_FILE_BYTES

FOLDER = "uploads"
MAX_DISK_NAME = 200
"""Bytes of a name on disk; file systems take 255."""
MAX_SUFFIX = 20
"""Bytes of what may follow the last dot: more is no suffix but a part of the name."""
KEEP_SECONDS = 7 * 24 * 3600
SPARE = 64 * 1024**2
"""Bytes of disk that a file leaves for the database."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.I)
"""Names of files that Windows takes for devices."""
_KEY = re.compile(r"[0-9a-f]{32}")


def disk_name(name: str) -> str:
    """The name under which a file lies on disk: its own, without a path, within what file systems take."""
    plain = file_name(re.split(r"[/\\]", name)[-1]) or "file"
    plain = f"_{plain}" if _DEVICE.fullmatch(plain) else plain
    stem, dot, suffix = plain.rpartition(".")
    if not stem or len(suffix.encode()) > MAX_SUFFIX:
        stem, dot, suffix = plain, "", ""
    room = MAX_DISK_NAME - len((dot + suffix).encode())
    return stem.encode("utf-8")[:room].decode("utf-8", errors="ignore").rstrip(". ") + dot + suffix


class _Pending:
    """The digest of a file that is still coming, of its first `length` bytes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.digest, self.length = hashlib.sha256(), 0

    def take(self, data: bytes) -> None:
        """Add what has come."""
        self.digest.update(data)
        self.length += len(data)

    def become(self, file: IO[bytes], length: int) -> None:
        """Be the digest of the first `length` bytes of `file`, which is read only when we were at another place."""
        if self.length == length:
            return
        self.digest, self.length = hashlib.sha256(), 0
        file.seek(0)
        while self.length < length and (chunk := file.read(min(CHUNK, length - self.length))):
            self.take(chunk)


class Arrivals:
    """The files that the page of one node has brought."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self.folder = database, folder
        self._pending: dict[str, _Pending] = {}

    def begin(self, name: str, size: int) -> Upload:
        """Expect a file. Raises `FileTooLarge`, `DiskFull` or `InvalidRequest` before a byte has come."""
        if size < 0:
            raise InvalidRequest(errors=[FieldError("/size", "bad_number")])
        if size > MAX_FILE_BYTES:
            raise FileTooLarge(limit=MAX_FILE_BYTES, size=size)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(self.folder).free < size + SPARE:
            raise DiskFull(path=str(self.folder))
        upload = Upload(key=uuid.uuid4().hex, name=disk_name(name), size=size)
        self._part(upload.key).touch()
        with self._database.unit_of_work() as session:
            session.add(upload)
        return upload

    def append(self, key: str, offset: int, stream: IO[bytes]) -> int:
        """Write a piece that begins at `offset`; how many bytes are here now.

        A piece may be sent again. Raises `PieceMisplaced` when there would be a gap, `FileIncomplete` when it is
        more than was said, `NotFound`, or what the disk raises.
        """
        upload, pending = self.find(key), self._pending.setdefault(key, _Pending())
        with pending.lock:
            part = self._part(key)
            have = part.stat().st_size if part.exists() else upload.size
            if not 0 <= offset <= have or upload.sha256:
                raise PieceMisplaced(received=have)
            with part.open("r+b") as file:
                pending.become(file, offset)
                file.truncate(offset)
                file.seek(offset)
                while chunk := stream.read(CHUNK):
                    if pending.length + len(chunk) > upload.size:
                        raise FileIncomplete(name=upload.name, size=upload.size, received=pending.length + len(chunk))
                    file.write(chunk)
                    pending.take(chunk)
            return pending.length

    def finish(self, key: str) -> Upload:
        """The complete file with digest and type; asked again, the same. Raises `FileIncomplete` or `NotFound`."""
        upload, pending = self.find(key), self._pending.setdefault(key, _Pending())
        with pending.lock:
            part, path = self._part(key), self.folder / key / upload.name
            if upload.sha256 or not part.exists():
                return self.measured(key)
            received = part.stat().st_size
            if received != upload.size:
                raise FileIncomplete(name=upload.name, size=upload.size, received=received)
            with part.open("rb") as file:
                head = file.read(HEAD)
                pending.become(file, received)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            part.replace(path)
            found = self._write(
                key,
                sha256=pending.digest.hexdigest(),
                mtime_ns=path.stat().st_mtime_ns,
                media_type=local_files.media_type(path, head),
            )
        self._pending.pop(key, None)
        return found

    def note(self, path: Path, sha256: str) -> None:
        """Know a file that came whole and was digested while it was written; its folder is called by its key."""
        found = path.stat()
        values = {"name": path.name, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
        self._write(path.parent.name, sha256=sha256, media_type=self.type_of(path), **values)

    def find(self, key: str) -> Upload:
        """What is known of the upload. Raises `NotFound`."""
        with self._database.unit_of_work(read_only=True) as session:
            found = session.get(Upload, key)
        if found is None:
            raise NotFound()
        return found

    def path(self, key: str) -> Path:
        """Where a complete file lies. Raises `NotFound`."""
        folder = self.folder / key
        found = next(folder.iterdir(), None) if _KEY.fullmatch(key) and folder.is_dir() else None
        if found is None:
            raise NotFound()
        return found

    def known(self, session: Session, keys: Collection[str]) -> dict[str, Upload]:
        """What is known of many uploads, in one query."""
        return {found.key: found for found in session.scalars(select(Upload).where(Upload.key.in_(keys)))}

    def measured(self, key: str, known: Upload | None = None) -> Upload:
        """A complete file with its digest, read for that only when nobody has, or when it has changed since.

        `known` is its row, for who has it already. Raises `NotFound`, `FileUnreadable` or `FileChanged`.
        """
        if known is None:
            with self._database.unit_of_work(read_only=True) as session:
                known = session.get(Upload, key)
        if known is not None and known.sha256 and self._stands(known):
            return known
        [read] = local_files.prepare([FileSpec(self.path(key))])
        entry = read.entry
        return self._write(
            key,
            name=entry["name"],
            size=entry["size"],
            sha256=entry["sha256"],
            mtime_ns=read.mtime_ns,
            media_type=entry["media_type"],
        )

    def _stands(self, upload: Upload) -> bool:
        """Whether a file looks as it did when it was measured."""
        try:
            found = (self.folder / upload.key / upload.name).stat()
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns) == (upload.size, upload.mtime_ns)

    def type_of(self, path: Path) -> str:
        """The media type of a file by its content; empty when it cannot be read."""
        try:
            with path.open("rb") as file:
                return local_files.media_type(path, file.read(HEAD))
        except OSError:
            return ""

    def facts(self, key: str) -> Facts:
        """What the file says of itself, read once. Raises what `measured` raises."""
        upload = self.measured(key)
        if not upload.facts:
            self._write(key, facts=reader.read(self.path(key)).as_dict())
        return facts_from(self.find(key).facts)

    def prepared(
        self, key: str, *, name: str, role: str, alt: Mapping[str, str], known: Upload | None = None
    ) -> PreparedFile:
        """The file as a record takes it. Raises what `measured` raises."""
        upload = self.measured(key, known)
        path = (self.folder / key / upload.name).resolve()
        entry = {
            "name": name or upload.name,
            "role": role,
            "media_type": upload.media_type,
            "size": upload.size,
            "sha256": upload.sha256,
        }
        return PreparedFile(path, upload.mtime_ns, entry | ({"alt": dict(alt)} if alt else {}))

    def drop(self, key: str) -> None:
        """Forget a file and remove its bytes; the caller knows that nothing else is made of it."""
        if _KEY.fullmatch(key):
            shutil.rmtree(self.folder / key, ignore_errors=True)
            with suppress(OSError):
                self._part(key).unlink(missing_ok=True)
            self._pending.pop(key, None)
            with self._database.unit_of_work() as session:
                session.execute(delete(Upload).where(Upload.key == key))

    def sweep(self, *, registered: Collection[str], wanted: Collection[str]) -> None:
        """Remove what is older than a week, unless a registered file lies there or a draft wants the key."""
        if not self.folder.is_dir():
            return
        left = set()
        for place in self.folder.iterdir():
            key = place.name.removesuffix(".part")
            inside = list(place.iterdir()) if place.is_dir() else []
            used = key in wanted or not _KEY.fullmatch(key) or any(str(path) in registered for path in inside)
            if used or time.time() - place.stat().st_mtime <= KEEP_SECONDS:
                left.add(key)
            elif place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)
        with self._database.unit_of_work() as session:
            gone = set(session.scalars(select(Upload.key))) - left
            for key in gone:
                session.execute(delete(Upload).where(Upload.key == key))

    def _part(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise NotFound()
        return self.folder / f"{key}.part"

    def _write(self, key: str, **values: object) -> Upload:
        with self._database.unit_of_work() as session:
            found = session.get(Upload, key) or Upload(key=key, name="", size=0)
            for name, value in values.items():
                setattr(found, name, value)
            session.add(found)
        return found
