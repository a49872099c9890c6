"""The one form of JWS that the federation uses, held against a complete JOSE library."""

import re
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as jose
from joserfc.jwk import OKPKey

from shared import jws
from shared.errors import SignatureInvalid
from shared.signing import key_id, public_jwk
from tests.support.records import Signer

ALICE = Signer()
KIND = "metrology-commons-test+jws"
KEY = OKPKey.import_key(ALICE.private_key)


def opened(token: str) -> jws.Opened:
    return jws.deserialize(token, kind=KIND, find_key=lambda _kid: ALICE.public_key)


@given(st.binary(max_size=2000))
def test_what_we_sign_a_complete_library_verifies_and_would_have_written_the_same(payload: bytes) -> None:
    token = jws.serialize(payload, private_key=ALICE.private_key, kid=ALICE.key_id, kind=KIND)
    assert jose.deserialize_compact(token, KEY, algorithms=["Ed25519"]).payload == payload
    header = {"alg": "Ed25519", "kid": ALICE.key_id, "typ": KIND}
    assert jose.serialize_compact(header, payload, KEY, algorithms=["Ed25519"]) == token
    assert opened(token) == (payload, ALICE.key_id)
    assert jws.unverified_payload(token) == payload


def test_a_key_is_called_as_a_complete_library_calls_it() -> None:
    assert key_id(ALICE.public_key) == KEY.thumbprint()
    assert OKPKey.import_key(public_jwk(ALICE.public_key)).thumbprint() == KEY.thumbprint()


@given(st.binary(max_size=80))
def test_bytes_have_one_spelling(data: bytes) -> None:
    text = jws.to_base64url(data)
    assert jws.from_base64url(text) == data
    for other in (f"{text}=", f"{text}==", f"{text}\n", f" {text}", f"{text}+", f"{text}/"):
        with pytest.raises(SignatureInvalid):
            jws.from_base64url(other)


@given(st.text("ABgxyz019-_+/= \n", max_size=12))
def test_a_text_is_bytes_only_if_it_is_just_how_they_are_spelt(text: str) -> None:
    try:
        data = jws.from_base64url(text)
    except SignatureInvalid:
        data = None
    spelt = re.fullmatch(r"[A-Za-z0-9_-]*", text) and len(text) % 4 != 1
    right = spelt and jws.to_base64url(urlsafe_b64decode(text + "=" * (-len(text) % 4))) == text
    assert (data is not None) == bool(right)


def test_unused_bits_of_the_last_character_must_be_zero() -> None:
    token = jws.serialize(b"12345", private_key=ALICE.private_key, kid=ALICE.key_id, kind=KIND)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(token[-1]) ^ 1]
    with pytest.raises(SignatureInvalid):
        opened(token[:-1] + last)


@given(st.text(max_size=200))
def test_anything_else_is_no_token(text: str) -> None:
    with pytest.raises(SignatureInvalid):
        opened(text)
