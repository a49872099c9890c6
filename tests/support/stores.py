"""A real object store for tests: the embedded one, on a free port, in a directory of its own."""

from __future__ import annotations

import datetime
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from federation.embedded_store import EmbeddedStore, StoreStartFailed
from federation.storage import ObjectStore, StoreSettings

ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key-of-no-value"


@dataclass(frozen=True)
class RunningStore:
    """A store that answers, and how to reach it."""

    process: EmbeddedStore
    ca_bundle: Path | None = None

    def settings(self, **changes: Any) -> StoreSettings:
        """Settings for this store; `changes` replace single values."""
        values: dict[str, Any] = {
            "endpoint": self.process.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "part_size": 5 * 1024 * 1024,
            "ca_bundle": str(self.ca_bundle) if self.ca_bundle else None,
        }
        return StoreSettings(**{**values, **changes})

    def client(self, **changes: Any) -> ObjectStore:
        """The hub's store over it, buckets made."""
        store = ObjectStore(self.settings(**changes))
        store.ensure_buckets()
        return store


def free_port() -> int:
    """A port of this machine that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_store(directory: Path, *, tls: bool = False, **options: Any) -> Iterator[RunningStore]:
    """Start a store below `directory` and stop it afterwards; another port is tried if one gets taken."""
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
        yield RunningStore(process, certificate[0] if certificate else None)
    finally:
        process.stop()


def self_signed(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store for tests")])
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    directory.mkdir(parents=True, exist_ok=True)
    chain, private = directory / "store.pem", directory / "store.key"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private
