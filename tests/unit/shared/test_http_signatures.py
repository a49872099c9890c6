"""Signed requests: no signature, wrong key, altered request, old, future, or less than the fixed components."""

import time
from datetime import timedelta

import pytest

from shared import http_signatures
from shared.errors import KeyRevoked, SignatureExpired, SignatureFromFuture, SignatureInvalid, SignatureMissing
from tests.support.records import Signer

ALICE, MALLORY = Signer(), Signer()
URL = "https://cloud.example.org/api/v1/federation/records?a=%E8%AE%A1"
BODY = b'{"records":[]}'


def signed(body=BODY, signer=ALICE):
    request = http_signatures.Request("POST", URL)
    http_signatures.sign_request(request, body, private_key=signer.private_key, kid=ALICE.key_id)
    return request


def verify(request, body=BODY):
    return http_signatures.verify_request(request, body, find_key=lambda _: ALICE.public_key)


@pytest.fixture
def clock(monkeypatch):
    """Moves the time at which a request is signed, in seconds from now."""

    def move(seconds):
        real = http_signatures.datetime

        class Moved(real):
            @classmethod
            def now(cls, tz=None):
                return real.now(tz) + timedelta(seconds=seconds)

        monkeypatch.setattr(http_signatures, "datetime", Moved)
        request = signed()
        monkeypatch.setattr(http_signatures, "datetime", real)
        return request

    return move


@pytest.mark.parametrize("body", [BODY, b"", "计量".encode()])
def test_a_good_request_names_its_key_and_nonce(body):
    verified = verify(signed(body), body)
    assert verified.key_id == ALICE.key_id
    assert len(verified.nonce) >= 16


def test_every_request_has_another_nonce():
    assert len({verify(signed()).nonce for _ in range(20)}) == 20


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
def test_a_request_without_signature_is_refused(name):
    request = signed()
    del request.headers[name]
    with pytest.raises(SignatureMissing):
        verify(request)


def test_another_key_is_refused():
    with pytest.raises(SignatureInvalid):
        verify(signed(signer=MALLORY))


@pytest.mark.parametrize(
    "alter",
    [
        lambda r: setattr(r, "method", "PUT"),
        lambda r: setattr(r, "url", URL.replace("records", "uploads")),
        lambda r: setattr(r, "url", URL.replace("cloud", "evil")),
        lambda r: r.headers.update({"Content-Type": "text/plain"}),
        lambda r: r.headers.update({"Content-Digest": signed(b"other").headers["Content-Digest"]}),
        lambda r: r.headers.update({"Signature": signed().headers["Signature"]}),
        lambda r: r.headers.pop("Content-Digest"),
        lambda r: r.headers.pop("Content-Type"),
    ],
)
def test_an_altered_request_is_refused(alter):
    request = signed()
    alter(request)
    with pytest.raises(SignatureInvalid):
        verify(request)


def test_an_altered_body_is_refused():
    with pytest.raises(SignatureInvalid):
        verify(signed(), BODY + b" ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"@method" "@target-uri" ', '"@method" '),
        (' "content-digest"', ""),
        (";tag=", ";tog="),
        (";nonce=", ";nance="),
        (";expires=", ";expired="),
        (";created=", ";made="),
        ("metrology-commons", "other-protocol"),
    ],
)
def test_less_than_the_fixed_components_and_parameters_is_refused(old, new):
    request = signed()
    request.headers["Signature-Input"] = request.headers["Signature-Input"].replace(old, new)
    with pytest.raises(SignatureMissing):
        verify(request)


def test_a_lifetime_of_the_senders_own_choice_is_refused():
    request = signed()
    text = request.headers["Signature-Input"]
    expires = int(text.split(";expires=")[1].split(";")[0])
    request.headers["Signature-Input"] = text.replace(str(expires), str(expires + 3600))
    with pytest.raises(SignatureMissing):
        verify(request)


@pytest.mark.parametrize(
    "junk",
    ["", "sig", "sig=(", 'sig=("@method")', 'a=("@method");created=1, b=("@method");created=1', "计量", "sig=1"],
)
def test_a_signature_input_that_cannot_be_read_is_refused(junk):
    request = signed()
    request.headers["Signature-Input"] = junk
    with pytest.raises(SignatureMissing):
        verify(request)


@pytest.mark.parametrize("junk", ["", "sig=:AAAA:", "sig=1", "other=:AAAA:", "sig=:" + "A" * 86 + "==:"])
def test_a_signature_that_cannot_be_right_is_refused(junk):
    request = signed()
    request.headers["Signature"] = junk
    with pytest.raises((SignatureInvalid, SignatureMissing)):
        verify(request)


def test_an_old_request_is_refused_with_the_hubs_time(clock):
    with pytest.raises(SignatureExpired) as raised:
        verify(clock(-6 * 60))
    assert time.strftime("%Y-%m-%d", time.gmtime()) in raised.value.message("zh")


def test_a_request_from_the_future_is_refused(clock):
    with pytest.raises(SignatureFromFuture):
        verify(clock(+60))


def test_clocks_may_be_a_little_apart(clock):
    assert verify(clock(+20)).key_id == ALICE.key_id
    assert verify(clock(-4 * 60)).key_id == ALICE.key_id


def test_the_reason_of_whoever_looks_up_the_key_is_passed_on():
    def find(_):
        raise KeyRevoked(reason="遗失")

    with pytest.raises(KeyRevoked) as raised:
        http_signatures.verify_request(signed(), BODY, find_key=find)
    assert "遗失" in raised.value.message("zh")


def test_a_nonce_is_remembered_longer_than_any_request_can_pass():
    assert http_signatures.NONCE_MEMORY > http_signatures.LIFETIME + 2 * http_signatures.LEEWAY


@pytest.mark.parametrize("trouble", [OSError("disk"), RuntimeError("the database is away")])
def test_trouble_in_looking_up_the_key_is_no_false_signature(trouble):
    def find(_kid):
        raise trouble

    with pytest.raises(type(trouble)):
        http_signatures.verify_request(signed(), BODY, find_key=find)
