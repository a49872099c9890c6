"""Signed records: whoever changes a byte, a header or the key is refused."""

import base64
import json
from contextlib import suppress
from itertools import product

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared import jws, signing
from shared.canonical import canonical
from shared.errors import InvalidJson, KeyUnknown, NotCanonical, SignatureInvalid
from tests.support.records import Signer, make_record

ALICE, MALLORY = Signer(), Signer()


def verify(token, key=ALICE.public_key):
    return signing.verify(token, find_key=lambda _: key)


def test_a_signed_record_comes_back_with_its_digest_and_key():
    record = make_record()
    signed = verify(ALICE.sign(record))
    assert signed.record == record
    assert signed.payload == canonical(record)
    assert signed.key_id == ALICE.key_id


def test_the_key_id_is_the_thumbprint_of_rfc_8037_appendix_a3():
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert signing.key_id(signing.load_public_jwk(jwk)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert signing.public_jwk(signing.load_public_jwk(jwk)) == jwk


def test_another_key_under_the_same_id_is_refused():
    with pytest.raises(SignatureInvalid):
        verify(ALICE.sign(make_record()), key=MALLORY.public_key)


def test_an_unknown_key_is_named_by_whoever_looks_it_up():
    def find(_):
        raise KeyUnknown()

    with pytest.raises(KeyUnknown):
        signing.verify(ALICE.sign(make_record()), find_key=find)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_part_is_refused(place):
    parts = ALICE.sign(make_record()).split(".")
    parts[place] = ("B" if parts[place][5] == "A" else "A").join((parts[place][:5], parts[place][6:]))
    with pytest.raises(SignatureInvalid):
        verify(".".join(parts))


def header(**members):
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "bad",
    [
        header(alg="none", kid=ALICE.key_id, typ=signing.RECORD_TYPE),
        header(alg="HS256", kid=ALICE.key_id, typ=signing.RECORD_TYPE),
        header(alg="EdDSA", kid=ALICE.key_id, typ=signing.RECORD_TYPE),
        header(alg="Ed25519", kid=ALICE.key_id, typ="JWT"),
        header(alg="Ed25519", kid=ALICE.key_id, typ=signing.RECORD_TYPE, crit=["exp"], exp=1),
        header(alg="Ed25519", kid=ALICE.key_id, typ=signing.RECORD_TYPE, jwk=ALICE.jwk),
        header(alg="Ed25519", typ=signing.RECORD_TYPE),
    ],
)
def test_the_sender_chooses_nothing_in_the_header(bad):
    _, payload, _ = ALICE.sign(make_record()).split(".")
    signature = base64.urlsafe_b64encode(ALICE.private_key.sign(f"{bad}.{payload}".encode())).rstrip(b"=").decode()
    with pytest.raises(SignatureInvalid):
        verify(f"{bad}.{payload}.{signature}")


@pytest.mark.parametrize("junk", ["", "a", "a.b", "a.b.c", "....", "计量", "\x00.\x00.\x00", "a" * 300_000])
def test_what_is_no_jws_is_refused(junk):
    with pytest.raises(SignatureInvalid):
        verify(junk)


@pytest.mark.parametrize("payload", [b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.0}', b"[1]", b'"text"'])
def test_a_payload_that_is_not_canonical_is_refused(payload):
    with pytest.raises(NotCanonical):
        verify(signing.sign(payload, private_key=ALICE.private_key, kid=ALICE.key_id))


def test_a_payload_that_is_no_json_is_refused():
    with pytest.raises(InvalidJson):
        verify(signing.sign(b"{", private_key=ALICE.private_key, kid=ALICE.key_id))


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        {},
        {"kty": "OKP", "crv": "X25519", "x": "a" * 43},
        {"kty": "OKP", "crv": "Ed25519", "x": "!"},
        {"kty": "RSA", "crv": "Ed25519", "x": ALICE.jwk["x"]},
    ],
)
def test_a_key_of_another_kind_is_refused(jwk):
    with pytest.raises(SignatureInvalid):
        signing.load_public_jwk(jwk)


@pytest.mark.parametrize("y", sorted(signing.WEAK))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_key_for_which_anybody_can_sign_is_none(y, sign):
    """The points of small order: a signature that was made without any private key holds for one text in eight."""
    encoded = (y | sign << 255).to_bytes(32, "little")
    with pytest.raises(SignatureInvalid):
        signing.load_public_jwk({"kty": "OKP", "crv": "Ed25519", "x": jws.to_base64url(encoded)})
    assert _is_forged(Ed25519PublicKey.from_public_bytes(encoded))


def _is_forged(key):
    points = [(y | sign << 255).to_bytes(32, "little") for y in signing.WEAK for sign in (0, 1)]
    for text, point in product((b"%d" % number for number in range(64)), points):
        with suppress(InvalidSignature):
            key.verify(point + bytes(32), text)
            return True
    return False
