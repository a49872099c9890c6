"""Files as they lie on the institution's disks: read once when registered, checked again before they are sent."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from nodes.documents import regular
from nodes.models import LocalFile
from shared.errors import FileChanged, FileUnreadable
from shared.wording import Words, system_fault

CHUNK = 1024**2
HEAD = 8192
MAX_SHOWN = 200
"""Characters of a path in a message."""
UNTRUSTED = -1
"""In place of a file's time of change: the hub got other bytes than the record says, so read it before it is sent."""
BY_SUFFIX = {
    ".md": "text/markdown",
    ".vtt": "text/vtt",
    ".csv": "text/csv",
    ".toml": "application/toml",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".jsonl": "application/jsonl",
    ".epub": "application/epub+zip",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Types that their content alone does not tell: texts, and kinds of ZIP."""
Progress = Callable[[int], None]
Known = Callable[[Path, os.stat_result], str | None]
"""Gives the SHA-256 of a file at a path that looks so, or None when it has to be read for it."""


@dataclass(frozen=True)
class FileSpec:
    """A file to register: where it lies, under which name and for what use it is shown."""

    path: Path
    name: str = ""
    role: str = "main"
    alt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PreparedFile:
    """A file that was read: its entry for the record, and how it looked on disk."""

    path: Path
    mtime_ns: int
    entry: dict[str, Any]


def prepare(
    specs: Iterable[FileSpec], progress: Progress | None = None, *, known: Known | None = None
) -> list[PreparedFile]:
    """Read each file once for size, SHA-256 and type, but for those whose SHA-256 is `known`.

    Raises `FileUnreadable`, or `FileChanged` under our eyes.
    """
    return [_prepare(spec, progress, known) for spec in specs]


def total_size(specs: Iterable[FileSpec]) -> int:
    """How many bytes there are to read; what cannot be read is said when it is its turn."""
    total = 0
    for spec in specs:
        with suppress(OSError, ValueError, RuntimeError):
            total += regular(spec.path.expanduser()).st_size
    return total


def _prepare(spec: FileSpec, progress: Progress | None, known: Known | None) -> PreparedFile:
    shown = str(spec.path)[:MAX_SHOWN]
    try:
        path = spec.path.expanduser().resolve()
        before = regular(path)
        sha256, head = _known(path, before, progress, known) or _read(path, progress)
        after = path.stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise FileUnreadable(name=shown, cause=system_fault(error)) from error
    if not _is_unicode(path):
        raise FileUnreadable(name=shown, cause=Words("its name is not UTF-8", "文件名不是 UTF-8 编码"))
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise FileChanged(name=shown)
    entry: dict[str, Any] = {
        "name": spec.name or path.name,
        "role": spec.role,
        "media_type": media_type(path, head),
        "size": after.st_size,
        "sha256": sha256,
    }
    if spec.alt:
        entry["alt"] = dict(spec.alt)
    return PreparedFile(path, after.st_mtime_ns, entry)


def _known(
    path: Path, found: os.stat_result, progress: Progress | None, known: Known | None
) -> tuple[str, bytes] | None:
    """The SHA-256 that is known, and the beginning, which tells the type; None for a file that is to be read."""
    sha256 = known(path, found) if known is not None else None
    if sha256 is None:
        return None
    with path.open("rb") as file:
        head = file.read(HEAD)
    if progress is not None:
        progress(found.st_size)
    return sha256, head


def registered(session: Session) -> Known:
    """Knows the files that are registered already and lie as they did then: at this path, so large, changed then.

    So says every tool that copies or builds: a second registering of a folder of videos need not read them all again.
    """

    def known(path: Path, found: os.stat_result) -> str | None:
        as_then = (LocalFile.size == found.st_size) & (LocalFile.mtime_ns == found.st_mtime_ns)
        digests = session.scalars(select(LocalFile.sha256).where(LocalFile.path == str(path), as_then).limit(2)).all()
        return digests[0] if len(digests) == 1 else None

    return known


def _read(path: Path, progress: Progress | None) -> tuple[str, bytes]:
    digest, head = hashlib.sha256(), b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            head = head or chunk[:HEAD]
            digest.update(chunk)
            if progress is not None:
                progress(len(chunk))
    return digest.hexdigest(), head


def media_type(path: Path, head: bytes) -> str:
    """The type by content where content tells, by name where it cannot."""
    suffix = path.suffix.lower()
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    import filetype  # noqa: PLC0415  # the page, open all day, needs it only while something is registered

    by_content = filetype.guess_mime(head) if head else None
    return str(by_content or mimetypes.guess_type(path.name)[0] or _text_or_bytes(head))


def _text_or_bytes(head: bytes) -> str:
    try:
        head[:-4].decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain" if head and b"\x00" not in head else "application/octet-stream"


def remember(
    session: Session,
    files: Iterable[PreparedFile],
    *,
    again: bool = False,
    owners: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Note where the bytes lie; a later place for the same bytes replaces an earlier one.

    `owners` are the ids of the resources that name them, by digest. With `again`, for a new version, they are offered
    to the hub again: it may never have taken them, when it refused an earlier version.
    """
    rows = [
        {
            "sha256": file.entry["sha256"],
            "path": str(file.path),
            "size": file.entry["size"],
            "mtime_ns": file.mtime_ns,
            "sent": False,
            "problem": "",
            "resource_id": owners.get(file.entry["sha256"], ""),
        }
        for file in files
    ]
    if rows:
        statement = insert(LocalFile)
        names = ("path", "mtime_ns", "problem", *(("sent",) if again else ()), *(("resource_id",) if owners else ()))
        replaced = {name: statement.excluded[name] for name in names}
        session.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=replaced), rows)


def offer_again(session: Session, digests: Iterable[str]) -> None:
    """The hub awaits these bytes: they are offered at the next opportunity, whatever was thought of them before."""
    wanted = LocalFile.sha256.in_(list(digests)) & LocalFile.sent
    session.execute(
        update(LocalFile).where(wanted).values(sent=False), execution_options={"synchronize_session": False}
    )


def check_unchanged(file: LocalFile) -> tuple[Path, int]:
    """The path of the bytes, still the same as registered, and their time of change.

    A file whose size and time stand is trusted; one that was touched, or that the hub found to be another
    (`UNTRUSTED`), is read again. Raises `FileChanged` or `FileUnreadable`.
    """
    path = Path(file.path)
    try:
        found = regular(path)
        if found.st_size != file.size:
            raise FileChanged(name=path.name)
        if found.st_mtime_ns != file.mtime_ns and _read(path, None)[0] != file.sha256:
            raise FileChanged(name=path.name)
        if not os.access(path, os.R_OK):
            raise PermissionError(13, "Permission denied")
    except (OSError, ValueError) as error:
        raise FileUnreadable(name=path.name, cause=system_fault(error)) from error
    return path, found.st_mtime_ns


def _is_unicode(path: Path) -> bool:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
