"""Handing over from one key to the next: the old key signs the new one (JWS), and the chain can be checked later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.canonical import canonical, parse
from shared.errors import SignatureInvalid
from shared.signing import ALGORITHM, key_id

ENDORSEMENT_TYPE = "metrology-commons-key+jws"


def endorse(new_key: Ed25519PublicKey, *, origin: str, by: Ed25519PrivateKey) -> str:
    """The compact JWS in which the key `by` says that `new_key` follows it at the hub `origin`."""
    said = {"origin": origin, "new_key": key_id(new_key)}
    header = {"alg": ALGORITHM, "kid": key_id(by.public_key()), "typ": ENDORSEMENT_TYPE}
    return jws.serialize_compact(header, canonical(said), OKPKey.import_key(by), algorithms=[ALGORITHM])


def endorser(token: str, *, new_key: str, origin: str, find_key: Callable[[str], Ed25519PublicKey]) -> str:
    """The id of the key that endorsed the key with the id `new_key` at `origin`.

    `find_key` gives the key of an id or raises its own named error. Raises `SignatureInvalid` when the statement is
    not signed by it, or is about another key or another hub.
    """
    named: list[str] = []

    def key_of(signed: Any) -> OKPKey:
        header: Mapping[str, Any] = signed.headers()
        named.append(str(header.get("kid", "")))
        if header != {"alg": ALGORITHM, "kid": named[0], "typ": ENDORSEMENT_TYPE}:
            raise SignatureInvalid()
        return OKPKey.import_key(find_key(named[0]))

    try:
        payload = jws.deserialize_compact(token.encode("ascii"), key_of, algorithms=[ALGORITHM]).payload
    except (JoseError, ValueError, RecursionError) as error:
        raise SignatureInvalid() from error
    if parse(payload) != {"origin": origin, "new_key": new_key}:
        raise SignatureInvalid()
    return named[0]
