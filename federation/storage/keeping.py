"""Moving sent bytes to their content-addressed place: what is hashed is what is written.

The object is read once. Each byte goes into the digest and into the new object, and the new object comes
into being only when the digest is the signed one; so nobody can swap what was hashed for something else.
"""

from __future__ import annotations

import contextlib
import hashlib
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from federation.storage.errors import DigestMismatch, StorageError, StoreUnavailable, UploadUnknown
from federation.storage.layout import PartDone, part_size_for
from federation.storage.s3 import S3Engine
from federation.storage.settings import MIB

HEAD_BYTES = 8192
"""How much of the beginning is handed back, for telling the type of a file."""

KEEP_PART = 5 * MIB
"""Preferred part of the hub's own writing, the least that S3 takes: two are in memory at once for each task of the
worker, and the client may copy one. With 8 MiB the worker took 10 MiB more and was no quicker."""

Progress = Callable[[int], None]
Read = tuple[bytes, int]
"""What is known of bytes that were read: their beginning, and their CRC-32, which an archive of them will need."""


class Body(Protocol):
    """Bytes that arrive, with the length that they are said to have: an object, or a file of a bundle."""

    @property
    def size(self) -> int:
        """Length in bytes as it is announced."""

    def read(self, length: int, /) -> bytes:
        """At most `length` bytes, none at the end."""


class _Reader:
    """Cuts a body into parts and hashes it on the way."""

    def __init__(self, body: Body, progress: Progress | None) -> None:
        self._body = body
        self._progress = progress
        self._digest = hashlib.sha256()
        self.size = 0
        self.head = b""
        self.crc32 = 0

    def part(self, length: int) -> bytes:
        """The next `length` bytes, fewer only at the end."""
        part = self._body.read(length)
        while len(part) < length and (more := self._body.read(length - len(part))):
            part += more
        self._digest.update(part)
        self.crc32 = zlib.crc32(part, self.crc32)
        if not self.size:
            self.head = part[:HEAD_BYTES]
        self.size += len(part)
        if self._progress is not None:
            self._progress(self.size)
        return part

    def check(self, *, sha256: str, size: int) -> None:
        """Raise DigestMismatch unless all that was read is what was signed."""
        actual = self._digest.hexdigest()
        if (actual, self.size) != (sha256, size):
            raise DigestMismatch(actual_sha256=actual, actual_size=self.size)


def keep(
    engine: S3Engine,
    *,
    source: tuple[str, str],
    target: tuple[str, str],
    sha256: str,
    size: int,
    progress: Progress | None = None,
) -> Read:
    """Copy `source` to `target` (each bucket and key) if it has that digest and size.

    Raises ObjectMissing, DigestMismatch, StoreUnavailable; in each case `target` is as it was before.
    """
    with engine.open(*source) as body:
        return keep_body(engine, body, target=target, sha256=sha256, size=size, progress=progress)


def keep_body(
    engine: S3Engine,
    body: Body,
    *,
    target: tuple[str, str],
    sha256: str,
    size: int,
    progress: Progress | None = None,
) -> Read:
    """Write what arrives in `body` to `target` (bucket and key) if it has that digest and size.

    Raises DigestMismatch, StoreUnavailable, or what `body` raises; in each case `target` is as it was before.
    """
    if body.size != size:
        raise DigestMismatch(actual_sha256=None, actual_size=body.size)
    reader = _Reader(body, progress)
    part_size = part_size_for(size, preferred=KEEP_PART)
    if size <= part_size:
        data = reader.part(part_size)
        reader.check(sha256=sha256, size=size)
        engine.put(*target, data)
    else:
        _keep_in_parts(engine, reader, target, sha256=sha256, size=size, part_size=part_size)
    if engine.size(*target) != size:
        raise StoreUnavailable("an object does not have the size it was written with")
    return reader.head, reader.crc32


def _keep_in_parts(
    engine: S3Engine, reader: _Reader, target: tuple[str, str], *, sha256: str, size: int, part_size: int
) -> None:
    """Write as a multipart upload, which is completed only after the digest was compared."""
    with _multipart(engine, target) as upload:
        parts = _send(engine, reader, target, upload, part_size)
        reader.check(sha256=sha256, size=size)
        # A retry of the client may find the upload completed by its first try; the size check that
        # follows then tells whether the object stands.
        with contextlib.suppress(UploadUnknown):
            engine.complete(*target, upload, parts)


@contextlib.contextmanager
def _multipart(engine: S3Engine, target: tuple[str, str]) -> Iterator[str]:
    """A multipart upload that is dropped when anything goes wrong within."""
    upload = engine.create_multipart(*target)
    try:
        yield upload
    except BaseException:
        # The reason that is under way counts more than a failure to clean up; the store drops
        # unfinished uploads by itself after some days.
        with contextlib.suppress(StorageError):
            engine.abort(*target, upload)
        raise


def _send(engine: S3Engine, reader: _Reader, target: tuple[str, str], upload: str, part_size: int) -> list[PartDone]:
    """Send part after part while the next one is read: never more than two in memory."""
    done: list[PartDone] = []
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="keep") as sender:
        under_way: Future[PartDone] | None = None
        number = 0
        while part := reader.part(part_size):
            number += 1
            if under_way is not None:
                done.append(under_way.result())
            under_way = sender.submit(engine.upload_part, *target, upload, number, part)
        if under_way is not None:
            done.append(under_way.result())
    return done
