"""Joining: one invitation, one key, and no way around either."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from federation import enrolment, key_register
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.institutions import Invitation
from shared.endorsement import endorse
from shared.messages import PREFIX, EnrolmentReply, read
from tests.support.hub import ORIGIN, rows
from tests.support.records import Signer, make_record


@pytest.fixture
def token(hub):
    hub.institution("institute-a")
    return hub.invite("institute-a")


def code_of(answer):
    return answer.get_json()["type"].rpartition(":")[2]


def test_an_invited_node_learns_who_it_is(hub, token):
    answer = hub.enrolment(token, Signer())
    assert answer.status_code == 201
    reply = read(EnrolmentReply, answer.get_json())
    assert reply["institution"] == {
        "code": "institute-a",
        "kind": "institute",
        "name": {"zh": "institute-a院", "en": "institute-a"},
    }
    assert reply["limits"]["batch_records"] == 500


def test_the_same_token_and_key_again_give_the_same_node(hub, token):
    signer = Signer()
    first, second = hub.enrolment(token, signer), hub.enrolment(token, signer)
    assert second.status_code == 201
    assert first.get_json() == second.get_json()


def test_a_used_token_is_refused_for_another_key(hub, token):
    hub.enrolment(token, Signer())
    answer = hub.enrolment(token, Signer())
    assert (answer.status_code, code_of(answer)) == (403, "token_used")


def test_a_wrong_token_is_refused(hub, token):
    answer = hub.enrolment("x" * 32, Signer())
    assert (answer.status_code, code_of(answer)) == (403, "token_invalid")


def test_strangers_make_the_hub_write_nothing(hub, member):
    before = rows(hub)
    stranger = Signer()
    assert hub.enrolment("0" * 40, stranger).status_code == 403
    message = {
        "public_key": stranger.jwk,
        "endorsement": endorse(stranger.public_key, origin=ORIGIN, by=stranger.private_key),
    }
    assert hub.signed(stranger, "POST", PREFIX + "/keys", json.dumps(message).encode()).status_code == 401
    assert rows(hub) == before


def test_an_expired_token_is_refused(hub, token):
    with unit_of_work(hub.app) as session:
        session.execute(update(Invitation).values(expires_at=now() - timedelta(seconds=1)))
    answer = hub.enrolment(token, Signer())
    assert (answer.status_code, code_of(answer)) == (403, "token_expired")


def test_a_key_that_did_not_sign_the_request_is_refused(hub, token):
    answer = hub.enrolment(token, Signer(), public_key=Signer().jwk)
    assert (answer.status_code, code_of(answer)) == (401, "signature_invalid")


def test_a_refused_request_to_join_leaves_the_token_good(hub, token):
    hub.enrolment(token, Signer(), public_key=Signer().jwk)
    assert hub.enrolment(token, Signer()).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"token": "short"}, "/token"),
        ({"node_name": ""}, "/node_name"),
        ({"node_name": "长" * 101}, "/node_name"),
        ({"public_key": {"kty": "RSA"}}, "/public_key/kty"),
        ({"protocol": "1"}, "/protocol"),
        ({"extra": 1}, "/extra"),
    ],
)
def test_a_faulty_request_to_join_names_the_field(hub, token, change, pointer):
    answer = hub.enrolment(token, Signer(), **change)
    assert answer.status_code == 422
    assert pointer in {fault["pointer"] for fault in answer.get_json()["errors"]}


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"{", "invalid_json", 400),
        (b"\xff", "invalid_encoding", 400),
        ("计量".encode("gbk"), "invalid_encoding", 400),
        (b"[]", "invalid_request", 422),
        (b"[" * 50_000, "too_deep", 400),
    ],
)
def test_a_body_that_is_no_message_is_named(hub, body, code, status):
    answer = hub.signed(Signer(), "POST", PREFIX + "/enrolments", body)
    assert (answer.status_code, code_of(answer)) == (status, code)


def test_anybody_may_read_who_the_hub_is(hub):
    answer = hub.open("GET", PREFIX + "/")
    assert answer.get_json()["origin"] == hub.settings.origin


@pytest.mark.parametrize("state", ["suspended", "revoked"])
def test_a_key_out_of_use_is_refused_with_the_reason(hub, member, state):
    with unit_of_work(hub.app) as session:
        key_register.set_key_state(session, member.signer.key_id, state=state, reason="密钥遗失", actor="operator")
    answer = member.send("GET", "/status")
    assert (answer.status_code, code_of(answer)) == (403, "key_revoked")
    assert "密钥遗失" in answer.get_json()["detail"]


def test_an_unknown_key_is_told_to_join(hub):
    answer = hub.signed(Signer(), "GET", PREFIX + "/status")
    assert (answer.status_code, code_of(answer)) == (401, "key_unknown")


def test_a_record_signed_by_another_institutions_key_is_refused(member, other):
    [result] = member.publish(other.signer.sign(make_record()))
    assert (result["outcome"], result["code"]) == ("rejected", "key_unknown")


def test_errors_are_in_the_language_that_was_asked_for(hub):
    path = PREFIX + "/status"
    texts = {
        language: hub.open("GET", path, headers={"Accept-Language": language}).get_json()["detail"]
        for language in ("zh-CN", "en-GB")
    }
    assert "签名" in texts["zh-CN"]
    assert "signed" in texts["en-GB"]


def test_shoulders_are_all_different_and_end_in_their_only_digit():
    shoulders = [enrolment.shoulder(number) for number in range(3000)]
    assert len(set(shoulders)) == 3000
    assert all(s[-1].isdigit() and s[:-1].isalpha() for s in shoulders)


def test_the_invitations_token_is_nowhere_in_the_database(hub, token):
    content = hub.database.content()
    assert b"institute" in content
    assert token.encode() not in content
    assert json.dumps(token).encode() not in content


def test_a_node_of_another_protocol_is_told_so(hub):
    hub.institution("institute-a")
    answer = hub.enrolment(hub.invite("institute-a"), Signer(), protocol=2)
    assert (answer.status_code, code_of(answer)) == (422, "protocol_unknown")


def test_invisible_signs_in_a_name_are_taken_out_so_that_nodes_can_read_it(hub):
    hub.institution("institute-a", name_zh="甲\x01\u202e院\ufeff", name_en="A\x00")
    answer = hub.enrolment(hub.invite("institute-a"), Signer())
    assert answer.get_json()["institution"]["name"] == {"zh": "甲院", "en": "A"}


@pytest.mark.parametrize("path", ["/institutions/%00", "/search?q=%00", "/resources/%00", "/institutions/a?x=%00"])
def test_a_nul_in_an_address_is_refused_before_it_reaches_the_database(hub, path):
    assert hub.open("GET", path).status_code in (404, 422)


def test_a_nul_in_a_form_is_refused_before_it_reaches_the_database(hub):
    body = b"name=a%00b&password=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = hub.open("POST", "/workbench/sign-in", body, headers)
    assert answer.status_code in (400, 422)


def revoke(hub, signer):
    with unit_of_work(hub.app) as session:
        key_register.set_key_state(session, signer.key_id, state="revoked", reason="遗失", actor="operator")


def test_a_node_that_has_forgotten_who_it_is_takes_its_place_by_its_former_key(hub, member):
    revoke(hub, member.signer)
    answer = hub.enrolment(hub.invite("institute-a"), Signer(), former_key=member.signer.key_id)
    assert (answer.status_code, answer.get_json()["node_id"]) == (201, member.node_id)


def test_a_former_key_that_the_hub_does_not_know_makes_a_new_place(hub, member):
    answer = hub.enrolment(hub.invite("institute-a"), Signer(), former_key=Signer().key_id)
    assert answer.status_code == 201
    assert answer.get_json()["node_id"] != member.node_id


def test_the_former_key_of_another_institution_gives_nobody_its_place(hub, member, other):
    answer = hub.enrolment(hub.invite("institute-b"), Signer(), former_key=member.signer.key_id)
    assert (answer.status_code, code_of(answer)) == (403, "invitation_for_another")


def test_a_former_key_that_is_none_is_named(hub, token):
    answer = hub.enrolment(token, Signer(), former_key="x" * 42)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/former_key"


def test_an_answer_is_not_given_again_to_a_key_that_was_revoked_since(hub, token):
    signer = Signer()
    hub.enrolment(token, signer)
    revoke(hub, signer)
    answer = hub.enrolment(token, signer)
    assert (answer.status_code, code_of(answer)) == (403, "key_revoked")


def test_a_key_that_is_registered_with_another_invitation_says_so(hub, member):
    answer = hub.enrolment(hub.invite("institute-a"), member.signer)
    assert (answer.status_code, code_of(answer)) == (409, "already_exists")
    assert "此密钥" in answer.get_json()["detail"]


def test_a_place_that_another_institution_has_taken_is_given_anew_to_who_says_of_which_it_is(hub, member, other):
    """A hub that was restored had forgotten the node, and somebody else came under its id."""
    said = {"node_id": member.node_id, "institution": "institute-b"}
    answer = hub.enrolment(hub.invite("institute-b"), Signer(), **said)
    assert answer.status_code == 201
    assert answer.get_json()["node_id"] not in (member.node_id, other.node_id)
    with unit_of_work(hub.app, read_only=True) as session:
        events = session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "node.enrolled"))
        assert json.loads(list(events)[-1])["detail"]["taken"] == member.node_id


def test_the_invitation_of_another_institution_gives_no_place_whatever_is_said(hub, member, other):
    token = hub.invite("institute-b")
    for said in ({}, {"institution": "institute-a"}, {"institution": "nobody"}):
        answer = hub.enrolment(token, Signer(), node_id=member.node_id, **said)
        assert (answer.status_code, code_of(answer)) == (403, "invitation_for_another")


def test_the_institution_that_a_node_says_it_is_of_changes_nothing_for_its_own_place(hub, member):
    """Its code may be another one, when the hub was set up again."""
    said = {"node_id": member.node_id, "institution": "as-it-was-called"}
    answer = hub.enrolment(hub.invite("institute-a"), Signer(), **said)
    assert answer.get_json()["node_id"] == member.node_id
