"""A member without a network comes back by stick, with all it has, when the hub does not take its key any more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from federation import auditlog, key_register
from federation.backups.restoring import EVENTS_SKIPPED
from federation.database import unit_of_work
from federation.models.institutions import Institution, Node, NodeKey
from federation.transparency.keys import log_keys
from nodes import carried_enrolment, joining, key_files
from nodes import membership as memberships
from nodes.models import Membership, Version
from nodes.settings import NodeSettings
from nodes.workplace import initialise
from shared import errors, hub_answers
from shared.canonical import canonical, parse
from shared.jws import to_base64url, unverified_payload
from shared.messages import MAX_KEYS
from tests.support.hub import Hub, running_hub
from tests.support.offline import Isolated, enrolled, isolated, lose_database
from tests.support.records import Signer
from tests.support.stores import RunningStore

CODE = "isolated"


@pytest.fixture
def node(hub: Hub, tmp_path: Path) -> Isolated:
    return isolated(hub, tmp_path / CODE, CODE)


def put_out(hub: Hub, kid: str) -> None:
    with unit_of_work(hub.app) as session:
        key_register.set_key_state(session, kid, state="revoked", reason="笔记本被盗", actor=auditlog.OPERATOR)


def ask(node: Isolated, token: str) -> Path:
    request = node.folder / "back.jws"
    carried_enrolment.write_request(node.workplace, request, token=token, node_name="离线节点")
    return request


def take(node: Isolated, reply: dict[str, Any]) -> Membership:
    path = node.folder / "back.reply.jws"
    path.write_bytes(hub_answers.sign_reply(reply, key=node.hub_key))
    return carried_enrolment.take_reply(node.workplace, path)


def come_back(node: Isolated, token: str = "") -> Membership:
    return take(node, enrolled(node.hub, ask(node, token or node.hub.invite(CODE))))


def shown(request: Path) -> Any:
    return parse(unverified_payload(request.read_text().strip()))


def carry(node: Isolated, name: str) -> dict[str, Any]:
    """A bag there and its receipt back."""
    receipt = node.import_(node.export(name))
    node.take(receipt)
    return receipt


def key_files_of(node: Isolated) -> list[str]:
    return sorted(path.name for path in node.workplace.folder.glob("key*.pem"))


def test_a_member_whose_key_was_revoked_comes_back_with_another_and_speaks_for_what_it_published(
    hub: Hub, node: Isolated
) -> None:
    record_id = node.register()
    carry(node, "first")
    former = node.workplace.key.id
    put_out(hub, former)
    waiting = node.register()
    with pytest.raises(errors.KeyRevoked):
        node.import_(node.export("refused"))
    assert come_back(node).node_id == node.node_id
    assert node.workplace.key.id != former
    node.register(record_id, summary={"zh": "四步读准。"})
    carry(node, "second")
    assert hub.states(record_id) == ["superseded", "in_review"]
    assert hub.states(waiting) == ["in_review"]
    assert key_files_of(node) == [key_files.FILE]


def test_a_member_of_a_hub_that_has_forgotten_it_brings_all_it_has(
    node: Isolated, store: RunningStore, tmp_path: Path
) -> None:
    """The hub was restored from a backup that was made before the node joined, and has answered its bags since."""
    file = node.file("尺.txt", b"calipers")
    record_id = node.register("", file)
    carry(node, "answered")
    second = node.register()
    carry(node, "answered too")
    with running_hub(tmp_path / "restored", store, audit_key=node.hub.settings.audit_key) as restored:
        restored.institution(CODE)
        node.hub = restored
        assert come_back(node).node_id == node.node_id
        assert [answer["outcome"] for answer in carry(node, "records")["records"]] == ["accepted", "accepted"]
        assert [answer["outcome"] for answer in carry(node, "files")["files"]] == ["stored"]
        assert (restored.states(record_id), restored.states(second)) == (["in_review"], ["in_review"])
        assert node.states() == ["in_review", "in_review"]


def test_a_member_of_a_restored_hub_that_knows_its_key_brings_all_it_has_by_itself(
    hub: Hub, node: Isolated, store: RunningStore, tmp_path: Path
) -> None:
    """Over the network it would compare; here the numbers that the hub has skipped say that it has lost something."""
    file = node.file("尺.txt", b"calipers")
    lost = node.register("", file)
    carry(node, "answered, and lost")
    with running_hub(tmp_path / "restored", store, audit_key=node.hub.settings.audit_key) as restored:
        as_in_the_backup(hub, restored, node)
        node.hub = restored
        later = node.register()
        assert [answer["outcome"] for answer in carry(node, "first")["records"]] == ["accepted"]
        again = carry(node, "all, and the file that the hub has lost with the record")
        outcomes = {answer["id"]: answer["outcome"] for answer in again["records"]}
        assert outcomes == {lost: "accepted", later: "duplicate"}
        assert [answer["outcome"] for answer in again["files"]] == ["stored"]
        assert (restored.states(lost), restored.states(later)) == (["in_review"], ["in_review"])
        assert carry(node, "nothing more")["records"] == []


def as_in_the_backup(hub: Hub, restored: Hub, node: Isolated) -> None:
    """Let the node be at the restored hub what it was when it had just joined."""
    restored.institution(CODE)
    with unit_of_work(hub.app, read_only=True) as session:
        jwk = session.get_one(NodeKey, node.workplace.key.id).jwk
    with unit_of_work(restored.app) as session:
        [member] = session.scalars(select(Institution.id))
        session.add(Node(id=node.node_id, institution_id=member, name="节点", event_seq=EVENTS_SKIPPED))
        session.flush()
        session.add(NodeKey(id=node.workplace.key.id, node_id=node.node_id, jwk=jwk))


def test_what_the_hub_still_has_is_answered_and_not_doubled(hub: Hub, node: Isolated) -> None:
    record_id = node.register("", node.file("尺.txt", b"calipers"))
    carry(node, "first")
    come_back(node)
    receipt = carry(node, "again")
    assert [answer["outcome"] for answer in receipt["records"]] == ["duplicate"]
    assert receipt["files"] == []
    assert (hub.states(record_id), node.states()) == (["in_review"], ["in_review"])


@pytest.mark.parametrize("revoked", [True, False])
def test_a_member_that_lost_its_database_takes_its_place_again(hub: Hub, node: Isolated, revoked: bool) -> None:
    former = node.workplace.key.id
    if revoked:
        put_out(hub, former)
    lose_database(node)
    assert come_back(node).node_id == node.node_id
    assert node.workplace.key.id != former
    node.register()
    assert carry(node, "bag")["records"][0]["outcome"] == "accepted"


def test_a_member_that_has_lost_all_but_its_key_is_told_who_it_is(hub: Hub, node: Isolated) -> None:
    """It does not know that it was one, so it asks with the key that the hub knows; the invitation stays good."""
    former, token = node.workplace.key.id, hub.invite(CODE)
    lose_database(node, key_files.PUBLIC)
    assert come_back(node, token).node_id == node.node_id
    assert node.workplace.key.id == former
    node.register()
    assert carry(node, "bag")["records"][0]["outcome"] == "accepted"
    assert hub.enrolment(token, Signer()).status_code == 201


def test_a_member_that_has_lost_all_but_a_key_that_is_out_of_use_is_told_so(hub: Hub, node: Isolated) -> None:
    lose_database(node, key_files.PUBLIC)
    put_out(hub, node.workplace.key.id)
    with pytest.raises(errors.KeyRevoked):
        come_back(node)


def test_a_request_that_is_written_again_shows_the_same_key_until_there_is_another_invitation(
    hub: Hub, node: Isolated
) -> None:
    """A reply that was lost is asked for again; a key that was refused or stolen meanwhile must not be."""
    token = hub.invite(CODE)
    reply = enrolled(hub, ask(node, token))
    assert enrolled(hub, ask(node, token)) == reply
    put_out(hub, reply["key_id"])
    come_back(node)
    assert node.workplace.key.id != reply["key_id"]
    node.register()
    assert carry(node, "bag")["records"][0]["outcome"] == "accepted"


def test_the_reply_to_a_request_that_was_written_later_is_taken_after_that_to_an_earlier_one(
    hub: Hub, node: Isolated
) -> None:
    """Two sticks are on their way: the hub takes only the later key, whichever reply is back first."""
    first, second = [enrolled(hub, ask(node, hub.invite(CODE))) for _ in range(2)]
    take(node, first)
    take(node, second)
    assert (node.workplace.key.id, key_files_of(node)) == (second["key_id"], [key_files.FILE])
    node.register()
    assert carry(node, "bag")["records"][0]["outcome"] == "accepted"


def test_a_reply_with_all_keys_of_a_long_life_is_taken(hub: Hub, node: Isolated) -> None:
    reply = enrolled(hub, ask(node, hub.invite(CODE)))
    key = reply["membership"]["keys"][0]["public_key"]
    reply["membership"]["keys"] = [{"public_key": key, "endorsement": "x" * 2000}] * MAX_KEYS
    assert take(node, reply).node_id == node.node_id


def test_what_a_hub_of_another_protocol_says_is_not_guessed_at(hub: Hub, node: Isolated) -> None:
    reply = enrolled(hub, ask(node, hub.invite(CODE)))
    membership = {**reply["membership"], "protocol": 2, "something": "new"}
    with pytest.raises(errors.ProtocolUnknown, match=r"speaks version 1 .* the hub only 2"):
        take(node, {**reply, "membership": membership})
    assert node.workplace.key.id != reply["key_id"]


def test_what_was_signed_with_the_former_key_after_all_is_signed_anew_for_the_next_bag(node: Isolated) -> None:
    """Somebody registered at the moment at which the key changed hands."""
    node.register()
    with node.workplace.database.unit_of_work(read_only=True) as session:
        [before] = session.scalars(select(Version.jws))
    come_back(node)
    with node.workplace.database.unit_of_work() as session:
        session.execute(update(Version).values(jws=before))
    assert [answer["code"] for answer in carry(node, "first")["records"]] == ["key_revoked"]
    assert [answer["outcome"] for answer in carry(node, "second")["records"]] == ["accepted"]


def test_until_the_reply_is_there_all_goes_on_with_the_key_in_use(hub: Hub, node: Isolated) -> None:
    before = node.workplace.key.id
    request = ask(node, hub.invite(CODE))
    assert shown(request)["node_id"] == node.node_id
    assert node.workplace.key.id == before
    node.register()
    assert carry(node, "bag")["records"][0]["outcome"] == "accepted"


def test_a_reply_that_is_taken_again_changes_nothing(hub: Hub, node: Isolated) -> None:
    reply = enrolled(hub, ask(node, hub.invite(CODE)))
    take(node, reply)
    node.register()
    carry(node, "bag")
    kid, files = node.workplace.key.id, key_files_of(node)
    assert take(node, reply).cursor > 0
    assert (node.workplace.key.id, key_files_of(node)) == (kid, files)


def test_a_node_killed_while_it_took_the_reply_takes_it_again(hub: Hub, node: Isolated) -> None:
    reply = enrolled(hub, ask(node, hub.invite(CODE)))
    [asked] = node.workplace.folder.glob("key.join-*.pem")
    asked.rename(node.workplace.folder / key_files.NEXT)
    joining.keep(node.workplace, reply["membership"])
    take(node, reply)
    assert (node.workplace.key.id, key_files_of(node)) == (reply["key_id"], [key_files.FILE])


def test_the_hub_may_give_another_place(hub: Hub, node: Isolated) -> None:
    """A request that was written elsewhere does not say which place is the node's."""
    reply = enrolled(hub, ask(node, hub.invite(CODE)))
    reply["membership"]["node_id"] = "019712a0-7c00-7000-8000-000000000001"
    assert take(node, reply).node_id == reply["membership"]["node_id"]


