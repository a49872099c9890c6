"""The audit log's name and keys, which never stand in the database that they vouch for.

With the log's key the hub signs what is carried to nodes that no network reaches, too: it is the one key by which
members know the hub. A note and a JWS cannot pass for each other: every note has line ends in what is signed, and no
JWS has any (docs/audit.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from federation.settings import HubSettings
from shared.notes import ED25519, Verifier
from shared.signing import key_id, public_jwk


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

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as nodes are shown it (RFC 8037)."""
        return public_jwk(self.signing.public_key())

    @property
    def fingerprint(self) -> str:
        """The public half in the 43 characters that people compare (RFC 7638)."""
        return key_id(self.signing.public_key())


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
