"""What the hub makes of stored objects and can make again: beside them, under their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from federation.storage.keeping import keep_body
from federation.storage.s3 import S3Engine
from federation.storage.settings import MIB, StoreSettings


class Beside:
    """At most one file for each object, whose digest `sha256` is; `key_of` says where it stands.

    Every method may raise StoreUnavailable.
    """

    def __init__(self, engine: S3Engine, settings: StoreSettings, key_of: Callable[[str], str]) -> None:
        self._engine, self._settings, self._key_of = engine, settings, key_of

    def has(self, *, sha256: str, size: int) -> bool:
        """Whether a file of that size stands there."""
        return self._engine.size(*self._place(sha256)) == size

    def put(self, *, sha256: str, file: IO[bytes]) -> int:
        """Keep this file in place of any other, all of it or nothing; its size in bytes."""
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # IO[bytes] is what it reads
        file.seek(0)
        keep_body(self._engine, FileBody(file, size), target=self._place(sha256), sha256=digest, size=size)
        return size

    @contextmanager
    def reading(self, *, sha256: str, chunk: int = MIB) -> Iterator[Iterator[bytes]]:
        """The bytes in pieces of at most `chunk`; raises ObjectMissing at once."""
        with self._engine.open(*self._place(sha256)) as body:
            yield iter(lambda: body.read(chunk), b"")

    def read_range(self, *, sha256: str, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; raises ObjectMissing."""
        with self._engine.open(*self._place(sha256), span=(offset, length)) as body:
            return body.read(length)

    def delete(self, *, sha256: str) -> None:
        """Remove the file; that there is none is fine."""
        self._engine.delete(*self._place(sha256))

    def _place(self, sha256: str) -> tuple[str, str]:
        return self._settings.public_bucket, self._key_of(sha256)


@dataclass(frozen=True)
class FileBody:
    """A file as a body for the store."""

    file: IO[bytes]
    size: int

    def read(self, length: int, /) -> bytes:
        """The next bytes of the file."""
        return self.file.read(length)
