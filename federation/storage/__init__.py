"""The hub's object store: what the rest of the hub may use of it.

Everything passes through `ObjectStore`; only `federation.storage.s3` knows the S3 client library, and none
of its exceptions leave this package.
"""

from federation.storage.errors import (
    DigestMismatch,
    IncompleteUpload,
    ObjectMissing,
    PartOutOfRange,
    StorageError,
    StoreRefused,
    StoreUnavailable,
    TooManyParts,
    UploadUnknown,
)
from federation.storage.layout import PartDone, PartGrant, kept_key, part_count, part_size_for
from federation.storage.settings import StoreSettings
from federation.storage.store import Kept, Lying, ObjectStore

__all__ = [
    "DigestMismatch",
    "IncompleteUpload",
    "Kept",
    "Lying",
    "ObjectMissing",
    "ObjectStore",
    "PartDone",
    "PartGrant",
    "PartOutOfRange",
    "StorageError",
    "StoreRefused",
    "StoreSettings",
    "StoreUnavailable",
    "TooManyParts",
    "UploadUnknown",
    "kept_key",
    "part_count",
    "part_size_for",
]
