"""The S3 client: the only module that knows boto3, whose exceptions stop here."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from federation.storage.errors import ObjectMissing, StoreRefused, StoreUnavailable, UploadUnknown
from federation.storage.layout import PartDone
from federation.storage.settings import StoreSettings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import LifecycleRuleTypeDef

LIST_PAGE = 1000
_MISSING = frozenset({"NoSuchKey", "NotFound", "404"})
_BUSY = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "503", "500"})
_PAST_THE_END = frozenset({"InvalidRange", "416"})
_BUCKET_STANDS = frozenset({"BucketAlreadyExists", "BucketAlreadyOwnedByYou"})


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


@contextmanager
def _named(key: str = "", upload: str = "") -> Iterator[None]:
    """Turn the library's exceptions into the named errors of the store."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        # Ceph may say of an upload that it has ended that there is no such key.
        if code == "NoSuchUpload" or (upload and code in _MISSING):
            raise UploadUnknown(upload) from error
        if code in _MISSING and key:
            raise ObjectMissing(key) from error
        if code in _BUSY:
            raise StoreUnavailable(code) from error
        raise StoreRefused(code, error.operation_name) from error
    except BotoCoreError as error:
        # The text names the endpoint and the fault, never a key or a signature.
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error


class S3Body:
    """The bytes of one object while they arrive; a context manager that frees the connection."""

    def __init__(self, stream: Any, size: int) -> None:
        self._stream = stream
        self.size = size
        """Length in bytes as the store announces it."""

    def __enter__(self) -> S3Body:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, length: int) -> bytes:
        """At most `length` bytes, none at the end; raises StoreUnavailable if the stream breaks."""
        with _named():
            data: bytes = self._stream.read(length)
        return data


