"""The audit log's name and keys, which never stand in the database that they vouch for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from federation.settings import HubSettings
from shared.notes import ED25519, Verifier


@dataclass(frozen=True)
class LogKeys:
    """What the log signs and seals with, under which name."""

    origin: str
    signing: Ed25519PrivateKey
    sealing: bytes

    @property
    def verifier(self) -> Verifier:
        """By what others check what the log has signed."""
        return Verifier(self.origin, ED25519, self.signing.public_key())


def log_keys(settings: HubSettings) -> LogKeys:
    """The log's keys, which come from the one secret `audit_key` (HKDF, RFC 5869)."""
    return _keys(settings.audit_origin or _origin(settings.origin), settings.audit_key)


@lru_cache(maxsize=8)
def _keys(origin: str, secret: str) -> LogKeys:
    signing = Ed25519PrivateKey.from_private_bytes(_derived(secret, "signing"))
    return LogKeys(origin, signing, _derived(secret, "sealing"))


def _derived(secret: str, use: str) -> bytes:
    info = f"metrology-commons audit log {use}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())


def _origin(address: str) -> str:
    """The log's name as C2SP tlog-tiles advises: its address without the scheme."""
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path.rstrip('/')}/audit"
