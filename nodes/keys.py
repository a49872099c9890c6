"""The node's Ed25519 keys: kept in files that only their owner may read, under a passphrase if one is wanted.

`key.pem` is the key in use; `key.next.pem` is there only while a rotation is under way; `former-keys.json` holds the
public halves of those before, so that what they signed can still be checked.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from nodes.key_files import FILE, FORMER, LOCKED, NEXT, stamp
from shared.errors import FileUnreadable, KeyExposed, KeyLocked, KeyUnknown, NotInitialised
from shared.signing import key_id, load_public_jwk, public_jwk, sign


@dataclass(frozen=True)
class Key:
    """The private key and the name under which the hub knows its public half; `stamp` tells its file from others."""

    private: Ed25519PrivateKey
    id: str
    stamp: tuple[int, int] = (0, 0)

    @property
    def jwk(self) -> dict[str, str]:
        """The public half (RFC 8037)."""
        return public_jwk(self.private.public_key())

    def sign_record(self, payload: bytes) -> str:
        """Canonical bytes as a compact JWS."""
        return sign(payload, private_key=self.private, kid=self.id)


def make_key(folder: Path, *, passphrase: str = "", name: str = FILE) -> Key:
    """Make the key, or read it when there is one: a key is never overwritten."""
    if not (folder / name).exists():
        _write(folder / name, Ed25519PrivateKey.generate(), passphrase)
    return load_key(folder, passphrase=passphrase, name=name)


def load_key(folder: Path, *, passphrase: str = "", name: str = FILE) -> Key:
    """The key. Raises `NotInitialised` when there is none, `KeyLocked`, `KeyExposed`, or `FileUnreadable`."""
    path = folder / name
    try:
        found = stamp(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise KeyExposed(path=str(path))
        pem = path.read_bytes()
        private = load_pem_private_key(pem, password=passphrase.encode() if b"ENCRYPTED" in pem else None)
    except FileNotFoundError as error:
        raise NotInitialised() from error
    except (ValueError, TypeError) as error:
        if path.read_bytes().startswith(LOCKED):
            raise KeyLocked() from error
        raise FileUnreadable(name=name, cause=type(error).__name__) from error
    except OSError as error:
        raise FileUnreadable(name=name, cause=type(error).__name__) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise FileUnreadable(name=name, cause="not Ed25519")
    return Key(private, key_id(private.public_key()), found)


def is_current(folder: Path, key: Key) -> bool:
    """Whether the file from which `key` was read is still there; one that was moved away counts as current."""
    try:
        return stamp(folder / FILE) == key.stamp
    except FileNotFoundError:
        return True


def protect(folder: Path, key: Key, *, passphrase: str) -> None:
    """Put the key under a passphrase; an empty one takes it off."""
    _write(folder / FILE, key.private, passphrase)


def take_over(folder: Path, former: Key) -> None:
    """The next key becomes the one in use; the former one's public half is remembered."""
    known = former_keys(folder)
    if former.id not in known:
        jwks = [public_jwk(one) for one in known.values()] + [former.jwk]
        _replace(folder / FORMER, json.dumps(jwks, indent=2).encode())
    (folder / NEXT).replace(folder / FILE)


def former_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """The public halves of this node's former keys, by id."""
    try:
        listed = json.loads((folder / FORMER).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FileUnreadable(name=FORMER, cause=type(error).__name__) from error
    keys = [load_public_jwk(jwk) for jwk in listed]
    return {key_id(key): key for key in keys}


def own_public_key(folder: Path, key: Key, kid: str) -> Ed25519PublicKey:
    """The public half of this node's key with that id, in use or former. Raises `KeyUnknown`."""
    if kid == key.id:
        return key.private.public_key()
    found = former_keys(folder).get(kid)
    if found is None:
        raise KeyUnknown()
    return found


def _write(path: Path, private: Ed25519PrivateKey, passphrase: str) -> None:
    lock: KeySerializationEncryption = NoEncryption()
    if passphrase:
        lock = BestAvailableEncryption(passphrase.encode())
    _replace(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))


def _replace(path: Path, content: bytes) -> None:
    """Write a file of which nobody ever sees half, and which only its owner may read."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
