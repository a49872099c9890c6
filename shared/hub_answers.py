"""What a hub gives a person to carry back, signed with its key: a receipt, or the reply to a request to join.

Over the network TLS says who answers; on a stick nobody does, so the hub signs (a compact JWS) and each answer shows
the key. That only tells that it is whole and whose it claims to be: the node compares the key with the one it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import jws, speaking
from shared.canonical import canonical, parse
from shared.carrying import BundleReceipt, CarriedEnrolmentReply
from shared.errors import CommonsError, NotFromHub, SignatureInvalid
from shared.messages import read
from shared.signing import key_id, load_public_jwk, sign

RECEIPT_TYPE = "metrology-commons-receipt+jws"
REPLY_TYPE = "metrology-commons-enrolment-reply+jws"


def sign_receipt(message: Mapping[str, Any], *, key: Ed25519PrivateKey) -> bytes:
    """A `BundleReceipt`, which shows this very key, as the file that is carried back."""
    return _signed(message, key, RECEIPT_TYPE)


def sign_reply(message: Mapping[str, Any], *, key: Ed25519PrivateKey) -> bytes:
    """A `CarriedEnrolmentReply`, whose membership shows this very key, as the file that is carried back."""
    return _signed(message, key, REPLY_TYPE)


def read_receipt(data: bytes, *, name: str) -> tuple[dict[str, Any], str]:
    """The receipt in a file called `name`, and the id of the key that it shows and that has signed it.

    Raises `NotFromHub`, `ProtocolUnknown`, or `InvalidRequest`.
    """
    said, kid = _opened(data, RECEIPT_TYPE, name, lambda said: said)
    return read(BundleReceipt, said), kid


def read_reply(data: bytes, *, name: str) -> tuple[dict[str, Any], str]:
    """The same of the reply to a request to join. Raises as `read_receipt` does."""
    said, kid = _opened(data, REPLY_TYPE, name, lambda said: said["membership"])
    return read(CarriedEnrolmentReply, said), kid


def _signed(message: Mapping[str, Any], key: Ed25519PrivateKey, kind: str) -> bytes:
    token = sign(canonical(dict(message)), private_key=key, kid=key_id(key.public_key()), kind=kind)
    return token.encode("ascii") + b"\n"


def _opened(data: bytes, kind: str, name: str, speaker: Callable[[Any], Any]) -> tuple[dict[str, Any], str]:
    """What was signed; `speaker` gives the part of it that names the protocol and shows the key."""
    try:
        token = data.decode("ascii").strip()
        said = parse(jws.unverified_payload(token))
        key = load_public_jwk(speaker(said)["hub_key"])
        kid = jws.deserialize(token, kind=kind, find_key=_only(key)).kid
    except (CommonsError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise NotFromHub(name=name) from error
    speaking.check_hub(speaker(said))
    return said, kid


def _only(key: Ed25519PublicKey) -> Callable[[str], Ed25519PublicKey]:
    def find(kid: str) -> Ed25519PublicKey:
        if kid != key_id(key):
            raise SignatureInvalid()
        return key

    return find
