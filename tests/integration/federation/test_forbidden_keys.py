"""A key that the hub does not list is forbidden by its id: nobody who holds it comes in with it, by no way."""

import json
from itertools import pairwise

import pytest
from sqlalchemy import select

from federation import auditlog, forbidden_keys, key_register, operations
from federation.database import unit_of_work
from federation.models.auditing import AuditReason
from federation.models.events import AuditEvent
from shared.endorsement import endorse
from shared.errors import InvalidRequest, KeyRevoked, KeyUnknown, MoveNotAllowed, ReasonMissing
from shared.messages import PREFIX
from tests.support.hub import ORIGIN, rows
from tests.support.processes import commands_of
from tests.support.records import Signer

REASON = "私钥泄露"


def put_out(hub, signer, state="revoked", reason=REASON):
    with unit_of_work(hub.app) as session:
        key_register.set_any_key_state(session, signer.key_id, state=state, reason=reason, actor=auditlog.OPERATOR)


@pytest.fixture
def leaked(hub):
    """A key that came after the backup, leaked, and was forbidden at the hub that was restored."""
    signer = Signer()
    put_out(hub, signer)
    return signer


def link(new, old):
    return {
        "public_key": new.jwk,
        "endorsement": endorse(new.public_key, origin=ORIGIN, by=old.private_key),
    }


def rotate(hub, *signers):
    """The answer to the last of these keys, which shows how it follows from the first."""
    links = [link(new, old) for old, new in pairwise(signers)]
    message = {**links[-1], "chain": links[:-1]}
    return hub.signed(signers[-1], "POST", PREFIX + "/keys", json.dumps(message).encode())


def refused(answer):
    assert (answer.status_code, answer.get_json()["type"].rpartition(":")[2]) == (403, "key_revoked")
    assert REASON in answer.get_json()["detail"]


def test_a_forbidden_key_cannot_be_enrolled_and_the_invitation_stays_good(hub, leaked):
    hub.institution("institute-a")
    token = hub.invite("institute-a")
    refused(hub.enrolment(token, leaked))
    assert hub.enrolment(token, Signer()).status_code == 201


def test_a_forbidden_key_cannot_come_back_for_a_node(hub, member, leaked):
    refused(hub.enrolment(hub.invite("institute-a"), leaked, node_id=member.node_id))
    assert member.send("GET", "/status").status_code == 200


def test_a_forbidden_key_does_not_follow_a_key_that_the_hub_knows(hub, member, leaked):
    before = rows(hub)
    refused(rotate(hub, member.signer, leaked))
    assert rows(hub) == before, "it is refused before anything is written"


def test_a_forbidden_key_leads_to_no_other(hub, member, leaked):
    """Whoever has the leaked key endorses a fresh one with it, and shows the whole chain or its end alone."""
    refused(rotate(hub, member.signer, leaked, Signer()))
    refused(rotate(hub, member.signer, leaked, Signer(), Signer()))
    refused(rotate(hub, leaked, Signer()))


def test_a_forbidden_key_signs_no_request(hub, leaked):
    refused(hub.signed(leaked, "GET", PREFIX + "/status"))


def test_other_keys_of_the_same_node_are_not_touched(hub, member, leaked):
    assert rotate(hub, member.signer, Signer()).status_code == 200


def test_a_key_that_the_hub_lists_is_revoked_and_not_forbidden(hub, member):
    put_out(hub, member.signer)
    refused(member.send("GET", "/status"))
    with unit_of_work(hub.app, read_only=True) as session:
        [listed] = operations.keys(session)
    assert (listed["key"], listed["state"]) == (member.signer.key_id, "revoked")


def test_forbidding_is_in_the_log_once_and_doing_it_again_changes_nothing(hub, leaked):
    before = rows(hub)
    put_out(hub, leaked, reason="又一次")
    assert rows(hub) == before
    with unit_of_work(hub.app, read_only=True) as session:
        [entry] = session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "key.forbidden"))
        said = json.loads(entry)
        reason = session.get_one(AuditReason, said["id"]).reason
    assert (said["actor"], said["subject"], reason) == ("operator", f"key:{leaked.key_id}", REASON)


def test_forbidden_keys_are_listed_after_those_of_the_nodes(hub, member, leaked):
    with unit_of_work(hub.app, read_only=True) as session:
        found = operations.keys(session)
    assert [(one["key"], one["state"], one["reason"]) for one in found] == [
        (member.signer.key_id, "active", ""),
        (leaked.key_id, "forbidden", REASON),
    ]


def test_what_is_forbidden_stays_so_and_what_is_unknown_can_only_be_forbidden(hub, leaked):
    for state in ("active", "suspended"):
        with pytest.raises(MoveNotAllowed):
            put_out(hub, leaked, state)
        with pytest.raises(KeyUnknown):
            put_out(hub, Signer(), state)


def test_forbidding_takes_a_reason_and_the_id_of_a_key(hub):
    with pytest.raises(ReasonMissing):
        put_out(hub, Signer(), reason=" ")
    with unit_of_work(hub.app) as session:
        for written in ("", "x", "长" * 43, "A" * 42, "A" * 42 + "B", "A" * 43 + "\n"):
            with pytest.raises(InvalidRequest) as caught:
                forbidden_keys.forbid(session, written, reason=REASON, actor=auditlog.OPERATOR)
            assert [(fault.pointer, fault.code) for fault in caught.value.errors] == [("/key_id", "bad_key_id")]


def test_no_key_is_let_in_where_one_is_forbidden(hub, leaked):
    with unit_of_work(hub.app) as session, pytest.raises(KeyRevoked):
        key_register.usable_key(session, leaked.key_id)


def test_the_command_forbids_and_lists(hub):
    signer = Signer()
    command = commands_of(hub)
    for _ in range(2):
        said = command.run("key", "set", signer.key_id, "revoked", "--reason", REASON).stdout
        assert "没有登记" in said
        assert signer.key_id in said
    assert [(row["key"], row["state"]) for row in command.json("key", "list")] == [(signer.key_id, "forbidden")]
    assert "已禁止" in command.run("key", "list").stdout
    wrong = command.run("key", "set", "AbC", "revoked", "--reason", REASON, check=5).stderr
    assert "密钥编号" in wrong
