"""The object store as the hub uses it: upload grants, verification, kept objects, download addresses."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from http import HTTPStatus
from http.client import HTTPException
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from federation.storage.beside import Beside
from federation.storage.disposition import HTML, OPAQUE, content_disposition, content_type
from federation.storage.dumps import Dumps
from federation.storage.errors import IncompleteUpload, ObjectMissing, UploadUnknown
from federation.storage.keeping import HEAD_BYTES, Body, Progress, keep, keep_body
from federation.storage.layout import (
    DERIVATIVE_SUFFIX,
    INCOMING_PREFIX,
    RENDITION_SUFFIX,
    PartDone,
    PartGrant,
    derivative_key,
    dump_key,
    incoming_key,
    is_digest,
    kept_key,
    missing_parts,
    part_count,
    part_size_for,
    part_span,
    rendition_key,
)
from federation.storage.presign import Draft, Presigner
from federation.storage.renditions import Renditions
from federation.storage.s3 import S3Engine
from federation.storage.settings import MIB, StoreSettings

DRAFTS_KEPT = 1024
"""Download addresses whose unchanging part is kept in memory."""


@dataclass(frozen=True)
class Kept:
    """Verified bytes that stand at their content-addressed key.

    `head` are the first 8 KiB; `crc32` is None for what stood there already and was not read again.
    """

    sha256: str
    size: int
    head: bytes
    crc32: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Lying:
    """An object in the public bucket. With all digests None it is not ours.

    `sha256` is set when its key is its content's address, `rendition_of` when it is the PDF of the document with
    that digest, `derivative_of` when it is the pictures of that object, `dump` when it is a dump of the catalogue.
    """

    key: str
    sha256: str | None
    size: int
    written: datetime
    rendition_of: str | None = None
    derivative_of: str | None = None
    dump: str | None = None


class ObjectStore:
    """Two buckets of one S3 store: `incoming`, which grants cover, and `public`, which none ever does.

    Every method may raise StoreUnavailable, and can be repeated after a crash at any point.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self.settings = settings
        self._engine = S3Engine(settings)
        self._inside = _presigner(settings, settings.endpoint)
        self._outside = _presigner(settings, settings.public_endpoint or settings.endpoint)
        self.renditions = Renditions(self._engine, self._outside, settings)
        self.derivatives = Beside(self._engine, settings, derivative_key)
        self.dumps = Dumps(self._engine, self._outside, settings)
        # Everything but time and signature is the same each time that a file is asked for.
        self._downloads = lru_cache(maxsize=DRAFTS_KEPT)(self._draft_download)

    @cached_property
    def _plain(self) -> OpenerDirector:
        """For the one plain question whether the store is there, in processes that need no more of it.

        Made when it is first asked: reading the system's certificates takes longer than all else here.
        """
        settings = self.settings
        proxies = ProxyHandler({}) if settings.is_local else ProxyHandler()
        return build_opener(proxies, HTTPSHandler(context=ssl.create_default_context(cafile=settings.ca_bundle)))

    # -- the store itself --------------------------------------------------------------------------------

    def ensure_buckets(self) -> bool:
        """Make both buckets; says whether the store itself forgets what is never verified.

        If not, the leftovers wait for `commons-hub gc`.
        """
        incoming, public = self.settings.incoming_bucket, self.settings.public_bucket
        self._engine.create_bucket(incoming)
        self._engine.create_bucket(public)
        days = self.settings.incoming_days
        self._engine.expire(public, days=days, objects=False)
        return self._engine.expire(incoming, days=days, objects=True)

    def ready(self) -> bool:
        """Whether the store answers within two seconds and has the public bucket; raises nothing."""
        url = self._inside.url("HEAD", bucket=self.settings.public_bucket, expires=60)
        try:
            with self._plain.open(Request(url, method="HEAD"), timeout=2) as answer:  # noqa: S310  # our own store
                return bool(answer.status == HTTPStatus.OK)
        except (OSError, HTTPException):
            return False

    def sent_before(self, moment: datetime) -> Iterator[tuple[str, int]]:
        """What was sent before `moment` and still lies in the incoming bucket: upload id and bytes."""
        for key, size, written in self._engine.objects(self.settings.incoming_bucket, INCOMING_PREFIX):
            if written < moment:
                yield key.removeprefix(INCOMING_PREFIX), size

    def in_public(self) -> Iterator[Lying]:
        """Everything that lies in the public bucket, whoever put it there."""
        for key, size, written in self._engine.objects(self.settings.public_bucket, ""):
            name = key.rpartition("/")[2]
            rendered, pictured = name.removesuffix(RENDITION_SUFFIX), name.removesuffix(DERIVATIVE_SUFFIX)
            yield Lying(
                key,
                name if is_digest(name) and key == kept_key(name) else None,
                size,
                written,
                rendition_of=rendered if is_digest(rendered) and key == rendition_key(rendered) else None,
                derivative_of=pictured if is_digest(pictured) and key == derivative_key(pictured) else None,
                dump=name if is_digest(name) and key == dump_key(name) else None,
            )

    def kept_before(self, moment: datetime) -> Iterator[tuple[str, int]]:
        """The content-addressed objects last written before `moment`: SHA-256 and bytes."""
        for one in self.in_public():
            if one.sha256 and one.written < moment:
                yield one.sha256, one.size

    def abort_multiparts(self, *, before: datetime, spared: Collection[str]) -> int:
        """Drop unfinished multipart uploads begun before `moment`, but for those of the upload ids in `spared`."""
        count = 0
        for bucket in (self.settings.incoming_bucket, self.settings.public_bucket):
            for key, upload in self._engine.multiparts_before(bucket, before):
                if key.removeprefix(INCOMING_PREFIX) not in spared:
                    self._engine.abort(bucket, key, upload)
                    count += 1
        return count

    # -- upload grants -----------------------------------------------------------------------------------

    def open_upload(self, *, upload_id: str, size: int) -> str | None:
        """Begin an upload of `size` bytes: the store's id of a multipart upload, or None for one PUT.

        Raises TooManyParts.
        """
        if size <= self._part_size(size):
            return None
        return self._engine.create_multipart(*self._incoming(upload_id))

    def grant_parts(
        self, *, upload_id: str, store_upload_id: str, size: int, part_numbers: list[int]
    ) -> list[PartGrant]:
        """An address for each part asked for, each good for just its number of bytes.

        Raises PartOutOfRange.
        """
        part_size = self._part_size(size)
        grants = []
        for number in part_numbers:
            offset, length = part_span(number, size=size, part_size=part_size)
            query = {"uploadId": store_upload_id, "partNumber": str(number)}
            url = self._grant(upload_id, length, query)
            grants.append(PartGrant(number=number, url=url, offset=offset, size=length))
        return grants

    def grant_put(self, *, upload_id: str, size: int) -> str:
        """An address that takes the whole file in one PUT of just `size` bytes."""
        return self._grant(upload_id, size, {})

    def list_parts(self, *, upload_id: str, store_upload_id: str) -> list[PartDone]:
        """What the store holds of a multipart upload, in order; raises UploadUnknown."""
        return self._engine.list_parts(*self._incoming(upload_id), store_upload_id)

    def arrived(self, *, upload_id: str, store_upload_id: str, size: int) -> dict[int, int]:
        """Which parts of a multipart upload have arrived, each with its size; none of one that is not known.

        All of one that was made whole by a call that did not live to say so. None when any of them has another size
        than it must have: the operator has changed the parts' size since, and they will never make the file.
        """
        part_size = self._part_size(size)
        numbers = range(1, part_count(size, part_size) + 1)
        whole = {number: part_span(number, size=size, part_size=part_size)[1] for number in numbers}
        try:
            parts = self.list_parts(upload_id=upload_id, store_upload_id=store_upload_id)
        except UploadUnknown:
            return whole if self._engine.size(*self._incoming(upload_id)) == size else {}
        fit = all(whole.get(part.number) == part.size for part in parts)
        return {part.number: part.size for part in parts} if fit else {}

    def complete_upload(self, *, upload_id: str, store_upload_id: str, size: int) -> None:
        """Make what was sent in parts one object, after asking the store itself which parts it holds.

        Raises IncompleteUpload with the numbers of the parts that are missing, and UploadUnknown if the store has
        forgotten the upload. An upload that is complete stays so.
        """
        place = self._incoming(upload_id)
        try:
            parts = self._engine.list_parts(*place, store_upload_id)
            missing = missing_parts(parts, size=size, part_size=self._part_size(size))
            if missing:
                raise IncompleteUpload(missing)
            self._engine.complete(*place, store_upload_id, parts)
        except UploadUnknown:
            # Completed by a call that did not live to say so, if the object stands.
            if self._engine.size(*place) != size:
                raise

    def abort_upload(self, *, upload_id: str, store_upload_id: str | None) -> None:
        """Forget an upload: the parts that were sent, and the object if there is one."""
        place = self._incoming(upload_id)
        if store_upload_id is not None:
            self._engine.abort(*place, store_upload_id)
        self._engine.delete(*place)

    # -- verification ------------------------------------------------------------------------------------

    def verify_and_keep(
        self, *, upload_id: str, sha256: str, size: int, replace: bool = False, progress: Progress | None = None
    ) -> Kept:
        """Read what was sent once, writing it to its content-addressed key if it is what was signed.

        What stands there already is trusted, unless `replace` says that it is damaged. `progress` is told the
        number of bytes read so far. What was sent is removed afterwards; on DigestMismatch it stays until
        `abort_upload`. Raises ObjectMissing, DigestMismatch.
        """
        source, target = self._incoming(upload_id), self._kept(sha256)
        head, crc32 = None if replace else self._head(target, size), None
        if head is None:
            try:
                head, crc32 = keep(
                    self._engine, source=source, target=target, sha256=sha256, size=size, progress=progress
                )
            except ObjectMissing:
                # Another call kept the object and removed what was sent; it has not said so yet, or did not live to.
                stands = not replace or self._is_sound(sha256, size)
                head = self._head(target, size) if stands else None
                if head is None:
                    raise
        self._engine.delete(*source)
        return Kept(sha256=sha256, size=size, head=head, crc32=crc32)

    def keep_body(
        self, body: Body, *, sha256: str, size: int, replace: bool = False, progress: Progress | None = None
    ) -> Kept:
        """Read `body` once, writing it to its content-addressed key if it is what was signed.

        What is kept already is not read again, unless `replace` says that it is damaged. Raises DigestMismatch, or
        what reading `body` raises.
        """
        target = self._kept(sha256)
        head, crc32 = None if replace else self._head(target, size), None
        if head is None:
            head, crc32 = keep_body(self._engine, body, target=target, sha256=sha256, size=size, progress=progress)
        return Kept(sha256=sha256, size=size, head=head, crc32=crc32)

    def _head(self, place: tuple[str, str], size: int) -> bytes | None:
        """The beginning of what is kept at `place`, None if there is nothing of that size."""
        if self._engine.size(*place) != size:
            return None
        with self._engine.open(*place) as body:
            return body.read(HEAD_BYTES)

    # -- kept objects ------------------------------------------------------------------------------------

    def has(self, *, sha256: str, size: int) -> bool:
        """Whether these bytes are kept."""
        return self._engine.size(*self._kept(sha256)) == size

    @contextmanager
    def reading(self, *, sha256: str, chunk: int = MIB) -> Iterator[Iterator[bytes]]:
        """The kept bytes in pieces of at most `chunk` bytes; raises ObjectMissing at once.

        A context, so that the connection is free again also when the reader stops early or never begins.
        """
        with self._engine.open(*self._kept(sha256)) as body:
            yield iter(lambda: body.read(chunk), b"")

    @contextmanager
    def passing(self, *, sha256: str, chunk: int = MIB) -> Iterator[Iterator[bytes]]:
        """As `reading`, for bytes that only pass through: from the disk itself, where that is at hand.

        A whole archive through two sockets takes twice the processor's time of one through one.
        """
        file = self.settings.on_disk(*self._kept(sha256))
        if file is None:
            with self.reading(sha256=sha256, chunk=chunk) as pieces:
                yield pieces
            return
        with file:
            yield iter(lambda: file.read(chunk), b"")

    def read_range(self, *, sha256: str, offset: int, length: int) -> bytes:
        """At most `length` kept bytes from `offset`, none past the end; raises ObjectMissing."""
        with self._engine.open(*self._kept(sha256), span=(offset, length)) as body:
            return body.read(length)

    def _is_sound(self, sha256: str, size: int) -> bool:
        """Whether the object at its key has the bytes that its name promises, every one of them read."""
        if not self.has(sha256=sha256, size=size):
            return False
        digest = hashlib.sha256()
        with self.reading(sha256=sha256) as pieces:
            for piece in pieces:
                digest.update(piece)
        return digest.hexdigest() == sha256

    def put_bytes(self, *, sha256: str, data: bytes) -> None:
        """Keep a small object that the hub itself made; `sha256` must be its digest."""
        self._engine.put(*self._kept(sha256), data)

    def delete(self, *, sha256: str) -> None:
        """Remove kept bytes; that there are none is fine."""
        self._engine.delete(*self._kept(sha256))

    def download_url(
        self, *, sha256: str, name: str, media_type: str, inline: bool = False, look: bool = False
    ) -> str:
        """A presigned address that serves the bytes under `name` and `media_type`.

        Only types in which nothing runs are shown `inline`; all others are attachments. To `look` is to send HEAD:
        an address is signed for one method, and whoever was redirected keeps the one that they began with.
        """
        return self._outside.sign(self._downloads(sha256, name, media_type, inline, look))

    def framed_url(self, *, sha256: str, name: str) -> str:
        """A presigned address of an HTML page that runs, for a sandboxed frame and nothing else.

        Whoever hands it out makes sure that a frame asks, which takes the page's origin from it.
        """
        bucket, key = self._kept(sha256)
        shown = content_disposition(name, OPAQUE).replace("attachment", "inline", 1)
        query = {"response-content-disposition": shown, "response-content-type": content_type(HTML)}
        expires = self.settings.download_seconds
        return self._outside.sign(self._outside.draft("GET", bucket=bucket, key=key, expires=expires, query=query))

    def _draft_download(self, sha256: str, name: str, media_type: str, inline: bool, look: bool) -> Draft:
        bucket, key = self._kept(sha256)
        method, expires = "HEAD" if look else "GET", self.settings.download_seconds
        query = {
            "response-content-disposition": content_disposition(name, media_type, inline=inline),
            "response-content-type": content_type(media_type),
        }
        return self._outside.draft(method, bucket=bucket, key=key, expires=expires, query=query)

    # -- places ------------------------------------------------------------------------------------------

    def _incoming(self, upload_id: str) -> tuple[str, str]:
        return self.settings.incoming_bucket, incoming_key(upload_id)

    def _kept(self, sha256: str) -> tuple[str, str]:
        return self.settings.public_bucket, kept_key(sha256)

    def _part_size(self, size: int) -> int:
        return part_size_for(size, preferred=self.settings.part_size)

    def _grant(self, upload_id: str, length: int, query: dict[str, str]) -> str:
        bucket, key = self._incoming(upload_id)
        headers = {"content-length": str(length)} if self.settings.sign_length else {}
        expires = self.settings.grant_seconds
        return self._outside.url("PUT", bucket=bucket, key=key, expires=expires, query=query, headers=headers)


def _presigner(settings: StoreSettings, endpoint: str) -> Presigner:
    return Presigner(
        endpoint=endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        region=settings.region,
    )
