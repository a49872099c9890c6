"""Signed requests: RFC 9421 over one fixed set of components, Ed25519, with Content-Digest (RFC 9530).

The set is the same for every request, with or without a body: a verifier that let the sender choose what is
covered would let the sender leave things out. The target URI is made from the configured public origin and the
raw request target, so that a proxy in between, or Chinese in a path, changes nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException, InvalidSignature

from shared.errors import (
    SignatureExpired,
    SignatureFromFuture,
    SignatureInvalid,
    SignatureMissing,
)

TAG = "metrology-commons"
COMPONENTS = ("@method", "@target-uri", "content-type", "content-digest")
LIFETIME = timedelta(minutes=5)
"""How long a signed request may be used."""
LEEWAY = timedelta(seconds=30)
"""How far the two clocks may be apart."""
NONCE_MEMORY = LIFETIME + 4 * LEEWAY
"""How long a nonce must be remembered: longer than any request that bears it can pass."""
PARAMETERS = frozenset({"created", "expires", "nonce", "keyid", "tag", "alg"})


@dataclass
class Request:
    """A request as both sides see it: method, absolute URL in its raw (percent-encoded) form, headers."""

    method: str
    url: str
    headers: MutableMapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verified:
    """What a verified request proves: which key signed it, once, under which nonce."""

    key_id: str
    nonce: str


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, find: Callable[[str], Ed25519PublicKey | Ed25519PrivateKey]) -> None:
        self.find = find
        self.refusal: Exception | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | Ed25519PrivateKey:
        try:
            return self.find(key_id)
        except Exception as error:
            # The library turns whatever is raised here into its own error: a database that is away must not look
            # like a false signature.
            self.refusal = error
            raise

    resolve_private_key = resolve_public_key


class _Verifier(HTTPMessageVerifier):
    max_clock_skew = LEEWAY


def sign_request(request: Request, body: bytes, *, private_key: Ed25519PrivateKey, kid: str) -> None:
    """Add Content-Digest, Signature-Input and Signature to the request's headers, under a new nonce."""
    request.headers.setdefault("Content-Type", "application/json")
    request.headers.pop("Content-Digest", None)
    now = datetime.now(UTC)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(lambda _: private_key))
    signer.sign(
        request,
        key_id=kid,
        created=now,
        expires=now + LIFETIME,
        nonce=secrets.token_urlsafe(16),
        tag=TAG,
        label="sig",
        covered_component_ids=COMPONENTS[:3],
        body=body,
    )


def verify_request(request: Request, body: bytes, *, find_key: Callable[[str], Ed25519PublicKey]) -> Verified:
    """Check a request against the pinned keys; the caller must still refuse a nonce that it has seen.

    `find_key` gives the key of an id or raises its own named error (unknown, revoked), which is passed on.
    Raises `SignatureMissing`, `SignatureExpired`, `SignatureFromFuture` or `SignatureInvalid`.
    """
    _check_parameters(request.headers)
    keys = _Keys(find_key)
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    try:
        results = verifier.verify(request, max_age=LIFETIME, expect_tag=TAG, require_components=COMPONENTS, body=body)
    except (InvalidSignature, HTTPMessageSignaturesException, ValueError) as error:
        raise keys.refusal or SignatureInvalid() from error
    parameters = results[0].parameters
    return Verified(str(parameters["keyid"]), str(parameters["nonce"]))


def _check_parameters(headers: Mapping[str, str]) -> None:
    """Name precisely what is missing or out of time before any cryptography; the library then checks all of it."""
    if "Signature-Input" not in headers or "Signature" not in headers:
        raise SignatureMissing(cause="Signature")
    try:
        given: Any = http_sf.parse(headers["Signature-Input"].encode("ascii"), tltype="dictionary")
    except ValueError as error:
        raise SignatureMissing(cause="Signature-Input") from error
    if len(given) != 1:
        raise SignatureMissing(cause="Signature-Input")
    [(members, parameters)] = given.values()
    if not isinstance(members, list) or tuple(name for name, _ in members) != COMPONENTS:
        raise SignatureMissing(cause=", ".join(COMPONENTS))
    absent = PARAMETERS - parameters.keys()
    if absent or parameters["tag"] != TAG or not 16 <= len(str(parameters["nonce"])) <= 100:
        raise SignatureMissing(cause=", ".join(sorted(absent)) or "tag, nonce")
    _check_times(parameters["created"], parameters["expires"])


def _check_times(created: object, expires: object) -> None:
    if type(created) is not int or type(expires) is not int:
        raise SignatureMissing(cause="created, expires")
    if expires - created > LIFETIME.total_seconds():
        raise SignatureMissing(cause="created, expires")
    now, leeway = time.time(), LEEWAY.total_seconds()
    said = datetime.now(UTC).isoformat(timespec="seconds")
    if created > now + leeway:
        raise SignatureFromFuture(now=said)
    if expires < now - leeway:
        raise SignatureExpired(now=said)
