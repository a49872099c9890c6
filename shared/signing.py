"""Signed records: an Ed25519 JWS (RFC 7515, RFC 9864) over the canonical JSON of one record version.

Anyone who has the institution's public key can check later who said what, whichever way it travelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import jws
from shared.canonical import canonical, digest, parse
from shared.errors import NotCanonical, RecordTooLarge, SignatureInvalid
from shared.record import MAX_RECORD_BYTES

MAX_TOKEN = 400_000
"""Characters of a signed record: base64url of the largest record, with its header and signature."""
RECORD_TYPE = "metrology-commons-record+jws"
_PRIME = 2**255 - 19
_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
WEAK = frozenset({0, 1, _PRIME - 1, _PRIME, _PRIME + 1, _ORDER_8, _PRIME - _ORDER_8})
"""The y of the points of small order, those that are not below the prime, too: anybody can sign for such a key."""


@dataclass(frozen=True)
class SignedRecord:
    """A record whose signature holds: its compact JWS, record, canonical bytes, digest, and the key's id."""

    token: str
    record: dict[str, Any]
    payload: bytes
    sha256: str
    key_id: str


def key_id(public_key: Ed25519PublicKey) -> str:
    """The key's JWK thumbprint (RFC 7638, SHA-256): the name by which both sides know it."""
    return jws.to_base64url(bytes.fromhex(digest(canonical(public_jwk(public_key)))))


def public_jwk(public_key: Ed25519PublicKey) -> dict[str, str]:
    """The public key as a JWK (RFC 8037)."""
    return {"crv": "Ed25519", "x": jws.to_base64url(public_key.public_bytes_raw()), "kty": "OKP"}


def load_public_jwk(jwk: Any) -> Ed25519PublicKey:
    """The key from its JWK. Raises `SignatureInvalid` for any other kind of key, a weak one, or broken text."""
    try:
        if (jwk["kty"], jwk["crv"]) != ("OKP", "Ed25519"):
            raise SignatureInvalid()
        given = jws.from_base64url(jwk["x"])
        if int.from_bytes(given, "little") % 2**255 in WEAK:
            raise SignatureInvalid()
        return Ed25519PublicKey.from_public_bytes(given)
    except (KeyError, TypeError, ValueError) as error:
        raise SignatureInvalid() from error


def sign(payload: bytes, *, private_key: Ed25519PrivateKey, kid: str, kind: str = RECORD_TYPE) -> str:
    """The compact JWS of canonical bytes; `kind` says what they are, so that none can pass for another."""
    return jws.serialize(payload, private_key=private_key, kid=kid, kind=kind)


def verify(token: str, *, find_key: Callable[[str], Ed25519PublicKey], kind: str = RECORD_TYPE) -> SignedRecord:
    """Check a signed record (or another `kind` of signed document); `find_key` gives a key or raises its own error.

    Raises `SignatureInvalid`, `RecordTooLarge`, `InvalidJson`, `InvalidEncoding`, or `NotCanonical` when the signed
    bytes are not the RFC 8785 form of what they say (so that one record has one digest).
    """
    payload, kid = jws.deserialize(token, kind=kind, find_key=find_key)
    if len(payload) > MAX_RECORD_BYTES:
        raise RecordTooLarge(limit=MAX_RECORD_BYTES, size=len(payload))
    record = parse(payload)
    if not isinstance(record, dict) or canonical(record) != payload:
        raise NotCanonical()
    return SignedRecord(token, record, payload, digest(payload), kid)
