"""Publishing: an answer for each record, exactly-once effect, and no bad record blocks another."""

import gzip
import hashlib
import json

import pytest
from sqlalchemy import event, func, select

from federation.database import db, unit_of_work
from federation.models.events import AuditEvent, NodeEvent
from federation.models.resources import ResourceVersion
from shared import http_signatures
from shared.messages import MAX_BATCH_BYTES, PREFIX, PublishReply, read
from tests.support.hub import ORIGIN, Member
from tests.support.records import make_file, make_record


def count(hub, model):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(model))


def code_of(answer):
    return answer.get_json()["type"].rpartition(":")[2]


def test_a_record_without_files_goes_straight_into_review(hub, member):
    record = make_record()
    [result] = member.publish(record)
    assert (result["outcome"], result["state"]) == ("accepted", "in_review")
    assert hub.states(record["id"]) == ["in_review"]


def test_a_record_with_files_waits_for_them(member):
    [result] = member.publish(make_record(files=[make_file()]))
    assert result["state"] == "awaiting_files"


def test_the_answer_fits_its_schema(member):
    body = json.dumps({"records": [member.signer.sign(make_record(type="poem")), "x"]}).encode()
    reply = read(PublishReply, member.send("POST", "/records", body).get_json())
    assert [result["outcome"] for result in reply["results"]] == ["rejected", "rejected"]


def test_the_same_batch_again_changes_nothing(hub, member):
    batch = [make_record() for _ in range(5)]
    member.publish(*batch)
    before = count(hub, ResourceVersion), count(hub, AuditEvent), count(hub, NodeEvent)
    assert {result["outcome"] for result in member.publish(*batch)} == {"duplicate"}
    assert (count(hub, ResourceVersion), count(hub, AuditEvent), count(hub, NodeEvent)) == before


def test_the_same_version_with_other_content_is_a_conflict(hub, member):
    record = make_record()
    member.publish(record)
    [result] = member.publish({**record, "title": {"zh": "另一个"}})
    assert (result["outcome"], result["code"]) == ("conflict", "conflict")
    assert hub.states(record["id"]) == ["in_review"]


def test_one_record_twice_in_a_batch_counts_once(hub, member):
    record = make_record()
    results = member.publish(record, record, {**record, "type": "game"})
    assert [result["outcome"] for result in results] == ["accepted", "duplicate", "conflict"]


def test_a_newer_version_replaces_the_one_that_waits(hub, member):
    record = make_record()
    member.publish(record)
    member.publish({**record, "version": 2})
    assert hub.states(record["id"]) == ["superseded", "in_review"]


def test_versions_in_one_batch_and_out_of_order_end_with_the_latest_in_review(hub, member):
    record = make_record()
    results = member.publish(*({**record, "version": number} for number in (3, 1, 2)))
    assert [result["outcome"] for result in results] == ["accepted", "superseded", "superseded"]
    assert hub.states(record["id"]) == ["superseded", "superseded", "in_review"]


def test_a_tombstone_withdraws_every_version(hub, member):
    record = make_record()
    member.publish(record)
    [result] = member.publish({**record, "version": 2, "withdrawn": {"reason": "重复登记"}})
    assert result["state"] == "withdrawn"
    assert set(hub.states(record["id"])) == {"withdrawn"}
    assert member.events()[-1]["reason"] == "重复登记"


def test_bad_records_are_named_and_do_not_block_the_good(hub, member, other):
    theirs = make_record()
    other.publish(theirs)
    good = [make_record(), make_record()]
    signature_broken = member.signer.sign(make_record())[:-8] + "AAAAAAAA"
    results = member.publish(
        good[0],
        make_record(type="poem"),
        "no.jws.at-all",
        signature_broken,
        {**theirs, "version": 2},
        make_record(type="photo", themes=["history"]),
        good[1],
    )
    assert [result["outcome"] for result in results] == ["accepted", *["rejected"] * 5, "accepted"]
    codes = [result.get("code") for result in results[1:6]]
    assert codes == ["invalid_record", "signature_invalid", "signature_invalid", "not_yours", "invalid_record"]
    assert results[5]["errors"][0]["pointer"] == "/evidence"
    assert all(hub.states(record["id"]) == ["in_review"] for record in good)
    assert hub.states(theirs["id"]) == ["in_review"]


def test_a_gzipped_batch_is_read(member):
    assert member.publish(make_record(), compress=True)[0]["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"not gzip", "invalid_encoding", 400),
        (gzip.compress(b'{"records":["a"]}', mtime=0)[:-4], "invalid_encoding", 400),
        (gzip.compress(b'{"records":["a"]}', mtime=0) + b"tail", "invalid_encoding", 400),
        (gzip.compress(b" " * (MAX_BATCH_BYTES + 1), mtime=0), "batch_too_large", 413),
    ],
)
def test_bad_compression_is_named_and_a_bomb_is_not_unpacked(member, body, code, status):
    answer = member.send("POST", "/records", body, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, code_of(answer)) == (status, code)


@pytest.mark.parametrize(
    ("message", "code", "status"),
    [
        ({}, "invalid_request", 422),
        ({"records": []}, "invalid_request", 422),
        ({"records": "x"}, "invalid_request", 422),
        ({"records": ["x"], "more": 1}, "invalid_request", 422),
        ({"records": ["x"] * 501}, "batch_too_large", 413),
        ({"records": 5}, "invalid_request", 422),
    ],
)
def test_a_faulty_batch_is_refused_whole(member, message, code, status):
    answer = member.post("/records", message)
    assert (answer.status_code, code_of(answer)) == (status, code)


def test_a_body_over_the_limit_is_refused(member):
    answer = member.send("POST", "/records", b" " * (MAX_BATCH_BYTES + 1))
    assert (answer.status_code, code_of(answer)) == (413, "batch_too_large")


