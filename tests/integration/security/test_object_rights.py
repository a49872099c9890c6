"""Whose things somebody may touch: nodes with another institution's records and files, people with a submission of
their own institution, everybody with what is not public, and sessions that the hub did not give.

The routes themselves are in `test_authorisation_matrix`.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from federation import operations
from federation.database import unit_of_work
from federation.models.resources import ResourceVersion
from tests.support.callers import AT_THE_DOOR, CALLERS, Stage, became
from tests.support.desk import APPROVAL
from tests.support.hub import Member
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record

ADMIN = "/workbench/admin"


def codes(answers: list[dict[str, Any]]) -> list[str]:
    return [answer.get("code", answer["outcome"]) for answer in answers]


def test_a_node_of_b_gets_nowhere_with_a_record_of_a(stage: Stage) -> None:
    a, b = stage.members["A"], stage.members["B"]
    record = make_record()
    a.publish(record)
    before = stage.traces()
    foreign = [
        {**record, "version": 2},
        {**record, "version": 1},
        {**record, "version": 9, "withdrawn": {"reason": "x"}},
    ]
    assert codes(b.publish(*foreign)) == ["not_yours"] * 3
    signed_by_a = a.signer.sign({**record, "version": 2})
    assert codes(b.publish(signed_by_a)) == ["key_unknown"]
    asked = b.post("/reconciliation/records", {"records": [{"record_id": record["id"], "version": 1}]}).get_json()
    assert (asked["records"], len(asked["missing"])) == ([], 1)
    bucket = int(record["id"][-2:], 16)
    assert b.post("/reconciliation/items", {"bucket": bucket}).get_json()["items"] == []
    assert record["id"] not in {event["record_id"] for event in b.events()}
    assert stage.traces() == before
    assert stage.hub.states(record["id"]) == ["in_review"]


def test_a_node_of_b_gets_nowhere_with_an_upload_of_a(stage: Stage) -> None:
    a, b = stage.members["A"], stage.members["B"]
    data = b"for A alone"
    entry = file_entry(data, name="a.txt", media_type="text/plain")
    record = make_record(files=[entry])
    a.publish(record)
    [granted] = a.offer((entry["sha256"], len(data)))
    before = stage.traces()
    assert codes(b.offer((entry["sha256"], len(data)))) == ["file_not_declared"]
    answers = b.post("/uploads/complete", {"upload_ids": [granted["upload_id"]]}).get_json()["uploads"]
    assert codes(answers) == ["not_found"]
    assert stage.traces() == before
    assert stage.hub.states(record["id"]) == ["awaiting_files"]
    assert a.upload(entry["sha256"], data)["outcome"] == "verifying"


def test_a_node_claims_no_permanent_identifier_of_another_institution(stage: Stage) -> None:
    a, b = stage.members["A"], stage.members["B"]
    own = make_record()
    b.publish(own)
    claims = [{"record_id": own["id"], "ark": stage.ark}, {"record_id": own["id"], "ark": "ark:99999/../x"}]
    for claim in claims:
        assert b.post("/reconciliation/arks", {"arks": [claim]}).get_json() == {"restored": 0}
    theirs = make_record()
    a.publish(theirs)
    claim = {"record_id": theirs["id"], "ark": stage.ark}
    assert b.post("/reconciliation/arks", {"arks": [claim]}).get_json() == {"restored": 0}


def test_a_second_node_of_the_institution_speaks_for_its_records_and_has_events_of_its_own(stage: Stage) -> None:
    a, second = stage.members["A"], Member(stage.hub, "a")
    assert stage.hub.enrolment(stage.hub.invite("a"), second.signer).status_code == 201
    record = make_record()
    a.publish(record)
    assert codes(second.publish({**record, "version": 2})) == ["accepted"]
    assert [event["version"] for event in second.events()] == [2]


@pytest.mark.parametrize(
    ("role", "institution", "status"),
    [
        ("reviewer", "a", 403),
        ("admin", "a", 403),
        ("auditor", "a", 403),
        ("auditor", "b", 403),
        ("reviewer", "b", 303),
        ("admin", "b", 303),
        ("admin", "", 303),
    ],
)
def test_who_judges_a_submission_of_a(stage: Stage, role: str, institution: str, status: int) -> None:
    name = f"judge-{role}-{institution or 'none'}"
    browser = stage.desk.signed_in(name, role, institution)
    for verdict in ("approve", "reject", "request_changes"):
        path = stage.version()
        assert browser.get(path).status_code == 200
        answer = browser.submit(path, seen_on="/workbench/account", **{**APPROVAL, "verdict": verdict, "reason": "r"})
        assert answer.status_code == status, verdict


def test_an_admin_locks_nobody_out_by_their_own_hand_and_only_admins_make_people(stage: Stage) -> None:
    with unit_of_work(stage.hub.app, read_only=True) as session:
        own = operations.user(session, "admin").id
    before = stage.traces()
    for deed in ("password", "deactivation"):
        assert stage.call("admin", "POST", f"{ADMIN}/users/{own}/{deed}").status_code == 404
        assert stage.call("auditor", "POST", f"{ADMIN}/users/{own}/{deed}").status_code == 403
    assert stage.traces() == before


def test_what_is_not_public_is_shown_to_nobody_on_the_portal(stage: Stage) -> None:
    data = b"not before its day"
    entry = file_entry(data, name="later.txt", media_type="text/plain")
    ark = publish(stage.hub, stage.members["A"], make_record(files=[entry], embargo_until="2999-01-01"), data)
    path = stage.version()
    with unit_of_work(stage.hub.app, read_only=True) as session:
        waiting = session.get_one(ResourceVersion, int(path.rpartition("/")[2])).resource_id
    for caller in CALLERS:
        assert stage.call(caller, "GET", f"/resources/{ark}").status_code == 200
        assert stage.call(caller, "GET", f"/resources/{ark}/files/later.txt").status_code == 404
        for prefix in ("/resources/", "/api/v1/resources/"):
            assert stage.call(caller, "GET", prefix + waiting).status_code == 404
        assert waiting not in stage.call(caller, "GET", "/api/v1/search").get_data(as_text=True)


def test_a_session_is_believed_only_when_the_hub_itself_has_signed_it(stage: Stage) -> None:
    with unit_of_work(stage.hub.app, read_only=True) as session:
        said = {"_user_id": operations.user(session, "admin").id, "_fresh": True}
    forger = Flask("forger")
    forger.secret_key = "another secret"
    signer = SecureCookieSessionInterface().get_signing_serializer(forger)
    assert signer is not None
    forged = signer.dumps(said)
    honest = stage.browsers["admin"].client.get_cookie("session", domain="hub.test")
    assert honest is not None
    payload, _, rest = honest.value.partition(".")
    for value in (forged, payload + "." + rest[:-2] + "AA", payload, "", "." * 10, "a" * 4000, forged + honest.value):
        thief = stage.desk.browser()
        thief.client.set_cookie("session", value, domain="hub.test")
        assert became(thief.get(ADMIN + "/")) == AT_THE_DOOR
    again = stage.desk.browser()
    again.client.set_cookie("session", honest.value, domain="hub.test")
    assert again.get(ADMIN + "/").status_code == 200
