"""The node's Ed25519 keys: kept in files that only their owner may read, under a passphrase if one is wanted.

`key.pem` is the key in use; `key.next.pem` is there only while a rotation is under way, `key.join-….pem` while a
member waits for the reply to a request to come back that was carried to the hub; `public-keys.json` holds the
public halves of all that have followed one another, so that what they signed can still be checked, and the statements
with which each endorsed the next, for a hub that has forgotten them.
"""

from __future__ import annotations

import os
from contextlib import suppress
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

from nodes import public_keys
from nodes.key_files import FILE, LOCKED, NEXT, all_asking, stamp, write_private
from nodes.public_keys import PublicKey
from shared.errors import FileUnreadable, KeyExposed, KeyLocked, KeyUnknown, NotInitialised
from shared.signing import key_id, public_jwk, sign


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
    """Make the key, or read it when there is one: a key is never overwritten, also not by two who begin at once."""
    if not (folder / name).exists():
        with suppress(FileExistsError):
            _write(folder / name, Ed25519PrivateKey.generate(), passphrase, anew=True)
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
        raise NotInitialised(folder=folder) from error
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


def protect(folder: Path, *, passphrase: str, present: str = "") -> None:
    """Put the node's private keys under a passphrase, from under the `present` one; an empty one takes it off.

    Those that wait to come into use change with the one that is: it would be no use to have them under another, and
    no protection to leave them bare. One that the present passphrase does not open stays: it has been changed by a
    process that was killed. The caller holds the node's lock, so that no key comes into use meanwhile. Raises what
    `load_key` raises.
    """
    held = {FILE: load_key(folder, passphrase=present)}
    for path in (folder / NEXT, *reversed(all_asking(folder))):
        with suppress(KeyLocked, NotInitialised):
            held[path.name] = load_key(folder, passphrase=present, name=path.name)
    for name in reversed(held):
        # The one in use is the last, until then all of it can be done again; the others keep their order in time.
        _write(folder / name, held[name].private, passphrase)


def take_over(folder: Path, former: Key, new: Key, *, endorsement: str = "") -> None:
    """The next key becomes the one in use; of the former one, the public half is remembered.

    `endorsement` is what the former has said of the new one; empty when the hub has let it in with an invitation.
    """
    public_keys.add(folder, PublicKey(former.jwk), PublicKey(new.jwk, endorsement))
    (folder / NEXT).replace(folder / FILE)


def former_keys(folder: Path, key: Key) -> list[str]:
    """The ids of this node's former keys; `key` is the one in use."""
    return [kid for kid in public_keys.load(folder) if kid != key.id]


def own_public_key(folder: Path, key: Key, kid: str) -> Ed25519PublicKey:
    """The public half of this node's key with that id, in use or former. Raises `KeyUnknown`."""
    if kid == key.id:
        return key.private.public_key()
    found = public_keys.load(folder).get(kid)
    if found is None:
        raise KeyUnknown()
    return found.key


def _write(path: Path, private: Ed25519PrivateKey, passphrase: str, *, anew: bool = False) -> None:
    lock: KeySerializationEncryption = NoEncryption()
    if passphrase:
        lock = BestAvailableEncryption(passphrase.encode())
    write_private(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), anew=anew)
