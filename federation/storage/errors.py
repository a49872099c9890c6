"""What can go wrong with the object store: one class a reason, each with its data.

They say nothing of HTTP; the services that call the store turn them into answers for people.
"""

from __future__ import annotations


class StorageError(Exception):
    """Parent of all errors of the store."""


class StoreUnavailable(StorageError):
    """The store does not answer, or answers that it cannot now; trying again later may help."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the object store is away: {cause}")


class StoreRefused(StoreUnavailable):
    """The store answers and refuses (credentials, permissions, bucket); an operator must look."""

    def __init__(self, code: str, operation: str) -> None:
        self.code = code
        self.operation = operation
        super().__init__(f"{operation} was refused with {code}")


class ObjectMissing(StorageError):
    """There is no object under that key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"no object stands at {key}")


class UploadUnknown(StorageError):
    """The store has forgotten a multipart upload (expired, aborted, or the store was restarted).

    What was sent is lost; the upload has to be opened again.
    """

    def __init__(self, upload_id: str) -> None:
        self.upload_id = upload_id
        super().__init__(f"the store does not know the upload {upload_id}")


class IncompleteUpload(StorageError):
    """Parts have not arrived, or have not the size they should have; `missing` are their numbers."""

    def __init__(self, missing: tuple[int, ...]) -> None:
        self.missing = missing
        super().__init__(f"{len(missing)} parts are missing, the first is {missing[0]}")


class PartOutOfRange(StorageError):
    """A part number was asked for that a file of this size does not have."""

    def __init__(self, number: int, count: int) -> None:
        self.number = number
        self.count = count
        super().__init__(f"part {number} is not within 1 to {count}")


class TooManyParts(StorageError):
    """A file so large that S3's 10,000 parts of at most 5 GiB cannot hold it."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"{size} bytes do not fit in one multipart upload")


class DigestMismatch(StorageError):
    """What was sent is not what was signed.

    `actual_sha256` is None when the size alone was wrong: then the bytes were not read at all.
    """

    def __init__(self, *, actual_sha256: str | None, actual_size: int) -> None:
        self.actual_sha256 = actual_sha256
        self.actual_size = actual_size
        super().__init__(f"the object has {actual_size} bytes and SHA-256 {actual_sha256}")