def test_a_reply_for_another_key_or_from_another_hub_is_refused(hub: Hub, node: Isolated) -> None:
    reply = enrolled(hub, ask(node, hub.invite(CODE)))
    with pytest.raises(errors.NotAddressed):
        take(node, {**reply, "key_id": "x"})
    membership = {**reply["membership"], "origin": "https://other.example"}
    with pytest.raises(errors.AlreadyJoined):
        take(node, {**reply, "membership": membership})
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert memberships.current(session).origin == reply["membership"]["origin"]


def test_an_invitation_that_is_none_leaves_no_key_behind(node: Isolated) -> None:
    with pytest.raises(errors.InvalidRequest):
        ask(node, "kurz")
    assert key_files_of(node) == [key_files.FILE]


# -- whose reply it is ---------------------------------------------------------------------------------------------


@pytest.fixture
def newcomer(hub: Hub, tmp_path: Path) -> Isolated:
    """A node that has asked to join and knows no hub yet."""
    (tmp_path / "newcomer").mkdir()
    hub.institution("newcomer")
    made = initialise(NodeSettings(data=str(tmp_path / "newcomer" / "node")))
    return Isolated(hub, made, tmp_path / "newcomer")


def test_the_first_reply_is_taken_only_when_a_person_has_compared_the_key_of_the_hub(
    hub: Hub, newcomer: Isolated
) -> None:
    """Nothing in a first reply proves who wrote it: the node has seen no key of the hub before."""
    key = log_keys(hub.settings)
    reply = newcomer.folder / "reply.jws"
    reply.write_bytes(hub_answers.sign_reply(enrolled(hub, ask(newcomer, hub.invite("newcomer"))), key=key.signing))
    with pytest.raises(errors.HubKeyUnknown) as caught:
        carried_enrolment.take_reply(newcomer.workplace, reply)
    assert caught.value.data["theirs"] == key.fingerprint
    with pytest.raises(errors.HubKeyDiffers):
        carried_enrolment.take_reply(newcomer.workplace, reply, hub_key=Signer().key_id)
    with newcomer.workplace.database.unit_of_work(read_only=True) as session:
        assert memberships.find(session) is None
    carried_enrolment.take_reply(newcomer.workplace, reply, hub_key=key.fingerprint)
    carried_enrolment.take_reply(newcomer.workplace, reply)