def test_another_content_type_is_refused(hub, member):
    answer = member.send("POST", "/records", b"records=1", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code in (401, 415)


def test_a_replayed_request_is_refused(hub, member):
    body = json.dumps({"records": [member.signer.sign(make_record())]}).encode()
    request = http_signatures.Request("POST", ORIGIN + PREFIX + "/records", {"Content-Type": "application/json"})
    http_signatures.sign_request(request, body, private_key=member.signer.private_key, kid=member.signer.key_id)
    first = hub.open("POST", PREFIX + "/records", body, request.headers)
    again = hub.open("POST", PREFIX + "/records", body, request.headers)
    assert first.status_code == 200
    assert (again.status_code, code_of(again)) == (401, "signature_replayed")


def test_a_request_refused_for_its_content_cannot_be_replayed_either(hub, member):
    request = http_signatures.Request("POST", ORIGIN + PREFIX + "/records", {"Content-Type": "application/json"})
    http_signatures.sign_request(request, b"{", private_key=member.signer.private_key, kid=member.signer.key_id)
    codes = [code_of(hub.open("POST", PREFIX + "/records", b"{", request.headers)) for _ in range(2)]
    assert codes == ["invalid_json", "signature_replayed"]


@pytest.mark.parametrize(("language", "reason"), [("zh", "超过 1000 个键"), ("en", "more than 1000 keys")])
def test_a_message_with_too_many_keys_is_told_just_that(member, language, reason):
    body = json.dumps({f"k{number}": "text" for number in range(1001)}).encode()
    answer = member.send("POST", "/records", body, **{"Accept-Language": language})
    assert (answer.status_code, code_of(answer)) == (400, "invalid_json")
    assert reason in answer.get_json()["detail"]


@pytest.mark.parametrize("path", ["/records", "/uploads", "/uploads/complete"])
def test_an_unsigned_request_is_refused(hub, path):
    answer = hub.open("POST", PREFIX + path, b"{}", {"Content-Type": "application/json"})
    assert (answer.status_code, code_of(answer)) == (401, "signature_missing")


def test_the_file_of_another_size_than_the_hub_holds_is_named(hub, member):
    data = b"calipers"
    sha256 = hashlib.sha256(data).hexdigest()
    member.publish(make_record(files=[make_file(sha256=sha256, size=len(data))]))
    member.upload(sha256, data)
    hub.work()
    [result] = member.publish(make_record(files=[make_file(sha256=sha256, size=999)]))
    assert result["errors"][0]["code"] == "size_differs"


def test_html_in_metadata_is_kept_as_text(hub, member):
    record = make_record(title={"zh": "<script>alert(1)</script>"})
    assert member.publish(record)[0]["outcome"] == "accepted"


def test_a_batch_needs_few_statements(hub, member):
    statements = []
    with hub.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    member.publish(*(make_record() for _ in range(100)))
    assert len(statements) < 30, statements


def test_nothing_follows_a_withdrawal(member):
    record = make_record()
    tombstone = {**record, "version": 2, "withdrawn": {"reason": "有误"}}
    again = {**record, "version": 3}
    assert [result["outcome"] for result in member.publish(record, tombstone)] == ["accepted", "accepted"]
    [alone] = member.publish(again)
    assert (alone["outcome"], alone["code"]) == ("rejected", "already_withdrawn")
    other = make_record()
    batch = member.publish(other, {**other, "version": 2, "withdrawn": {"reason": "有误"}}, {**other, "version": 3})
    assert [result["outcome"] for result in batch] == ["accepted", "accepted", "rejected"]
    late = make_record()
    member.publish({**late, "version": 2, "withdrawn": {"reason": "有误"}})
    [earlier] = member.publish(late)
    assert earlier["outcome"] == "superseded"


@pytest.mark.parametrize("bad", ["", 7, None, ["x"], {}, "x" * 400_001, "a.b.c", "\ud800"])
def test_an_entry_that_is_no_record_blocks_no_other(hub, member, bad):
    good = member.signer.sign(make_record())
    answer = member.post("/records", {"records": [bad, good]})
    if bad == "\ud800":
        assert answer.status_code == 400
        return
    results = answer.get_json()["results"]
    assert [result["outcome"] for result in results] == ["rejected", "accepted"]
    assert results[0]["code"] in ("signature_invalid", "record_too_large")


def test_a_node_hears_of_its_own_version_when_another_node_of_its_institution_has_sent_the_next(hub, member):
    second = Member(hub, member.code)
    assert hub.enrolment(hub.invite(member.code), second.signer).status_code == 201
    record = make_record()
    member.publish(record)
    second.publish({**record, "version": 2})
    assert [event["state"] for event in member.events()] == ["in_review", "superseded"]
    assert [(event["version"], event["state"]) for event in second.events()] == [(2, "in_review")]


def test_a_thousand_unknown_fields_cost_no_thousand_answers(hub, member):
    many = json.dumps({str(number): 0 for number in range(100_000)}).encode()
    answer = member.send("POST", "/records", many)
    assert answer.status_code == 400
    assert len(answer.data) < 1000
    some = member.post("/records", {str(number): 0 for number in range(900)})
    assert some.status_code == 422
    assert len(some.get_json()["errors"]) == 100


@pytest.mark.parametrize("given", ["\x1b[2J", "\u3164", "\u202e"])
def test_an_id_that_nobody_could_print_is_not_repeated(member, given):
    """It would act on the operator's terminal, and the node could not read the answer."""
    [result] = member.publish(make_record(id=given))
    assert (result["outcome"], result["code"], result["id"]) == ("rejected", "invalid_record", None)
    read(PublishReply, {"results": [result]})
