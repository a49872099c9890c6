"""The whole catalogue in a file: beside the objects, under the digest of what is in it."""

from __future__ import annotations

import hashlib
import os
from typing import IO

from federation.storage.beside import FileBody
from federation.storage.disposition import content_disposition
from federation.storage.keeping import keep_body
from federation.storage.layout import dump_key
from federation.storage.presign import Presigner
from federation.storage.s3 import S3Engine
from federation.storage.settings import StoreSettings

GZIP = "application/gzip"


class Dumps:
    """Files for everybody to take, by their SHA-256. Every method may raise StoreUnavailable."""

    def __init__(self, engine: S3Engine, outside: Presigner, settings: StoreSettings) -> None:
        self._engine, self._outside, self._settings = engine, outside, settings

    def put(self, file: IO[bytes]) -> tuple[str, int]:
        """Keep the file, all of it or nothing; its SHA-256 and its size in bytes."""
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # IO[bytes] is what it reads
        file.seek(0)
        keep_body(self._engine, FileBody(file, size), target=self._place(sha256), sha256=sha256, size=size)
        return sha256, size

    def delete(self, sha256: str) -> None:
        """Remove a file; that there is none is fine."""
        self._engine.delete(*self._place(sha256))

    def url(self, *, sha256: str, name: str, look: bool = False) -> str:
        """A presigned address that gives the file, called `name`; to `look` is to send HEAD."""
        bucket, key = self._place(sha256)
        query = {
            "response-content-disposition": content_disposition(name, GZIP),
            "response-content-type": GZIP,
        }
        expires = self._settings.download_seconds
        return self._outside.url("HEAD" if look else "GET", bucket=bucket, key=key, expires=expires, query=query)

    def _place(self, sha256: str) -> tuple[str, str]:
        return self._settings.public_bucket, dump_key(sha256)
