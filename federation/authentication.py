"""Which node sends this request: RFC 9421 signatures against the register, each usable once."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Request, g, request
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.urls import iri_to_uri

from federation import metering
from federation.database import own_transaction
from federation.key_register import usable_key
from federation.models.base import now
from federation.models.institutions import SeenNonce
from federation.parts import parts
from shared import http_signatures
from shared.errors import BatchTooLarge, InvalidEncoding, SignatureReplayed, Throttled, UnsupportedMediaType
from shared.messages import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from shared.signing import load_public_jwk

_KEY_NAMED = re.compile(r';keyid="([^"]{1,64})"')


def authenticate_node() -> None:
    """Let only enrolled nodes pass, within their budget; the node's id is in `g.node_id` then.

    Whatever waits or writes comes last, after the signature has shown who it is that would have to answer for it. A
    request that is told to wait has had no effect, and its nonce is not used up.

    Raises what `shared.http_signatures.verify_request` raises, `KeyUnknown`, `KeyRevoked`, `SignatureReplayed`,
    `Throttled` or `TooManyAtOnce`.
    """
    admission, settings = parts().admission, parts().settings
    named = _KEY_NAMED.search(request.headers.get("Signature-Input", ""))
    if named:
        admission.check(named[1])
    with own_transaction(read_only=True) as session:

        def find(key_id: str) -> Ed25519PublicKey:
            return load_public_jwk(usable_key(session, key_id).jwk)

        verified = http_signatures.verify_request(_as_signed(request), request.get_data(), find_key=find)
        node_id = usable_key(session, verified.key_id).node_id
    admission.enter(node_id, most=settings.max_requests_at_once)
    g.under_way = node_id
    try:
        with own_transaction() as session:
            remember(session, verified)
            metering.let_in(session, node_id, metering.Tariff.of(settings))
    except Throttled as error:
        admission.tell_to_wait(verified.key_id, error.retry_after or 1)
        raise
    g.node_id = node_id


def let_go(_error: BaseException | None = None) -> None:
    """The request has ended, however it did: its node may have another one in its place."""
    node_id = g.pop("under_way", None)
    if node_id is not None:
        parts().admission.leave(node_id)


def authenticate_newcomer(
    key: Ed25519PublicKey, *, recommended: Callable[[Session], object]
) -> http_signatures.Verified:
    """Check that the request is signed with the very key that it shows (proof of possession), and not a replay.

    `recommended` raises what speaks against the newcomer. Who has nothing to show makes the hub write nothing, so
    that strangers cannot keep members from writing.
    """
    verified = http_signatures.verify_request(_as_signed(request), request.get_data(), find_key=lambda _: key)
    with own_transaction(read_only=True) as session:
        recommended(session)
    with own_transaction() as session:
        remember(session, verified)
    return verified


def remember(session: Session, verified: http_signatures.Verified) -> None:
    """Keep the nonce; the unique row is the check, so two at once cannot both pass. Raises `SignatureReplayed`."""
    session.add(SeenNonce(key_id=verified.key_id, nonce=verified.nonce))
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise SignatureReplayed() from error


def forget_old_nonces(session: Session) -> None:
    """Drop nonces that no request within its lifetime can bear any more."""
    session.execute(
        delete(SeenNonce).where(SeenNonce.seen_at < now() - http_signatures.NONCE_MEMORY - timedelta(minutes=1))
    )


def request_body() -> bytes:
    """The body as its sender meant it: UTF-8 JSON, gzip taken off within the limit.

    Raises `UnsupportedMediaType`, `BatchTooLarge`, or `InvalidEncoding` for broken gzip.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType(expected="application/json")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    data = request.get_data()
    if encoding == "gzip":
        return _gunzip(data)
    if encoding != "identity":
        raise UnsupportedMediaType(expected="Content-Encoding: gzip, identity")
    return data


def _gunzip(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, MAX_BATCH_BYTES + 1)
    except zlib.error as error:
        raise InvalidEncoding(position=0) from error
    if len(plain) > MAX_BATCH_BYTES:
        raise BatchTooLarge(records=MAX_BATCH_RECORDS, size=MAX_BATCH_BYTES)
    if not unpacker.eof or unpacker.unused_data:
        raise InvalidEncoding(position=len(data))
    return plain


def _as_signed(received: Request) -> http_signatures.Request:
    """The request as its sender saw it: the configured public origin and the raw request target."""
    raw = received.environ.get("RAW_URI") or received.environ.get("REQUEST_URI")
    target = raw if raw else iri_to_uri(received.full_path.rstrip("?"))
    headers = dict(received.headers.items())
    return http_signatures.Request(received.method, parts().settings.origin + target, headers)
