"""What a node that holds a good key tries with its signature: headers that mean two things, types that are not texts.

Stripped, foreign, old, future, replayed and altered signatures are in tests/unit/shared/test_http_signatures.py and
tests/integration/federation/test_publish.py; the signed records themselves in tests/unit/shared/test_signing.py. The
whole list of attacks stands in `test_hostile_messages`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from shared.messages import PREFIX
from tests.support.callers import Stage
from tests.support.hub import ORIGIN
from tests.support.records import Signer, make_record

PATH = PREFIX + "/records"
COMPONENTS = '("@method" "@target-uri" "content-type" "content-digest")'
PARAMETERS = {
    "created": "{created}",
    "keyid": '"{kid}"',
    "alg": '"ed25519"',
    "expires": "{expires}",
    "nonce": '"{nonce}"',
    "tag": '"metrology-commons"',
}


@dataclass
class ByHand:
    """A request signed by hand over whatever is said of it, however odd."""

    signer: Signer
    body: bytes

    def headers(self, components: str = COMPONENTS, label: str = "sig", **parameters: str) -> dict[str, str]:
        said = {**PARAMETERS, **parameters}
        now = int(time.time())
        known = {"created": now, "expires": now + 300, "kid": self.signer.key_id, "nonce": f"{time.time_ns():030d}"}
        line = components + "".join(f";{name}={value.format(**known)}" for name, value in said.items())
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(self.body).digest()).decode()}:"
        values = {
            '"@method"': "POST",
            '"@target-uri"': ORIGIN + PATH,
            '"content-type"': "application/json",
            '"content-digest"': digest,
        }
        base = "".join(f"{name}: {value}\n" for name, value in values.items()) + f'"@signature-params": {line}'
        signature = base64.b64encode(self.signer.private_key.sign(base.encode())).decode()
        return {
            "Content-Type": "application/json",
            "Content-Digest": digest,
            "Signature-Input": f"{label}={line}",
            "Signature": f"{label}=:{signature}:",
        }


@pytest.fixture
def by_hand(stage: Stage) -> ByHand:
    signer = stage.nodes["node of A"]
    return ByHand(signer, json.dumps({"records": [signer.sign(make_record())]}).encode())


def send(stage: Stage, body: bytes, headers: Any) -> TestResponse:
    return stage.hub.open("POST", PATH, body, headers)


def code(answer: TestResponse) -> str:
    return str(answer.get_json()["type"].rpartition(":")[2])


def test_a_request_signed_by_hand_is_good(stage: Stage, by_hand: ByHand) -> None:
    """What follows changes one thing of it."""
    answer = send(stage, by_hand.body, by_hand.headers())
    assert answer.get_json()["results"][0]["outcome"] == "accepted"


ODD = ["5", "1.5", "?1", ":YWJjZGVmZ2hpamtsbW5vcHFy:", "token-of-sixteen-letters", "@1700000000", '%"%e4%bd%a0"']
"""Structured fields (RFC 9651) of every type but text."""


@pytest.mark.parametrize("value", [*ODD, '""', '"' + "k" * 20_000 + '"', "-999999999999999"])
@pytest.mark.parametrize("name", ["keyid", "nonce", "alg", "tag", "created", "expires"])
def test_a_parameter_of_another_type_is_refused_by_name(stage: Stage, by_hand: ByHand, name: str, value: str) -> None:
    before = stage.traces()
    answer = send(stage, by_hand.body, by_hand.headers(**{name: value}))
    assert (answer.status_code, stage.traces()) == (401, before)


@pytest.mark.parametrize(
    "components",
    [
        '("@method";req "@target-uri" "content-type" "content-digest")',
        '("@method" "@target-uri" "content-type";sf "content-digest")',
        '("@method" "@target-uri" "content-type";bs "content-digest")',
        '("@method" "@target-uri" "content-type" "content-digest";key="sha-256")',
        '("@method" "@target-uri" "content-type" "content-digest";tr)',
        '("@method" "@target-uri" "content-type" "content-digest" "@method")',
        '("@method" "@target-uri" "content-digest" "content-type")',
        '("@method" "@target-uri" "Content-Type" "content-digest")',
        "(@method @target-uri content-type content-digest)",
        '(1 "@target-uri" "content-type" "content-digest")',
        "()",
        '(("@method"))',
    ],
)
def test_components_of_another_make_are_refused(stage: Stage, by_hand: ByHand, components: str) -> None:
    before = stage.traces()
    answer = send(stage, by_hand.body, by_hand.headers(components))
    assert (answer.status_code, stage.traces()) == (401, before)


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Content-Digest"])
def test_a_header_that_stands_twice_is_no_choice(stage: Stage, by_hand: ByHand, name: str) -> None:
    good = by_hand.headers()
    other = ByHand(stage.nodes["node of B"], b"{}").headers()
    for first, second in ((good, other), (other, good), (good, good)):
        headers = Headers([(key, value) for key, value in good.items() if key != name])
        headers.add(name, first[name])
        headers.add(name, second[name])
        joined = {**good, name: f"{first[name]}, {second[name]}"}
        answers = [send(stage, by_hand.body, headers), send(stage, by_hand.body, joined)]
        if first is not second:
            assert [answer.status_code for answer in answers] == [401, 401], name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Digest", "sha-256=:AAAA:"),
        ("Content-Digest", "sha-512=:" + base64.b64encode(hashlib.sha512(b"x").digest()).decode() + ":"),
        ("Content-Digest", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"),
        ("Content-Digest", ""),
        ("Content-Digest", "x" * 60_000),
        ("Signature-Input", "sig=" + "(" * 10_000),
        ("Signature-Input", "sig=(" + '"a" ' * 20_000 + ")"),
        ("Signature-Input", ", ".join(f"s{n}=1" for n in range(10_000))),
        ("Signature-Input", 'sig=("\xff")'),
        ("Signature", "sig=:" + "A" * 60_000 + ":"),
        ("Content-Type", "application/json; charset=utf-16"),
        ("Content-Encoding", "gzip, gzip"),
        ("Content-Encoding", "br"),
        ("X-HTTP-Method-Override", "GET"),
        ("Host", "evil.example"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Original-URL", "/workbench/admin/institutions"),
    ],
)
def test_a_header_of_another_make_is_no_failure_and_opens_nothing(
    stage: Stage, by_hand: ByHand, name: str, value: str
) -> None:
    answer = send(stage, by_hand.body, {**by_hand.headers(), name: value})
    ignored = name.startswith("X-") or name == "Host"
    assert answer.status_code == (200 if ignored else 415 if name == "Content-Encoding" else 401)
    if ignored:
        assert answer.get_json()["results"][0]["outcome"] == "accepted"


def test_other_bytes_under_a_digest_that_was_signed_are_refused(stage: Stage, by_hand: ByHand) -> None:
    before = stage.traces()
    theirs = json.dumps({"records": [by_hand.signer.sign(make_record())]}).encode()
    assert code(send(stage, theirs, by_hand.headers())) == "signature_invalid"
    assert code(send(stage, b"", by_hand.headers())) == "signature_invalid"
    assert code(send(stage, by_hand.body + b"\n", by_hand.headers())) == "signature_invalid"
    assert stage.traces() == before


def test_one_address_signed_is_no_other_address(stage: Stage, by_hand: ByHand) -> None:
    before = stage.traces()
    for path in (
        f"{PATH}?x=1",
        f"{PATH}?",
        "/en" + PATH,
        PATH.replace("records", "%72ecords"),
        f"/{PATH}",
        f"{PATH}#x",
    ):
        answer = stage.hub.open("POST", path, by_hand.body, by_hand.headers())
        assert answer.status_code in (401, 404) or path.endswith(("#x", "?")), path
    assert stage.traces()[4:] == before[4:]
