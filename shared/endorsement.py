"""Handing over from one key to the next: the old key signs the new one (JWS), and the chain can be checked later."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import jws
from shared.canonical import canonical, parse
from shared.errors import SignatureInvalid
from shared.signing import key_id

ENDORSEMENT_TYPE = "metrology-commons-key+jws"


def endorse(new_key: Ed25519PublicKey, *, origin: str, by: Ed25519PrivateKey) -> str:
    """The compact JWS in which the key `by` says that `new_key` follows it at the hub `origin`."""
    said = canonical({"origin": origin, "new_key": key_id(new_key)})
    return jws.serialize(said, private_key=by, kid=key_id(by.public_key()), kind=ENDORSEMENT_TYPE)


def endorser(token: str, *, new_key: str, origin: str, find_key: Callable[[str], Ed25519PublicKey]) -> str:
    """The id of the key that endorsed the key with the id `new_key` at `origin`.

    `find_key` gives the key of an id or raises its own named error. Raises `SignatureInvalid` when the statement is
    not signed by it, or is about another key or another hub.
    """
    payload, kid = jws.deserialize(token, kind=ENDORSEMENT_TYPE, find_key=find_key)
    if parse(payload) != {"origin": origin, "new_key": new_key}:
        raise SignatureInvalid()
    return kid
