"""The node's Ed25519 key: made once, kept in a file that only its owner may read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from shared.errors import FileUnreadable, NotInitialised
from shared.signing import key_id, public_jwk, sign

FILE = "key.pem"


@dataclass(frozen=True)
class Key:
    """The private key and the name under which the hub knows its public half."""

    private: Ed25519PrivateKey
    id: str

    @property
    def jwk(self) -> dict[str, str]:
        """The public half (RFC 8037)."""
        return public_jwk(self.private.public_key())

    def sign_record(self, payload: bytes) -> str:
        """Canonical bytes as a compact JWS."""
        return sign(payload, private_key=self.private, kid=self.id)


def make_key(folder: Path) -> Key:
    """Make the key, or read it when there is one: a key is never overwritten."""
    path = folder / FILE
    if not path.exists():
        draft = folder / f"{FILE}.{os.getpid()}"
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    return load_key(folder)


def load_key(folder: Path) -> Key:
    """The key. Raises `NotInitialised` when there is none, `FileUnreadable` when it is no key."""
    path = folder / FILE
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError as error:
        raise NotInitialised() from error
    except (OSError, ValueError, TypeError) as error:
        raise FileUnreadable(name=FILE, cause=type(error).__name__) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise FileUnreadable(name=FILE, cause="not Ed25519")
    return Key(private, key_id(private.public_key()))
