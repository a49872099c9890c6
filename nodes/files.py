"""Files as they lie on the institution's disks: read once when registered, checked again before they are sent."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filetype
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from nodes.models import LocalFile
from shared.errors import FileChanged, FileUnreadable

CHUNK = 1024**2
HEAD = 8192
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


def prepare(specs: Iterable[FileSpec], progress: Progress | None = None) -> list[PreparedFile]:
    """Read each file once for size, SHA-256 and type. Raises `FileUnreadable`, or `FileChanged` under our eyes."""
    return [_prepare(spec, progress) for spec in specs]


def _prepare(spec: FileSpec, progress: Progress | None) -> PreparedFile:
    path = spec.path.expanduser().resolve()
    try:
        before = path.stat()
        sha256, head = _read(path, progress)
        after = path.stat()
    except OSError as error:
        raise FileUnreadable(name=str(spec.path), cause=error.strerror or type(error).__name__) from error
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise FileChanged(name=str(spec.path))
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


def _read(path: Path, progress: Progress | None) -> tuple[str, bytes]:
    if not path.is_file():
        raise OSError(0, "不是文件" if path.exists() else "文件不存在")
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
    by_content = filetype.guess_mime(head) if head else None
    return str(by_content or mimetypes.guess_type(path.name)[0] or _text_or_bytes(head))


def _text_or_bytes(head: bytes) -> str:
    try:
        head[:-4].decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain" if head and b"\x00" not in head else "application/octet-stream"


def remember(session: Session, files: Iterable[PreparedFile]) -> None:
    """Note where the bytes lie; a later place for the same bytes replaces an earlier one.

    They are offered to the hub (again): it may have let go of them when it refused an earlier version.
    """
    rows = [
        {
            "sha256": file.entry["sha256"],
            "path": str(file.path),
            "size": file.entry["size"],
            "mtime_ns": file.mtime_ns,
            "sent": False,
            "problem": "",
        }
        for file in files
    ]
    if rows:
        statement = insert(LocalFile)
        replaced = {name: statement.excluded[name] for name in ("path", "mtime_ns", "sent", "problem")}
        session.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=replaced), rows)


def check_unchanged(file: LocalFile) -> Path:
    """The path of the bytes, still the same as registered.

    A file whose size and time stand is trusted; one that was touched is read again. Raises `FileChanged` or
    `FileUnreadable`.
    """
    path = Path(file.path)
    try:
        found = path.stat()
        if found.st_size != file.size:
            raise FileChanged(name=path.name)
        if found.st_mtime_ns != file.mtime_ns and _read(path, None)[0] != file.sha256:
            raise FileChanged(name=path.name)
        if not os.access(path, os.R_OK):
            raise PermissionError(13, "没有读取权限")
    except OSError as error:
        raise FileUnreadable(name=path.name, cause=error.strerror or type(error).__name__) from error
    return path
