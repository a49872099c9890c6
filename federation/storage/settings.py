"""Where the object store is and how the hub speaks to it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

MIB = 1024 * 1024
OBJECTS = "objects"
"""The folder in which the store that comes with the hub keeps its buckets, below its own."""

ChecksumMode = Literal["when_required", "when_supported"]


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """One S3-compatible store; sizes are bytes, times seconds."""

    endpoint: str
    """Base URL at which the hub itself reaches the store."""
    public_endpoint: str | None = None
    """Base URL that presigned addresses name, for nodes and readers; None is `endpoint`."""
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    incoming_bucket: str = "incoming"
    public_bucket: str = "public"
    part_size: int = 16 * MIB
    """Preferred size of one part of an upload; larger files get larger parts."""
    grant_seconds: int = 3600
    """How long a node may use an upload address."""
    download_seconds: int = 900
    """How long a reader may use a download address."""
    incoming_days: int = 7
    """After how many days the store may forget what was sent and never verified."""
    checksum_mode: ChecksumMode = "when_required"
    """Whether the client adds checksums of its own: many compatible stores refuse `when_supported`."""
    sign_length: bool = True
    """Whether upload addresses bind the number of bytes; only for a store that cannot check it: False."""
    ca_bundle: str | None = None
    """Path of the PEM file that the store's certificate is checked with; None is the system's."""
    folder: Path | None = None
    """Where the store keeps buckets as folders and objects as plain files, if this process may read them there."""

    def on_disk(self, bucket: str, key: str) -> RawIOBase | None:
        """An object as the file that it is in `folder`, for the caller to close; None where it cannot be had so."""
        try:
            return None if self.folder is None else open(self.folder / bucket / key, "rb", buffering=0)
        except OSError:
            # Whatever it is, the store has the last word.
            return None

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is this very machine, which no proxy must stand before."""
        host = urlsplit(self.endpoint).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"
