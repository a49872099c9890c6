"""A real object store for tests: the embedded one in a directory of its own, or the test run's Ceph."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from federation.embedded_store import EmbeddedStore, StoreStartFailed
from federation.storage import ObjectStore, StoreSettings
from federation.storage.s3 import S3Engine
from tests.support.ceph import Ceph
from tests.support.certificates import self_signed
from tests.support.daemons import free_ports

ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key-of-no-value"
CEPH, CEPH_TLS, CEPH_CERTIFICATE = "COMMONS_TEST_CEPH", "COMMONS_TEST_CEPH_TLS", "COMMONS_TEST_CEPH_CERTIFICATE"
"""Where the test run's Ceph is, when there is one."""


def shared_ceph(ceph: Ceph) -> dict[str, str]:
    """What of a cluster stands in the environment."""
    return {CEPH: ceph.endpoint, CEPH_TLS: ceph.tls_endpoint, CEPH_CERTIFICATE: str(ceph.certificate)}


@dataclass(frozen=True)
class RunningStore:
    """A store that answers, and how to reach it; its buckets' names are its own."""

    endpoint: str
    ca_bundle: Path | None = None
    buckets: str = field(default_factory=lambda: f"s{uuid.uuid4().hex}")
    process: EmbeddedStore | None = None
    """The embedded store's process, for tests that reach behind its back; another engine has none."""

    def settings(self, **changes: Any) -> StoreSettings:
        """Settings for this store; `changes` replace single values."""
        values: dict[str, Any] = {
            "endpoint": self.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "incoming_bucket": f"{self.buckets}-in",
            "public_bucket": f"{self.buckets}-pub",
            "part_size": 5 * 1024 * 1024,
            "ca_bundle": str(self.ca_bundle) if self.ca_bundle else None,
        }
        return StoreSettings(**{**values, **changes})

    @cached_property
    def engine(self) -> S3Engine:
        """One client for what is done beside the hubs over this store: making one takes as long as a test."""
        return S3Engine(self.settings())

    def client(self, **changes: Any) -> ObjectStore:
        """The hub's store over it, buckets made."""
        store = ObjectStore(self.settings(**changes))
        store.ensure_buckets()
        return store


def kept_bytes(store: ObjectStore, sha256: str, **options: Any) -> bytes:
    """The whole of an object that is kept."""
    with store.reading(sha256=sha256, **options) as pieces:
        return b"".join(pieces)


def free_port() -> int:
    """A port of this machine that is free now."""
    return free_ports(1)


@contextmanager
def running_store(directory: Path, *, tls: bool = False) -> Iterator[RunningStore]:
    """A store of the chosen engine; what it holds of an earlier one cannot be seen in it."""
    if CEPH in os.environ:
        certificate = Path(os.environ[CEPH_CERTIFICATE])
        yield RunningStore(os.environ[CEPH_TLS], certificate) if tls else RunningStore(os.environ[CEPH])
        return
    with running_embedded(directory, tls=tls) as process:
        yield RunningStore(process.endpoint, directory / "store.pem" if tls else None, process=process)


@contextmanager
def running_embedded(directory: Path, *, tls: bool = False, **options: Any) -> Iterator[EmbeddedStore]:
    """Start the embedded store below `directory` and stop it afterwards; another port is tried if one gets taken."""
    certificate = self_signed(directory) if tls else None
    for attempt in range(5):
        process = EmbeddedStore(
            directory / "store", free_port(), ACCESS_KEY, SECRET_KEY, certificate=certificate, **options
        )
        try:
            process.start(timeout=30 if attempt == 4 else 3)
        except StoreStartFailed:
            if attempt == 4:
                raise
            continue
        break
    try:
        yield process
    finally:
        process.stop()
