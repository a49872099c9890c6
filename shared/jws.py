"""Compact JWS (RFC 7515) in the one form that the federation uses: Ed25519 (RFC 9864), header of alg, kid and typ.

The sender chooses nothing: no other algorithm, no further member of the header, no other spelling of the same bytes.
Tests hold it against a complete JOSE library in both directions.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.canonical import canonical, parse
from shared.errors import CommonsError, SignatureInvalid

ALGORITHM = "Ed25519"
KID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the id of a key may look like, which is a thumbprint: no database is asked for anything else."""


class Opened(NamedTuple):
    """What was signed, and the id of the key that signed it."""

    payload: bytes
    kid: str


def serialize(payload: bytes, *, private_key: Ed25519PrivateKey, kid: str, kind: str) -> str:
    """The compact JWS of `payload`; `kind` is its `typ`, so that no kind of document can pass for another."""
    signing_input = f"{_header(kid, kind)}.{to_base64url(payload)}"
    return f"{signing_input}.{to_base64url(private_key.sign(signing_input.encode('ascii')))}"


def deserialize(token: str, *, kind: str, find_key: Callable[[str], Ed25519PublicKey]) -> Opened:
    """Check a compact JWS of this `kind`; `find_key` gives the key of an id or raises its own error.

    Raises `SignatureInvalid` for anything but a good signature under exactly our header.
    """
    signing_input, _dot, signature = token.rpartition(".")
    header, _dot, payload = signing_input.partition(".")
    kid = _kid(header, kind)
    try:
        find_key(kid).verify(from_base64url(signature), signing_input.encode("ascii"))
    except (InvalidSignature, UnicodeError) as error:
        raise SignatureInvalid() from error
    return Opened(from_base64url(payload), kid)


def unverified_payload(token: str) -> bytes:
    """The payload of a token that is not checked here. Raises `SignatureInvalid` when it has not the form of one."""
    parts = token.split(".")
    if len(parts) != 3:
        raise SignatureInvalid()
    return from_base64url(parts[1])


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The bytes of canonical base64url without padding. Raises `SignatureInvalid` for any other spelling."""
    # One signed record shall have one token: the decoder would take the other alphabet and the padding, too.
    if "+" in text or "/" in text or "=" in text:
        raise SignatureInvalid()
    try:
        data = b64decode(f"{text}{'=' * (-len(text) % 4)}", altchars="-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise SignatureInvalid() from error
    # The last character can have bits that mean nothing.
    ending = len(data) % 3
    if ending and to_base64url(data[-ending:]) != text[-ending - 1 :]:
        raise SignatureInvalid()
    return data


@lru_cache(maxsize=64)
def _header(kid: str, kind: str) -> str:
    return to_base64url(canonical({"alg": ALGORITHM, "kid": kid, "typ": kind}))


@lru_cache(maxsize=256)
def _kid(header: str, kind: str) -> str:
    """The key's id from a protected header that says just what ours says."""
    try:
        said = parse(from_base64url(header))
    except CommonsError as error:
        raise SignatureInvalid() from error
    kid = said.get("kid") if isinstance(said, dict) else None
    if not isinstance(kid, str) or not KID.fullmatch(kid) or said != {"alg": ALGORITHM, "kid": kid, "typ": kind}:
        raise SignatureInvalid()
    return kid
