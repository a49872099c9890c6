"""The protocol's golden examples: read by the schemas, made again by the code, and refused when anything is added."""

import base64
import copy
import hashlib
import inspect
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared import (
    answering,
    carrying,
    http_signatures,
    messages,
    petitioning,
    record,
    signing,
    status_messages,
    usage_messages,
    validation,
)
from shared.canonical import canonical, digest, parse
from shared.errors import InvalidEncoding, InvalidJson, InvalidRequest, TooDeep
from tests.support import protocol_examples as examples

MESSAGES = {
    "enrolment-request": messages.EnrolmentRequest,
    "enrolment-reply": messages.EnrolmentReply,
    "key-request": messages.KeyRequest,
    "key-reply": messages.KeyReply,
    "publish-request": messages.PublishRequest,
    "publish-reply": messages.PublishReply,
    "uploads-request": messages.UploadsRequest,
    "uploads-reply": messages.UploadsReply,
    "complete-request": messages.CompleteRequest,
    "complete-reply": messages.CompleteReply,
    "status-reply": status_messages.StatusReply,
    "answers-request": answering.AnswersRequest,
    "answers-reply": answering.AnswersReply,
    "petitions-request": petitioning.PetitionsRequest,
    "petitions-reply": petitioning.PetitionsReply,
    "bundle-words": carrying.BundleWords,
    "uses-request": usage_messages.UsesRequest,
    "uses-reply": usage_messages.UsesReply,
    "digests-request": messages.DigestsRequest,
    "digests-reply": messages.DigestsReply,
    "items-request": messages.ItemsRequest,
    "items-reply": messages.ItemsReply,
    "records-request": messages.RecordsRequest,
    "records-reply": messages.RecordsReply,
    "arks-request": messages.ArksRequest,
    "arks-reply": messages.ArksReply,
    "carried-enrolment-request": carrying.CarriedEnrolmentRequest,
    "carried-enrolment-reply": carrying.CarriedEnrolmentReply,
    "bundle-statement": carrying.BundleStatement,
    "bundle-receipt": carrying.BundleReceipt,
}
RECORDS = ("record", "record-withdrawn")
REASONS = {  # for people and logs: any JSON may stand there
    "params"
}


