"""The register of keys under several hands at once: whoever comes first, a node has one key in use at the end."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from federation import auditlog, key_register
from federation.database import unit_of_work
from federation.models.institutions import NodeKey
from shared.endorsement import endorse
from shared.errors import MoveNotAllowed
from shared.messages import PREFIX
from tests.support.hub import ORIGIN
from tests.support.records import Signer

ROUNDS = range(8)
REFUSED = (403, "key_revoked")


def code_of(answer):
    problem = answer.get_json().get("type", "")
    return answer.status_code, problem.rpartition(":")[2]


def at_once(*acts):
    """What each of these gives, all begun at the same moment."""
    gate = Barrier(len(acts))

    def begin(act):
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [one.result() for one in [threads.submit(begin, act) for act in acts]]


def rotate(hub, old, new):
    said = {"public_key": new.jwk, "endorsement": endorse(new.public_key, origin=ORIGIN, by=old.private_key)}
    return code_of(hub.signed(new, "POST", PREFIX + "/keys", json.dumps(said).encode()))


def states(hub, node_id):
    with unit_of_work(hub.app, read_only=True) as session:
        found = session.scalars(select(NodeKey).where(NodeKey.node_id == node_id))
        return {key.id: key.state for key in found}


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_node_that_changes_its_key_and_comes_back_at_once_has_one_key_in_use(hub, member, _round):
    token, back, following = hub.invite("institute-a"), Signer(), Signer()
    rotated, enrolled = at_once(
        lambda: rotate(hub, member.signer, following),
        lambda: code_of(hub.enrolment(token, back, node_id=member.node_id)),
    )
    assert enrolled == (201, "")
    assert rotated in ((200, ""), REFUSED)
    found = states(hub, member.node_id)
    assert [kid for kid, state in found.items() if state == "active"] == [back.key_id]


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_key_that_is_revoked_while_its_node_comes_back_stays_revoked(hub, member, _round):
    token, back = hub.invite("institute-a"), Signer()

    def revoke():
        with unit_of_work(hub.app) as session:
            key_register.set_key_state(
                session, member.signer.key_id, state="revoked", reason="遗失", actor=auditlog.OPERATOR
            )

    _, enrolled = at_once(revoke, lambda: code_of(hub.enrolment(token, back, node_id=member.node_id)))
    assert enrolled == (201, "")
    assert states(hub, member.node_id) == {member.signer.key_id: "revoked", back.key_id: "active"}


def test_a_key_that_another_has_followed_is_refused_in_words_of_the_reader_s_language(hub, member):
    assert rotate(hub, member.signer, Signer())[0] == 200
    for language, said in (("zh", "换用另一把密钥"), ("en", "has changed to another key")):
        answer = hub.signed(member.signer, "GET", PREFIX + "/status", **{"Accept-Language": language})
        assert said in answer.get_json()["detail"]
        assert "retired" not in answer.get_json()["detail"]


def test_a_key_that_was_suspended_cannot_be_resumed_beside_the_one_that_followed_it(hub, member):
    with unit_of_work(hub.app) as session:
        key_register.set_key_state(session, member.signer.key_id, state="suspended", reason="查", actor="operator")
    answer = hub.enrolment(hub.invite("institute-a"), Signer(), node_id=member.node_id)
    assert answer.status_code == 201
    with unit_of_work(hub.app) as session, pytest.raises(MoveNotAllowed):
        key_register.set_key_state(session, member.signer.key_id, state="active", reason="找到了", actor="operator")


def test_a_state_that_was_read_before_the_register_was_held_is_read_again(hub, member):
    with unit_of_work(hub.app) as session:
        session.get_one(NodeKey, member.signer.key_id)
        session.connection().exec_driver_sql("UPDATE node_keys SET state = 'revoked'")
        with pytest.raises(MoveNotAllowed):
            key_register.set_key_state(
                session, member.signer.key_id, state="suspended", reason="查", actor=auditlog.OPERATOR
            )
