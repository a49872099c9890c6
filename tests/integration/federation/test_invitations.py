"""Invitations as the operator sees them: what became of each, and one that went astray lets nobody in."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from federation import auditlog, invitations
from federation.database import unit_of_work
from federation.models.auditing import AuditReason
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.institutions import Invitation
from shared.errors import InvalidRequest, MoveNotAllowed, NoSuch, ReasonMissing
from tests.support.hub import rows
from tests.support.processes import commands_of
from tests.support.records import Signer

REASON = "寄错了人"


@pytest.fixture
def token(hub):
    hub.institution("institute-a")
    return hub.invite("institute-a")


def listed(hub):
    with unit_of_work(hub.app, read_only=True) as session:
        return invitations.listed(session)


def cancel(hub, number, reason=REASON):
    with unit_of_work(hub.app) as session:
        invitations.cancel(session, number, reason=reason, actor=auditlog.OPERATOR)


def code_of(answer):
    return answer.status_code, answer.get_json()["type"].rpartition(":")[2]


def test_each_is_listed_with_what_became_of_it(hub, member):
    for _ in range(3):
        hub.invite("institute-a")
    numbers = [one["id"] for one in listed(hub)]
    cancel(hub, numbers[1])
    with unit_of_work(hub.app) as session:
        late = update(Invitation).where(Invitation.id == numbers[2])
        session.execute(late.values(expires_at=now() - timedelta(seconds=1)))
    found = listed(hub)
    assert [one["state"] for one in found] == ["used", "cancelled", "expired", "open"]
    assert {one["institution"] for one in found} == {"institute-a"}
    assert [one["node"] for one in found] == ["节点", "", "", ""]
    assert [one["reason"] for one in found] == ["", REASON, "", ""]


def test_a_cancelled_one_lets_nobody_in_and_says_so(hub, token):
    cancel(hub, listed(hub)[0]["id"])
    answer = hub.enrolment(token, Signer())
    assert code_of(answer) == (403, "token_cancelled")
    assert "已作废" in answer.get_json()["detail"]
    assert REASON not in answer.get_json()["detail"], "the reason is the alliance's own"


def test_others_stay_good(hub, token):
    other = hub.invite("institute-a")
    cancel(hub, listed(hub)[0]["id"])
    assert hub.enrolment(other, Signer()).status_code == 201


def test_cancelling_is_in_the_log_once_and_doing_it_again_changes_nothing(hub, token):
    number = listed(hub)[0]["id"]
    cancel(hub, number)
    before = rows(hub)
    cancel(hub, number, "又一次")
    assert rows(hub) == before
    with unit_of_work(hub.app, read_only=True) as session:
        [entry] = session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "invitation.cancelled"))
        [invited] = session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "institution.invited"))
        said = json.loads(entry)
        reason = session.get_one(AuditReason, said["id"]).reason
    assert (said["actor"], said["subject"], reason) == ("operator", "institution:institute-a", REASON)
    assert said["detail"] == json.loads(invited)["detail"] == {"invitation": number}


def test_one_that_was_used_cannot_be_cancelled_and_goes_on_to_answer(hub, token):
    signer = Signer()
    hub.enrolment(token, signer)
    with pytest.raises(MoveNotAllowed) as caught:
        cancel(hub, listed(hub)[0]["id"])
    assert "已使用" in caught.value.message("zh")
    assert hub.enrolment(token, signer).status_code == 201


def test_cancelling_takes_a_reason_and_one_that_there_is(hub, token):
    number = listed(hub)[0]["id"]
    with pytest.raises(ReasonMissing):
        cancel(hub, number, " ")
    with pytest.raises(InvalidRequest):
        cancel(hub, number, "长" * 501)
    for unknown in (number + 1, 2**31 - 1, 0):
        with pytest.raises(NoSuch):
            cancel(hub, unknown)
    assert [one["state"] for one in listed(hub)] == ["open"]


def test_the_commands_list_and_cancel_and_never_show_a_token(hub, token):
    command = commands_of(hub)
    [row] = command.json("invitation", "list")
    assert (row["institution"], row["state"]) == ("institute-a", "open")
    said = command.run("invitation", "cancel", str(row["id"]), "--reason", REASON).stdout
    assert "已作废" in said
    shown = [command.run("invitation", "list", *words).stdout for words in ((), ("--json",))]
    assert "已作废" in shown[0]
    with unit_of_work(hub.app, read_only=True) as session:
        [kept] = session.scalars(select(Invitation.token_sha256))
    assert not [secret for secret in (token, kept) for text in (*shown, said) if secret in text]
    assert "invitation list" in command.run("invitation", "cancel", "99", "--reason", REASON, check=5).stderr
    assert command.run("invitation", "cancel", str(2**70), "--reason", REASON, check=2).stderr


def test_the_list_of_none_says_how_one_is_made(hub):
    assert "commons-hub invite" in commands_of(hub).run("invitation", "list").stdout
