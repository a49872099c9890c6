"""PDFs that the hub makes of office documents: beside the documents, under the documents' digests."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import IO

from federation.storage.disposition import content_disposition
from federation.storage.keeping import keep_body
from federation.storage.layout import rendition_key
from federation.storage.presign import Presigner
from federation.storage.s3 import S3Engine
from federation.storage.settings import StoreSettings

PDF = "application/pdf"


class Renditions:
    """At most one PDF for each document, whose digest `sha256` is. Every method may raise StoreUnavailable."""

    def __init__(self, engine: S3Engine, outside: Presigner, settings: StoreSettings) -> None:
        self._engine, self._outside, self._settings = engine, outside, settings

    def has(self, *, sha256: str, size: int) -> bool:
        """Whether a PDF of that size stands there."""
        return self._engine.size(*self._place(sha256)) == size

    def put(self, *, sha256: str, pdf: IO[bytes]) -> int:
        """Keep this PDF in place of any other, all of it or nothing; its size in bytes."""
        size = pdf.seek(0, os.SEEK_END)
        pdf.seek(0)
        digest = hashlib.file_digest(pdf, "sha256").hexdigest()  # type: ignore[arg-type]  # IO[bytes] is what it reads
        pdf.seek(0)
        keep_body(self._engine, FileBody(pdf, size), target=self._place(sha256), sha256=digest, size=size)
        return size

    def delete(self, *, sha256: str) -> None:
        """Remove the PDF; that there is none is fine."""
        self._engine.delete(*self._place(sha256))

    def url(self, *, sha256: str, name: str) -> str:
        """A presigned address that shows the PDF in the browser, called `name`."""
        bucket, key = self._place(sha256)
        query = {
            "response-content-disposition": content_disposition(name, PDF, inline=True),
            "response-content-type": PDF,
        }
        expires = self._settings.download_seconds
        return self._outside.url("GET", bucket=bucket, key=key, expires=expires, query=query)

    def _place(self, sha256: str) -> tuple[str, str]:
        return self._settings.public_bucket, rendition_key(sha256)


@dataclass(frozen=True)
class FileBody:
    """A file as a body for the store."""

    file: IO[bytes]
    size: int

    def read(self, length: int, /) -> bytes:
        """The next bytes of the file."""
        return self.file.read(length)
