"""Bags (BagIt, RFC 8493): a folder and its checksums, as it is written, and as it is read with suspicion.

Only what we write ourselves is read: BagIt 1.0, SHA-256, plain paths in ASCII. So path tricks, names in two Unicode
forms and percent-encoded line ends need no handling: they are refused by name.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from shared.canonical import digest
from shared.errors import (
    BagAltered,
    BagFetches,
    BagIncomplete,
    BagNotPlain,
    BagPathUnsafe,
    BagTooLarge,
    BagUnexpected,
    BagUnreadable,
    FileUnreadable,
    NotABag,
)
from shared.wording import NOT_REGULAR, Words, system_fault

DECLARATION, INFO, FETCH = "bagit.txt", "bag-info.txt", "fetch.txt"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
PAYLOAD = "data/"
DECLARED = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MAX_TAG_BYTES = 64 * 1024**2
MAX_DEPTH = 8
LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+(.+)")
SAFE_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
OXUM = re.compile(r"^Payload-Oxum: *(\d{1,20})\.(\d{1,20}) *\r?$", re.M)
PLAINLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""How a file is opened that somebody else has laid there: no link is followed, and no pipe is waited for."""
A_LINK = Words("it is a symbolic link", "是符号链接")


@dataclass(frozen=True)
class Payload:
    """One file of the payload: its path in the bag, SHA-256, and size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Bag:
    """A bag that is complete; `tags` holds the bytes of its tag files, which are as they were written.

    The payload was counted, not read: whoever reads it compares what was read with `Payload.sha256`.
    """

    folder: Path
    payload: Sequence[Payload]
    tags: Mapping[str, bytes]

    def open(self, part: Payload) -> BinaryIO:
        """A payload file; a link that has taken its place since is not followed."""
        return _open(self.folder / part.path)


# -- writing ---------------------------------------------------------------------------------------------------


def manifest(payload: Sequence[Payload]) -> bytes:
    """The list of the payload."""
    return _lines((part.sha256, part.path) for part in payload)


def tag_files(
    payload: Sequence[Payload], *, info: Mapping[str, str], extra: Mapping[str, bytes], moment: datetime
) -> dict[str, bytes]:
    """All tag files of a bag, in the order to write them: the last one makes the folder a bag."""
    size = sum(part.size for part in payload)
    labels = {**info, "Bagging-Date": moment.date().isoformat(), "Payload-Oxum": f"{size}.{len(payload)}"}
    said = "".join(f"{label}: {' '.join(value.split())}\n" for label, value in labels.items())
    files = {MANIFEST: manifest(payload), INFO: said.encode("utf-8"), **extra}
    listed = sorted({**files, DECLARATION: DECLARED}.items())
    return {**files, TAG_MANIFEST: _lines((digest(data), name) for name, data in listed), DECLARATION: DECLARED}


def _lines(entries: Iterator[tuple[str, str]]) -> bytes:
    return "".join(f"{sha256}  {path}\n" for sha256, path in entries).encode("ascii")


# -- reading ---------------------------------------------------------------------------------------------------


def read_bag(folder: Path, *, extra: Collection[str], most_files: int) -> Bag:
    """The bag in `folder`, which has the tag files `extra` besides those of the standard.

    Raises `NotABag`, `BagUnreadable`, `BagPathUnsafe`, `BagNotPlain`, `BagIncomplete`, `BagUnexpected`, `BagAltered`,
    `BagFetches`, `BagTooLarge` or `FileUnreadable`. Files beside the payload that nobody lists are not looked at, as
    the standard has it: systems leave theirs on every stick.
    """
    sizes = _sizes(folder, most_files)
    if DECLARATION not in sizes or read_whole(folder / DECLARATION, limit=1024) != DECLARED:
        raise NotABag(name=folder.name)
    if FETCH in sizes:
        raise BagFetches()
    tags = _tags(folder, sizes, {MANIFEST, INFO, *extra})
    listed = _listed(tags, MANIFEST)
    held = {path for path in sizes if path.startswith(PAYLOAD)}
    for path in sorted(held - listed.keys()):
        raise BagUnexpected(path=path)
    for path in sorted(listed.keys() - held):
        raise BagIncomplete(path=path)
    bag = Bag(folder, [Payload(path, listed[path], sizes[path]) for path in sorted(listed)], tags)
    _count(bag)
    return bag


def read_whole(path: Path, *, limit: int) -> bytes:
    """All of a small file. Raises `BagTooLarge` above `limit` bytes, or `FileUnreadable`."""
    try:
        with _open(path) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise FileUnreadable(name=path.name or str(path), cause=system_fault(error)) from error
    if len(data) > limit:
        raise BagTooLarge(path=path.name, limit=limit)
    return data


def shown(path: str) -> str:
    """A path that somebody else made up, as it may stand in a message."""
    return "".join(sign if sign.isprintable() else "�" for sign in path)[:200]


def begin_new(path: Path) -> BinaryIO:
    """An empty file to write into, and no other: what has its name already, a link perhaps, makes way unfollowed."""
    path.unlink(missing_ok=True)
    return path.open("xb")


def is_plain(folder: Path) -> bool:
    """Whether all below a folder is files and folders: who writes there writes nowhere else. Raises `OSError`."""
    waiting = [folder]
    while waiting:
        for entry in _entries(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif not entry.is_file(follow_symlinks=False):
                return False
    return True


def _open(path: Path) -> BinaryIO:
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAINLY)
    except OSError as error:
        raise OSError(errno.ELOOP, A_LINK) if path.is_symlink() else error from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, "") if stat.S_ISDIR(mode) else OSError(errno.EINVAL, NOT_REGULAR)
    return open(descriptor, "rb")


def _sizes(folder: Path, most_files: int) -> dict[str, int]:
    """What lies in the bag and how large it is, found without following a link."""
    found: dict[str, int] = {}
    waiting = [("", 0)]
    try:
        while waiting:
            below, depth = waiting.pop()
            for entry in _entries(folder / below):
                path = below + entry.name
                if below and not SAFE_PATH.fullmatch(path):
                    raise BagPathUnsafe(path=shown(path))
                if entry.is_file(follow_symlinks=False):
                    found[path] = entry.stat(follow_symlinks=False).st_size
                elif not entry.is_dir(follow_symlinks=False):
                    raise BagNotPlain(path=shown(path))
                elif below or f"{path}/" == PAYLOAD:
                    if depth == MAX_DEPTH:
                        raise BagUnexpected(path=shown(path))
                    waiting.append((f"{path}/", depth + 1))
                if len(found) > most_files:
                    raise BagTooLarge(path=folder.name, limit=most_files)
    except OSError as error:
        raise FileUnreadable(name=str(folder), cause=system_fault(error)) from error
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _tags(folder: Path, sizes: Mapping[str, int], wanted: Collection[str]) -> dict[str, bytes]:
    """The tag files that we know, each as its own list says that it was written."""
    tags = {}
    for name in sorted({TAG_MANIFEST, *wanted}):
        if name not in sizes:
            raise BagIncomplete(path=name)
        tags[name] = read_whole(folder / name, limit=MAX_TAG_BYTES)
    listed = _listed(tags, TAG_MANIFEST)
    tags[DECLARATION] = DECLARED
    for name in sorted({DECLARATION, *wanted}):
        if listed.get(name) != digest(tags[name]):
            raise BagAltered(path=name)
    return tags


def _listed(tags: Mapping[str, bytes], name: str) -> dict[str, str]:
    """The paths and digests of a list."""
    found: dict[str, str] = {}
    try:
        lines = tags[name].decode("utf-8").removesuffix("\n").split("\n") if tags[name] else []
    except UnicodeDecodeError as error:
        raise BagUnreadable(name=name, line=tags[name][: error.start].count(b"\n") + 1) from error
    for number, line in enumerate(lines, start=1):
        matched = LINE.fullmatch(line.removesuffix("\r"))
        if matched is None:
            raise BagUnreadable(name=name, line=number)
        sha256, path = matched[1].lower(), matched[2]
        if not SAFE_PATH.fullmatch(path) or (name == MANIFEST) != path.startswith(PAYLOAD):
            raise BagPathUnsafe(path=shown(path))
        if path in found:
            raise BagUnreadable(name=name, line=number)
        found[path] = sha256
    return found


def _count(bag: Bag) -> None:
    """Compare the number and size of the payload files with what the bag says of itself."""
    said = OXUM.search(bag.tags[INFO].decode("utf-8", errors="replace"))
    if said is None:
        raise BagUnreadable(name=INFO, line=1)
    if (int(said[1]), int(said[2])) != (sum(part.size for part in bag.payload), len(bag.payload)):
        raise BagAltered(path="Payload-Oxum")