def golden(name):
    return json.loads((examples.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def schemas_of(module):
    return {
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, validation.Strict) and member.__module__ == module.__name__
    }


def all_schemas():
    modules = (messages, status_messages, answering, petitioning, usage_messages, carrying, record)
    return set().union(*(schemas_of(module) for module in modules))


def walk(schema, value):
    """Every (schema, object) pair inside a message."""
    yield schema, value
    for field in schema().fields.values():
        inner = field.inner if isinstance(field, validation.Many) else field
        found = value.get(field.data_key or field.name)
        if isinstance(inner, validation.Part) and found is not None:
            for below in found if isinstance(found, list) else [found]:
                yield from walk(inner.nested, below)


def everything():
    for name, schema in MESSAGES.items():
        yield from walk(schema, golden(name))
    for name in RECORDS:
        yield from walk(record.RecordSchema, golden(name))


def objects(value):
    """Every object inside a JSON value that has a fixed set of fields, with its way from the top."""
    if isinstance(value, dict):
        yield value
        for key, below in value.items():
            if key not in REASONS:
                yield from objects(below)
    elif isinstance(value, list):
        for below in value:
            yield from objects(below)


# -- the examples are what the code makes ------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(examples.documents()))
def test_an_example_is_what_the_code_makes(name):
    standing = (examples.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert standing == examples.written(examples.documents()[name])


def test_there_is_no_example_that_the_code_does_not_make():
    assert {path.stem for path in examples.FOLDER.iterdir()} == set(examples.documents())


@pytest.mark.parametrize("name", MESSAGES)
def test_an_example_is_read_by_its_schema_from_bytes_and_given_back_unchanged(name):
    raw = (examples.FOLDER / f"{name}.json").read_bytes()
    assert messages.read(MESSAGES[name], raw) == json.loads(raw)


@pytest.mark.parametrize("name", RECORDS)
def test_an_example_record_is_good(name):
    assert record.check(golden(name)) == canonical(golden(name))
    assert record.is_tombstone(golden(name)) == (name == "record-withdrawn")


def test_every_message_and_every_part_of_one_has_an_example():
    shown = {schema for schema, _ in everything()}
    assert all_schemas() == shown


def test_every_field_of_every_message_and_record_has_an_example():
    shown = {(schema, key) for schema, value in everything() for key in value}
    known = {(schema, field.data_key or name) for schema in all_schemas() for name, field in schema().fields.items()}
    assert known == shown


# -- signatures --------------------------------------------------------------------------------------------


def test_the_signed_record_can_be_checked_with_nothing_but_the_standards():
    shown = golden("signed-record")
    payload = shown["canonical"].encode()
    assert hashlib.sha256(payload).hexdigest() == shown["sha256"]
    assert base64.urlsafe_b64decode(shown["jws"]["payload"] + "==") == payload
    assert json.loads(base64.urlsafe_b64decode(shown["jws"]["header"] + "==")) == shown["protected_header"]
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(shown["private_key"] + "="))
    signature = base64.urlsafe_b64decode(shown["jws"]["signature"] + "==")
    signed = f"{shown['jws']['header']}.{shown['jws']['payload']}".encode()
    assert key.sign(signed) == signature
    key.public_key().verify(signature, signed)


def test_the_key_id_is_the_thumbprint_that_rfc_8037_publishes():
    assert golden("signed-record")["key_id"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_signed_record_is_verified_and_says_the_example_record():
    shown = golden("signed-record")
    token = ".".join(shown["jws"][part] for part in ("header", "payload", "signature"))
    assert token == golden("publish-request")["records"][0]
    verified = signing.verify(token, find_key=lambda _: signing.load_public_jwk(shown["public_key"]))
    assert verified.record == golden("record")
    assert verified.sha256 == shown["sha256"] == digest(canonical(golden("record")))
    assert verified.key_id == shown["key_id"]


def test_the_request_signature_signs_the_text_that_is_shown():
    shown = golden("request-signature")
    signature = base64.b64decode(shown["headers"]["Signature"].removeprefix("sig=:").removesuffix(":"))
    examples.KEY.public_key().verify(signature, shown["signature_base"].encode())
    covered = [line.split('"')[1] for line in shown["signature_base"].splitlines()]
    assert covered == [*http_signatures.COMPONENTS, "@signature-params"]


def test_the_request_signature_verifies_at_its_time(monkeypatch):
    shown = golden("request-signature")

    class Then(http_signatures.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromisoformat(shown["now"])

    monkeypatch.setattr(http_signatures.time, "time", lambda: examples.MOMENT.timestamp())
    monkeypatch.setattr(http_signatures, "datetime", Then)
    monkeypatch.setattr("http_message_signatures.signatures.datetime.datetime", Then)
    request = http_signatures.Request(shown["method"], shown["url"], shown["headers"])
    verified = http_signatures.verify_request(
        request, shown["body"].encode(), find_key=lambda _: examples.KEY.public_key()
    )
    assert verified == http_signatures.Verified(examples.KEY_ID, examples.NONCE)
    messages.read(messages.CompleteRequest, shown["body"].encode())


# -- anything else is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MESSAGES)
def test_a_field_that_is_not_in_the_protocol_is_refused_wherever_it_stands(name):
    whole = golden(name)
    places = len(list(objects(whole)))
    refused = 0
    for place in range(places):
        changed = copy.deepcopy(whole)
        list(objects(changed))[place]["unexpected"] = 1
        with pytest.raises(InvalidRequest) as caught:
            messages.read(MESSAGES[name], changed)
        assert any("unexpected" in fault.pointer for fault in caught.value.errors)
        refused += 1
    assert refused == places > 0


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_without_a_required_field_is_refused_by_name(name):
    schema = MESSAGES[name]
    for key, field in schema().fields.items():
        if field.required:
            short = {other: value for other, value in golden(name).items() if other != key}
            with pytest.raises(InvalidRequest) as caught:
                messages.read(schema, short)
            assert [(fault.pointer, fault.code) for fault in caught.value.errors] == [(f"/{key}", "required")]


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("value", [None, "words", 7, True, [[1]], {"deep": {}}], ids=repr)
def test_a_field_of_another_type_is_refused(name, value):
    schema = MESSAGES[name]
    for key in golden(name):
        if type(golden(name)[key]) is type(value) and not isinstance(value, list | dict):
            continue
        if (name, key) == ("publish-request", "records") and isinstance(value, list):
            continue  # each entry is answered in its place
        with pytest.raises(InvalidRequest) as caught:
            messages.read(schema, {**golden(name), key: value})
        assert all(fault.pointer.startswith(f"/{key}") for fault in caught.value.errors)


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("value", [[], "text", 5, None], ids=repr)
def test_what_is_not_an_object_is_no_message(name, value):
    with pytest.raises(InvalidRequest):
        messages.read(MESSAGES[name], json.dumps(value).encode())


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'{"upload_ids": [', InvalidJson),
        (b"", InvalidJson),
        (b'{"upload_ids": [NaN]}', InvalidJson),
        (b'{"upload_ids": [], "upload_ids": []}', InvalidJson),
        ('{"upload_ids": ["计"]}'.encode("gbk"), InvalidEncoding),
        (b'{"upload_ids": ' + b"[" * 20 + b"]" * 20 + b"}", TooDeep),
    ],
)
def test_bytes_that_are_not_strict_json_are_refused_by_name(data, error):
    with pytest.raises(error):
        messages.read(messages.CompleteRequest, data)


