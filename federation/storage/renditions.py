"""PDFs that the hub makes of office documents: beside the documents, under the documents' digests."""

from __future__ import annotations

from federation.storage.beside import Beside
from federation.storage.disposition import content_disposition
from federation.storage.layout import rendition_key
from federation.storage.presign import Presigner
from federation.storage.s3 import S3Engine
from federation.storage.settings import StoreSettings

PDF = "application/pdf"


class Renditions(Beside):
    """At most one PDF for each document, whose digest `sha256` is."""

    def __init__(self, engine: S3Engine, outside: Presigner, settings: StoreSettings) -> None:
        super().__init__(engine, settings, rendition_key)
        self._outside = outside

    def url(self, *, sha256: str, name: str) -> str:
        """A presigned address that shows the PDF in the browser, called `name`."""
        bucket, key = self._place(sha256)
        query = {
            "response-content-disposition": content_disposition(name, PDF, inline=True),
            "response-content-type": PDF,
        }
        expires = self._settings.download_seconds
        return self._outside.url("GET", bucket=bucket, key=key, expires=expires, query=query)