class S3Engine:
    """The operations of S3 that the store needs, typed and with named errors; safe between threads."""

    def __init__(self, settings: StoreSettings, *, page: int = LIST_PAGE) -> None:
        self._settings = settings
        self._page = page
        self._lock = threading.Lock()
        self._made: S3Client | None = None

    @property
    def _client(self) -> S3Client:
        """The client, made at first use so that a process which forks before makes its own."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> S3Client:
        # 8 MB in each process, which one that takes no upload never needs.
        import boto3  # noqa: PLC0415  # see above
        from botocore.config import Config  # noqa: PLC0415  # see above

        settings = self._settings
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation=settings.checksum_mode,
            response_checksum_validation=settings.checksum_mode,
            # Completing a large upload may take a store a minute; not answering at all must show at once.
            connect_timeout=3,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=16,
            proxies={} if settings.is_local else None,
        )
        session = boto3.session.Session(
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            region_name=settings.region,
        )
        return session.client("s3", endpoint_url=settings.endpoint, verify=settings.ca_bundle, config=config)

    # -- buckets -----------------------------------------------------------------------------------------

    def create_bucket(self, bucket: str) -> None:
        """Make a bucket; that it stands already is fine, and so is not being allowed to make one that does."""
        with _named():
            try:
                self._client.head_bucket(Bucket=bucket)
                return
            except ClientError as error:
                if _code(error) not in (*_MISSING, "NoSuchBucket"):
                    raise
            try:
                self._client.create_bucket(Bucket=bucket)
            except ClientError as error:
                if _code(error) not in _BUCKET_STANDS:
                    raise

    def expire(self, bucket: str, *, days: int, objects: bool) -> bool:
        """Ask the store to drop unfinished uploads, and `objects` too, after `days`; says whether it will.

        The answer is read back: some engines take the request for another one and say yes to anything.
        """
        rule: LifecycleRuleTypeDef = {
            "ID": "metrology-commons-expiry",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": days},
        }
        if objects:
            rule["Expiration"] = {"Days": days}
        with _named():
            try:
                self._client.put_bucket_lifecycle_configuration(
                    Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
                )
                answer = self._client.get_bucket_lifecycle_configuration(Bucket=bucket)
            except ClientError:
                return False
        return any(kept.get("ID") == rule["ID"] for kept in answer.get("Rules", []))

    # -- multipart uploads -------------------------------------------------------------------------------

    def create_multipart(self, bucket: str, key: str) -> str:
        """Begin a multipart upload; returns the store's id of it."""
        with _named(key):
            return self._client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]

    def upload_part(self, bucket: str, key: str, upload: str, number: int, data: bytes) -> PartDone:
        """Send one part under the hub's own credentials."""
        with _named(key, upload):
            answer = self._client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=data)
        return PartDone(number=number, size=len(data), etag=answer["ETag"])

    def list_parts(self, bucket: str, key: str, upload: str) -> list[PartDone]:
        """The parts that the store holds, in order; raises UploadUnknown."""
        held: dict[int, PartDone] = {}
        marker = 0
        while True:
            with _named(key, upload):
                answer = self._client.list_parts(
                    Bucket=bucket, Key=key, UploadId=upload, MaxParts=self._page, PartNumberMarker=marker
                )
            for part in answer.get("Parts", []):
                # Engines differ on whether the marker itself is listed again.
                held[part["PartNumber"]] = PartDone(part["PartNumber"], part["Size"], part["ETag"])
            following = int(answer.get("NextPartNumberMarker") or 0)
            if not answer.get("IsTruncated") or following <= marker:
                return [held[number] for number in sorted(held)]
            marker = following

    def complete(self, bucket: str, key: str, upload: str, parts: list[PartDone]) -> None:
        """Make the parts one object; raises UploadUnknown if the upload is closed already."""
        done = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        with _named(key, upload):
            self._client.complete_multipart_upload(
                Bucket=bucket,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": done},  # type: ignore[typeddict-item]  # a number and a tag in one mapping
            )

    def abort(self, bucket: str, key: str, upload: str) -> None:
        """Drop a multipart upload with what was sent; that it is gone already is fine."""
        try:
            with _named(key, upload):
                self._client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        except UploadUnknown:
            return

    # -- objects -----------------------------------------------------------------------------------------

    def size(self, bucket: str, key: str) -> int | None:
        """Length of an object in bytes, None if there is none."""
        try:
            with _named(key):
                return self._client.head_object(Bucket=bucket, Key=key)["ContentLength"]
        except ObjectMissing:
            return None

    def open(self, bucket: str, key: str, *, span: tuple[int, int] | None = None) -> S3Body:
        """Begin to read an object, or `span` (offset and length) of it; raises ObjectMissing."""
        extra: dict[str, Any] = {"Range": f"bytes={span[0]}-{span[0] + span[1] - 1}"} if span else {}
        try:
            with _named(key):
                answer = self._client.get_object(Bucket=bucket, Key=key, **extra)
        except StoreRefused as error:
            if span is None or error.code not in _PAST_THE_END:
                raise
            return S3Body(io.BytesIO(), 0)
        return S3Body(answer["Body"], answer["ContentLength"])

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Write a small object in one request."""
        with _named(key):
            self._client.put_object(Bucket=bucket, Key=key, Body=data)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; that there is none is fine."""
        try:
            with _named(key):
                self._client.delete_object(Bucket=bucket, Key=key)
        except ObjectMissing:
            return

    def multiparts_before(self, bucket: str, moment: datetime) -> Iterator[tuple[str, str]]:
        """Key and id of unfinished multipart uploads begun before `moment`; none where they cannot be listed."""
        markers: dict[str, Any] = {}
        while True:
            try:
                with _named():
                    answer = self._client.list_multipart_uploads(Bucket=bucket, **markers)
            except (StoreRefused, UploadUnknown):
                # Not every engine can list them, and some say "no such upload" when there is none at all.
                return
            for one in answer.get("Uploads", []):
                if one["Initiated"] < moment:
                    yield one["Key"], one["UploadId"]
            following = {"KeyMarker": answer.get("NextKeyMarker"), "UploadIdMarker": answer.get("NextUploadIdMarker")}
            if not answer.get("IsTruncated") or following == markers:
                return
            markers = following

    def objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, int, datetime]]:
        """Key and size of every object under `prefix`, and when it was last written, which has a time zone."""
        token: dict[str, Any] = {}
        while True:
            with _named():
                answer = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=self._page, **token)
            for item in answer.get("Contents", []):
                yield item["Key"], item["Size"], item["LastModified"]
            if not answer.get("IsTruncated"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}