def test_a_member_that_lost_its_database_still_knows_its_hub(hub: Hub, node: Isolated) -> None:
    """A courier answers in the hub's place, under a key of its own."""
    lose_database(node)
    said = enrolled(hub, ask(node, hub.invite(CODE)))
    forger = Signer()
    said["membership"]["hub_key"] = forger.jwk
    forged = node.folder / "forged.jws"
    forged.write_bytes(hub_answers.sign_reply(said, key=forger.private_key))
    with pytest.raises(errors.HubKeyDiffers):
        carried_enrolment.take_reply(node.workplace, forged)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert memberships.find(session) is None
    assert key_files.FILE in key_files_of(node)


def test_a_reply_in_which_a_word_was_changed_or_that_is_a_receipt_is_none(hub: Hub, node: Isolated) -> None:
    said = enrolled(hub, ask(node, hub.invite(CODE)))
    header, payload, signature = hub_answers.sign_reply(said, key=node.hub_key).decode().strip().split(".")
    other = to_base64url(canonical({**said, "membership": {**said["membership"], "node_id": "x"}}))
    receipt = hub_answers.sign_receipt(said, key=node.hub_key).decode()
    path = node.folder / "altered.jws"
    for text in (f"{header}.{other}.{signature}", f"{header}.{payload}", receipt, json.dumps(said), ""):
        path.write_text(text)
        with pytest.raises(errors.NotFromHub):
            carried_enrolment.take_reply(node.workplace, path)
