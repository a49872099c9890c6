"""Signed records: an Ed25519 JWS (RFC 7515, RFC 9864) over the canonical JSON of one record version.

Anyone who has the institution's public key can check later who said what, whichever way it travelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.canonical import canonical, digest, parse
from shared.errors import NotCanonical, RecordTooLarge, SignatureInvalid
from shared.record import MAX_RECORD_BYTES

ALGORITHM = "Ed25519"
MAX_TOKEN = 400_000
"""Characters of a signed record: base64url of the largest record, with its header and signature."""
RECORD_TYPE = "metrology-commons-record+jws"


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
    return str(OKPKey.import_key(public_key).thumbprint())


def public_jwk(public_key: Ed25519PublicKey) -> dict[str, str]:
    """The public key as a JWK (RFC 8037)."""
    return {
        name: str(value)
        for name, value in OKPKey.import_key(public_key).as_dict(private=False).items()
        if name != "kid"
    }


def load_public_jwk(jwk: Any) -> Ed25519PublicKey:
    """The key from its JWK. Raises `SignatureInvalid` for any other kind of key or broken text."""
    try:
        if jwk["kty"] != "OKP":
            raise SignatureInvalid()
        key = OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x")}).public_key
    except (KeyError, TypeError, ValueError, JoseError) as error:
        raise SignatureInvalid() from error
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureInvalid()
    return key


def sign(payload: bytes, *, private_key: Ed25519PrivateKey, kid: str, kind: str = RECORD_TYPE) -> str:
    """The compact JWS of canonical bytes; `kind` says what they are, so that none can pass for another."""
    header = {"alg": ALGORITHM, "kid": kid, "typ": kind}
    return jws.serialize_compact(header, payload, OKPKey.import_key(private_key), algorithms=[ALGORITHM])


def verify(token: str, *, find_key: Callable[[str], Ed25519PublicKey], kind: str = RECORD_TYPE) -> SignedRecord:
    """Check a signed record (or another `kind` of signed document); `find_key` gives a key or raises its own error.

    The whole protected header is fixed but for the key's id: the sender chooses no algorithm and adds no `crit`,
    `jwk` or `x5u`. Raises `SignatureInvalid`, `RecordTooLarge`, `InvalidJson`, `InvalidEncoding`, or `NotCanonical`
    when the signed bytes are not the RFC 8785 form of what they say (so that one record has one digest).
    """
    named: list[str] = []

    def key_of(signed: Any) -> OKPKey:
        header = signed.headers()
        named.append(str(header.get("kid", "")))
        if header != {"alg": ALGORITHM, "kid": named[0], "typ": kind}:
            raise SignatureInvalid()
        return _as_jwk(find_key(named[0]).public_bytes_raw())

    try:
        payload = jws.deserialize_compact(token.encode("ascii"), key_of, algorithms=[ALGORITHM]).payload
    except (JoseError, ValueError, RecursionError) as error:
        raise SignatureInvalid() from error
    if len(payload) > MAX_RECORD_BYTES:
        raise RecordTooLarge(limit=MAX_RECORD_BYTES, size=len(payload))
    record = parse(payload)
    if not isinstance(record, dict) or canonical(record) != payload:
        raise NotCanonical()
    return SignedRecord(token, record, payload, digest(payload), named[0])


@lru_cache(maxsize=256)
def _as_jwk(raw: bytes) -> OKPKey:
    return OKPKey.import_key(Ed25519PublicKey.from_public_bytes(raw))