@pytest.mark.parametrize(
    ("schema", "field", "most", "make"),
    [
        (messages.PublishRequest, "records", messages.MAX_BATCH_RECORDS, str),
        (messages.CompleteRequest, "upload_ids", messages.MAX_UPLOADS_ASKED, str),
        (
            messages.UploadsRequest,
            "files",
            messages.MAX_UPLOADS_ASKED,
            lambda number: {"sha256": f"{number:064x}", "size": number},
        ),
    ],
)
def test_a_list_may_be_full_and_not_fuller_nor_empty(schema, field, most, make):
    entries = [make(number) for number in range(most + 1)]
    assert len(messages.read(schema, {field: entries[:most]})[field]) == most
    for wrong, code in ((entries, "too_many"), ([], "too_few")):
        with pytest.raises(InvalidRequest) as caught:
            messages.read(schema, {field: wrong})
        assert [fault.code for fault in caught.value.errors] == [code]


@pytest.mark.parametrize(
    ("name", "path", "outcomes"),
    [
        ("publish-reply", ("results", 0, "outcome"), messages.PUBLISH_OUTCOMES),
        ("uploads-reply", ("uploads", 0, "outcome"), messages.UPLOAD_OUTCOMES),
        ("complete-reply", ("uploads", 0, "outcome"), messages.COMPLETE_OUTCOMES),
    ],
)
def test_the_outcomes_are_those_of_the_protocol(name, path, outcomes):
    for word in (*outcomes, "maybe"):
        changed = golden(name)
        changed[path[0]][path[1]][path[2]] = word
        if word in outcomes:
            messages.read(MESSAGES[name], changed)
        else:
            with pytest.raises(InvalidRequest):
                messages.read(MESSAGES[name], changed)


@pytest.mark.parametrize("key", [{"kty": "EC"}, {"crv": "X25519"}, {"x": "short"}, {"d": examples.SECRET}])
def test_only_an_ed25519_public_key_can_be_shown(key):
    changed = golden("enrolment-request")
    changed["public_key"].update(key)
    with pytest.raises(InvalidRequest):
        messages.read(messages.EnrolmentRequest, changed)


def test_an_example_is_the_same_document_after_canonicalisation():
    for name in (*MESSAGES, *RECORDS):
        assert parse(canonical(golden(name))) == golden(name)


def test_a_reason_with_invisible_signs_does_not_stop_the_node_that_reads_it():
    reply = golden("status-reply")
    reply["events"][0]["reason"] = "内容\u200e很好\x07\ufeff"
    assert messages.read(status_messages.StatusReply, reply)["events"][0]["reason"] == "内容很好"
