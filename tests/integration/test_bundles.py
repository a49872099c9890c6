"""Bundles at the hub: the same guarantees as over the network, and each way to spoil a bag refused by name."""

import json
import os
import shutil
import unicodedata
from dataclasses import replace

import bagit
import pytest
from sqlalchemy import func, select, update

from federation import auditlog, fixity, key_register, lifecycle, petitions, questions
from federation import bundles as hub_bundles
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.events import AuditEvent, NodeEvent
from federation.models.institutions import Node
from federation.models.objects import StoredObject
from federation.models.questions import Question
from federation.models.resources import ResourceVersion
from federation.parts import attach, parts
from federation.storage import ObjectStore
from nodes import key_files, keys, rotation
from nodes import petitions as node_petitions
from nodes import questions as node_questions
from nodes.models import LocalFile, Membership, OutboxEntry, Version
from shared import carrying, errors
from shared.bags import Payload, manifest, tag_files
from shared.canonical import canonical, digest, parse
from shared.endorsement import endorse
from shared.jws import to_base64url, unverified_payload
from shared.reconciliation import content_digests
from shared.signing import sign
from tests.support.offline import enrolled, isolated
from tests.support.records import Signer
from tests.support.reviewing import add_person


@pytest.fixture
def node(hub, tmp_path):
    return isolated(hub, tmp_path / "isolated")


def counts(hub):
    """How much of everything the hub holds."""
    with unit_of_work(hub.app, read_only=True) as session:
        kinds = (ResourceVersion, StoredObject, NodeEvent, AuditEvent)
        return [session.scalar(select(func.count()).select_from(kind)) for kind in kinds]


def sent(node):
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return [file.sent for file in session.scalars(select(LocalFile))]


def spoil(node, token):
    """Put other bytes in the place of a signed record that waits."""
    with node.workplace.database.unit_of_work() as session:
        entry = session.scalars(select(OutboxEntry)).first()
        named = (Version.resource_id == entry.resource_id, Version.number == entry.number)
        session.execute(update(Version).where(*named).values(jws=token))


def rewrite(node, bag, *, drop=(), **changes):
    """Make the bag's lists anew and sign them: what an institution's own, but faulty, program could write."""
    payload = []
    for path in sorted((bag / "data").rglob("*")):
        name = path.relative_to(bag).as_posix()
        if path.is_file() and name not in drop:
            payload.append(Payload(name, digest(path.read_bytes()), path.stat().st_size))
    with node.workplace.database.unit_of_work(read_only=True) as session:
        joined = session.scalars(select(Membership)).one()
    said = {
        "bundle_id": "019712a0-7c00-7000-8000-000000000001",
        "node_id": joined.node_id,
        "hub": joined.origin,
        "language": "zh",
        "after": 0,
        "keys": [],
        "holdings": content_digests([]),
        **changes,
    }
    key = said.pop("key", node.workplace.key.private)
    moment = joined.joined_at
    signed = carrying.statement(said, manifest=manifest(payload), moment=moment, key=key)
    for name, data in tag_files(payload, info={}, extra={"statement.jws": signed}, moment=moment).items():
        (bag / name).write_bytes(data)


# -- the guarantees ------------------------------------------------------------------------------------------------


def test_a_bag_is_valid_for_the_public_library_and_says_whose_it_is(node):
    node.register("", node.file("卡尺 说明.txt", b"caliper"))
    bag = bagit.Bag(str(node.export()))
    assert bag.validate() is True
    assert bag.info["Source-Organization"] == "isolated院"
    assert bag.info["Payload-Oxum"].endswith(".2")
    assert {"External-Identifier", "Internal-Sender-Identifier", "Metrology-Commons-Key-Id"} <= bag.info.keys()
    assert bag.payload_entries().keys() == {
        "data/records/0001.jws",
        carrying.file_path(digest(b"caliper")),
    }


def test_a_bag_taken_in_again_changes_nothing(hub, node):
    node.register("", node.file("a.txt", b"a"))
    bag = node.export()
    first = node.import_(bag)
    before = counts(hub)
    again = node.import_(bag)
    assert counts(hub) == before
    assert [answer["outcome"] for answer in first["records"] + first["files"]] == ["accepted", "stored"]
    assert [answer["outcome"] for answer in again["records"] + again["files"]] == ["duplicate", "present"]
    assert [event["state"] for event in again["events"]] == ["awaiting_files", "in_review"]
    assert node.take(first).good
    assert node.take(again).sent.duplicate == 0
    assert node.states() == ["in_review"]
    assert sent(node) == [True]


def test_an_import_that_is_killed_is_simply_run_again(hub, node):
    for number in range(3):
        node.register("", node.file(f"{number}.bin", os.urandom(1000)))
    bag = node.export()

    def kill(steps):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        node.import_(bag, kill)
    receipt = node.import_(bag)
    assert [answer["outcome"] for answer in receipt["records"]] == ["duplicate"] * 3
    assert node.take(receipt).good
    assert node.states() == ["in_review"] * 3
    assert counts(hub)[:2] == [3, 3]


def test_a_store_that_is_away_costs_nothing_but_another_run(hub, node):
    node.register("", node.file("a.txt", b"a"))
    bag = node.export()
    here = parts(hub.app)
    away = ObjectStore(replace(here.store.settings, endpoint="http://127.0.0.1:9", public_endpoint=None))
    attach(hub.app, replace(here, store=away))
    with pytest.raises(errors.StoreAway):
        node.import_(bag)
    attach(hub.app, here)
    node.take(node.import_(bag))
    assert node.states() == ["in_review"]


def test_a_record_that_is_bad_blocks_no_other_and_its_file_comes_again_with_the_next_version(hub, node):
    record_id = node.register("", node.file("bad.txt", b"bad"))
    node.register("", node.file("good.txt", b"good"))
    spoil(node, "not.a.jws")
    receipt = node.import_(node.export())
    assert [answer["outcome"] for answer in receipt["records"]] == ["rejected", "accepted"]
    assert sorted(answer["outcome"] for answer in receipt["files"]) == ["refused", "stored"]
    done = node.take(receipt)
    assert [refused["code"] for refused in done.sent.refused] == ["signature_invalid"]
    assert node.states() == ["in_review", "refused"]
    assert done.files.failed == {}

    node.register(record_id, node.file("bad.txt", b"bad"), summary={"zh": "改好了。"})
    receipt = node.import_(node.export("second"))
    assert [answer["outcome"] for answer in receipt["files"]] == ["stored"]
    assert node.take(receipt).good
    assert node.states() == ["in_review", "in_review"]


def test_answers_and_petitions_go_by_stick_and_come_once(hub, node):
    record_id, other = node.register(), node.register()
    node.take(node.import_(node.export()))
    with unit_of_work(hub.app) as session:
        versions = {one.resource_id: one for one in session.scalars(select(ResourceVersion))}
        reviewer = add_person(session, "li")
        asked = questions.ask(session, versions[record_id], reviewer=reviewer, text="谁拍的？").id
        lifecycle.advance(session, [versions[other]], to="rejected", actor="test", reason="出处不明")
    node.take(node.import_(node.export("news")))
    with node.workplace.database.unit_of_work() as session:
        node_questions.answer(session, asked, "本院。")
        number = node_petitions.make(session, other, kind="appeal", text="见目录").id
    bag = node.export("words")
    receipts = [node.import_(bag) for _ in range(2)]
    assert [one["words"]["answers"][0]["outcome"] for one in receipts] == ["accepted", "duplicate"]
    assert [one["words"]["petitions"][0]["outcome"] for one in receipts] == ["accepted", "duplicate"]
    done = node.take(receipts[0])
    assert (done.answered, done.petitioned) == (1, 1)
    assert not (node.export("nothing more") / carrying.WORDS_PATH).exists()
    with unit_of_work(hub.app) as session:
        [shown] = questions.of_resource(session, record_id)
        assert shown.answer == "本院。"
        admin = add_person(session, "boss", "admin")
        petitions.answer(session, number, by=admin, granted=True, reason="确有出处")
    node.take(node.import_(node.export("last")))
    with node.workplace.database.unit_of_work(read_only=True) as session:
        [one] = node_petitions.of_resource(session, other)
        assert (one.outcome, one.reason) == ("granted", "确有出处")
    assert node.states() == ["in_review", "in_review"]


def test_refusals_without_end_do_not_make_a_receipt_larger_than_a_node_reads(node, monkeypatch):
    monkeypatch.setattr(hub_bundles, "MAX_REFUSAL_BYTES", 1)
    for _ in range(2):
        node.register()
    spoil(node, "not.a.jws")
    receipt = node.import_(node.export())
    refused = [answer for answer in receipt["records"] if answer["outcome"] == "rejected"]
    assert {answer["code"] for answer in refused} == {"signature_invalid"}
    assert not any("detail" in answer for answer in refused)
    assert [said["code"] for said in node.take(receipt).sent.refused] == ["signature_invalid"] * len(refused)


def answered(hub, node):
    """A record that a reviewer has asked about and the node has answered; both ids. Nothing of the answer is sent."""
    record_id = node.register()
    node.take(node.import_(node.export()))
    with unit_of_work(hub.app) as session:
        [version] = session.scalars(select(ResourceVersion).where(ResourceVersion.resource_id == record_id))
        asked = questions.ask(session, version, reviewer=add_person(session, "li"), text="谁拍的？").id
    node.take(node.import_(node.export("news")))
    with node.workplace.database.unit_of_work() as session:
        node_questions.answer(session, asked, "本院。")
    return record_id, asked


def test_a_hub_that_was_restored_gets_the_answers_again_by_stick(hub, node):
    _, asked = answered(hub, node)
    node.take(node.import_(node.export("words")))
    with unit_of_work(hub.app) as session:
        question = session.get_one(Question, asked)
        question.answer, question.answered_at = "", None
        session.execute(update(Node).values(event_seq=Node.event_seq + 1000))
    node.take(node.import_(node.export("restored")))
    receipt = node.import_(node.export("again"))
    assert [one["outcome"] for one in receipt["words"]["answers"]] == ["accepted"]
    assert node.take(receipt).answered == 1


def test_an_answer_that_was_changed_after_it_was_carried_off_is_not_taken_for_the_one_that_arrived(hub, node):
    record_id, asked = answered(hub, node)
    receipt = node.import_(node.export("words"))
    with node.workplace.database.unit_of_work() as session:
        node_questions.answer(session, asked, "外单位。")
    node.take(receipt)
    node.take(node.import_(node.export("changed")))
    with node.workplace.database.unit_of_work(read_only=True) as session:
        [shown] = node_questions.of_resource(session, record_id)
        assert (shown.answer, shown.sent, shown.problem) == ("外单位。", True, "conflict")


def test_a_file_whose_record_was_registered_after_the_export_is_not_forgotten(node):
    record_id = node.register("", node.file("a.txt", b"a"))
    spoil(node, "not.a.jws")
    receipt = node.import_(node.export())
    node.register(record_id, node.file("a.txt", b"a"), summary={"zh": "改好了。"})
    node.take(receipt)
    assert sent(node) == [False]
    node.take(node.import_(node.export("second")))
    assert node.states() == ["in_review"]


def test_a_file_that_rotted_on_the_way_is_refused_by_name_and_comes_again(node):
    node.register("", node.file("a.txt", b"right"))
    node.register("", node.file("b.txt", b"other"))
    bag = node.export()
    (bag / carrying.file_path(digest(b"right"))).write_bytes(b"wrong")
    receipt = node.import_(bag)
    assert {answer.get("code") for answer in receipt["files"]} == {None, "file_altered"}
    done = node.take(receipt)
    assert list(done.files.failed) == [digest(b"right")]
    assert node.states() == ["awaiting_files", "in_review"]
    assert node.take(node.import_(node.export("second"))).good
    assert node.states() == ["in_review", "in_review"]


def test_a_file_in_parts_arrives_as_it_was_signed(hub, node):
    data = os.urandom(9 * 1024**2)
    node.register("", node.file("large.bin", data))
    steps = []
    node.take(node.import_(node.export(), steps.append))
    assert node.states() == ["in_review"]
    assert sum(steps) == len(data)


def test_a_file_that_nobody_declared_is_not_kept(hub, node):
    node.register("", node.file("a.txt", b"a"))
    bag = node.export()
    stray = bag / carrying.file_path(digest(b"stray"))
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"stray")
    rewrite(node, bag)
    answers = {answer["sha256"]: answer for answer in node.import_(bag)["files"]}
    assert answers[digest(b"stray")]["code"] == "file_not_declared"
    assert counts(hub)[1] == 1


def test_the_same_file_of_two_institutions_is_kept_once(hub, node, tmp_path):
    second = isolated(hub, tmp_path / "second", "second")
    bags = []
    for one in (node, second):
        one.register("", one.file("a.txt", b"shared"))
        bags.append(one.export())
    assert node.import_(bags[0])["files"][0]["outcome"] == "stored"
    receipt = second.import_(bags[1])
    assert receipt["files"][0]["outcome"] == "present"
    with pytest.raises(errors.NotAddressed):
        node.take(receipt)
    assert second.take(receipt).good
    assert (node.states(), second.states()) == (["registered"], ["in_review"])


def test_a_copy_that_rotted_at_the_hub_is_healed_by_stick(hub, node):
    node.register("", node.file("a.txt", b"a"))
    node.take(node.import_(node.export()))
    with unit_of_work(hub.app) as session:
        session.scalars(select(StoredObject)).one().damaged_at = now()
        fixity.ask(session, digest(b"a"), "平台保存的文件内容有改变，请重新上传。")
    assert node.take(node.import_(node.export("news"))).events == 1
    receipt = node.import_(node.export("healing"))
    assert [answer["outcome"] for answer in receipt["files"]] == ["stored"]
    node.take(receipt)
    assert (node.states(), sent(node)) == (["in_review"], [True])
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.scalars(select(StoredObject)).one().sound


@pytest.mark.parametrize("known", [False, True])
def test_a_change_of_key_that_no_network_finished_goes_on_by_stick(hub, node, known):
    """The hub may have taken the new key, and its answer been lost."""
    node.register()
    node.take(node.import_(node.export()))
    former = node.workplace.key
    waiting = node.register()
    made = keys.make_key(node.workplace.folder, name=key_files.NEXT)
    token = endorse(made.private.public_key(), origin=hub.settings.origin, by=former.private)
    links = [key_register.Link.of({"public_key": made.jwk, "endorsement": token})]
    if known:
        with unit_of_work(hub.app) as session:
            key_register.rotate(session, links, signed_by=made.id, origin=hub.settings.origin)
    rotation.finish_alone(node.workplace)
    bag = node.export("second")
    receipts = [node.import_(bag) for _ in range(2)]
    assert [one["records"][0]["outcome"] for one in receipts] == ["accepted", "duplicate"]
    assert node.take(receipts[0]).good
    assert hub.states(waiting) == ["in_review"]
    with unit_of_work(hub.app, read_only=True) as session:
        states = {one.id: one.state for one in key_register.keys_of(session, node.node_id)}
    assert states == {former.id: "retired", made.id: "active"}


def test_a_withdrawal_goes_by_stick_too(node):
    record_id = node.register()
    node.take(node.import_(node.export()))
    node.register(record_id, withdrawn={"reason": "重复"})
    node.take(node.import_(node.export("second")))
    assert node.states() == ["withdrawn"]


# -- bags that are refused -----------------------------------------------------------------------------------------


def link(node, bag):
    target = bag / carrying.file_path(digest(b"a"))
    target.unlink()
    target.symlink_to(node.folder / "node" / "key.pem")


def linked_folder(node, bag):
    shutil.move(bag / "data" / "files", node.folder / "moved")
    (bag / "data" / "files").symlink_to(node.folder / "moved")


def listed(name):
    def spoiler(node, bag):
        lists = bag / "manifest-sha256.txt"
        lists.write_bytes(lists.read_bytes() + f"{digest(b'a')}  {name}\n".encode())
        relist(bag)

    return spoiler


def relist(bag):
    """Make the list of tag files agree again, as anybody can."""
    names = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "statement.jws")
    lines = [f"{digest((bag / name).read_bytes())}  {name}\n" for name in names]
    (bag / "tagmanifest-sha256.txt").write_text("".join(lines))


def twins(node, bag):
    for form in ("NFC", "NFD"):
        (bag / "data" / "records" / unicodedata.normalize(form, "é.jws")).write_bytes(b"")


def put(name, data=b"x"):
    def spoiler(node, bag):
        (bag / name).write_bytes(data)

    return spoiler


def words_of_another_form(node, bag):
    (bag / carrying.WORDS_PATH).write_bytes(b'{"answers": [{"question_id": 7}]}')
    rewrite(node, bag)


def known_but_elsewhere(node, bag):
    (bag / "data" / "notes.txt").write_bytes(b"notes")
    rewrite(node, bag)


def misnamed(node, bag):
    path = bag / carrying.file_path(digest(b"a"))
    path.write_bytes(b"b")
    rewrite(node, bag)


def too_many_at_once(node, bag):
    (bag / "data" / "records" / "0002.jws").write_text("a.b.c\n" * 501)
    rewrite(node, bag)


def another_hub(node, bag):
    rewrite(node, bag, hub="https://other.example.org")


def another_node(node, bag):
    rewrite(node, bag, node_id="019712a0-7c00-7000-8000-0000000000b9")


def another_key(node, bag):
    rewrite(node, bag, key=Signer().private_key)


def follows(by, key, node):
    """The link by which `key` follows the key `by`."""
    token = endorse(key.private_key.public_key(), origin=node.hub.settings.origin, by=by)
    return {"public_key": key.jwk, "endorsement": token}


def another_key_of_its_own_word(node, bag):
    key = Signer()
    rewrite(node, bag, key=key.private_key, keys=[follows(key.private_key, key, node)])


def a_key_that_follows_anothers(node, bag):
    other, key = isolated(node.hub, node.folder / "other", "other"), Signer()
    rewrite(node, bag, key=key.private_key, keys=[follows(other.workplace.key.private, key, node)])


def a_key_that_follows_a_revoked_one(node, bag):
    key = Signer()
    rewrite(node, bag, key=key.private_key, keys=[follows(node.workplace.key.private, key, node)])
    revoked(node, bag)


def another_key_than_the_links_lead_to(node, bag):
    key = Signer()
    rewrite(node, bag, key=Signer().private_key, keys=[follows(node.workplace.key.private, key, node)])


def another_protocol(node, bag):
    rewrite(node, bag, protocol=2, something="new")


def strange_key_id(node, bag):
    said = canonical({"alg": "Ed25519", "kid": "a\0b", "typ": carrying.STATEMENT_TYPE})
    (bag / "statement.jws").write_text(f"{to_base64url(said)}.e30.{to_base64url(b'x' * 64)}\n")
    relist(bag)


def deep_down(node, bag):
    folder = bag / "data" / "/".join("abcdefghijkl")
    folder.mkdir(parents=True)
    (folder / "hidden.jws").write_bytes(b"x")


def revoked(node, bag):
    with unit_of_work(node.hub.app) as session:
        key_register.set_key_state(
            session, node.workplace.key.id, state="revoked", reason="遗失", actor=auditlog.OPERATOR
        )


def unfinished(node, bag):
    (bag / "bagit.txt").unlink()


def half_copied(node, bag):
    os.truncate(bag / carrying.file_path(digest(b"a")), 0)


def not_copied(node, bag):
    (bag / carrying.file_path(digest(b"a"))).unlink()


def records_altered(node, bag):
    path = bag / "data" / "records" / "0001.jws"
    path.write_bytes(path.read_bytes().swapcase())


def statement_of_another(node, bag):
    other = isolated(node.hub, node.folder / "other", "other")
    (bag / "statement.jws").write_bytes((other.export() / "statement.jws").read_bytes())
    relist(bag)


def huge_statement(node, bag):
    (bag / "statement.jws").write_bytes(b"a" * 100_000)
    relist(bag)


SPOILT = {
    "a link in the payload": (link, errors.BagNotPlain),
    "a linked folder": (linked_folder, errors.BagNotPlain),
    "a path that leads outside": (listed("data/../../etc/passwd"), errors.BagPathUnsafe),
    "an absolute path": (listed("/etc/passwd"), errors.BagPathUnsafe),
    "a path outside the payload": (listed("bagit.txt"), errors.BagPathUnsafe),
    "a percent-encoded line end": (listed("data/records/a%0Ab"), errors.BagPathUnsafe),
    "a backslash": (listed("data\\records\\x"), errors.BagPathUnsafe),
    "a Chinese path": (listed("data/文件"), errors.BagPathUnsafe),
    "two Unicode forms of a name": (twins, errors.BagPathUnsafe),
    "a line end in a name": (put("data/records/a\r\nb"), errors.BagPathUnsafe),
    "a hidden file": (put("data/.DS_Store"), errors.BagPathUnsafe),
    "words that nobody can read": (words_of_another_form, errors.InvalidRequest),
    "words that were put in on the way": (put("data/words.json", b"{}"), errors.BagUnexpected),
    "an extra file": (put("data/records/0002.jws"), errors.BagUnexpected),
    "a listed file that has no place": (known_but_elsewhere, errors.BagUnexpected),
    "a file under another's digest": (misnamed, errors.BagAltered),
    "a file that was not copied": (not_copied, errors.BagIncomplete),
    "a file that was copied by half": (half_copied, errors.BagAltered),
    "a listed file that is not there": (listed("data/records/0009.jws"), errors.BagIncomplete),
    "a line twice": (listed("data/records/0001.jws"), errors.BagUnreadable),
    "a list that is none": (put("tagmanifest-sha256.txt", b"\xff\xfe"), errors.BagUnreadable),
    "records altered": (records_altered, errors.BagAltered),
    "information altered": (put("bag-info.txt"), errors.BagAltered),
    "too many records at once": (too_many_at_once, errors.BatchTooLarge),
    "a bag that fetches": (put("fetch.txt"), errors.BagFetches),
    "an export that was not finished": (unfinished, errors.NotABag),
    "another version of BagIt": (put("bagit.txt", b"BagIt-Version: 0.97\n"), errors.NotABag),
    "another hub": (another_hub, errors.WrongHub),
    "another node's name": (another_node, errors.SignatureInvalid),
    "an unknown key": (another_key, errors.KeyUnknown),
    "a key that nobody of ours endorsed": (another_key_of_its_own_word, errors.KeyUnknown),
    "a key that follows another node's": (a_key_that_follows_anothers, errors.SignatureInvalid),
    "a key that follows a revoked one": (a_key_that_follows_a_revoked_one, errors.KeyRevoked),
    "another key than the links lead to": (another_key_than_the_links_lead_to, errors.KeyUnknown),
    "a key that no database can look for": (strange_key_id, errors.SignatureInvalid),
    "a revoked key": (revoked, errors.KeyRevoked),
    "another version of the protocol": (another_protocol, errors.ProtocolUnknown),
    "a file deeper than anybody looks": (deep_down, errors.BagUnexpected),
    "another bag's statement": (statement_of_another, errors.BagAltered),
    "a huge statement": (huge_statement, errors.SignatureInvalid),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_bag_is_refused_by_name_and_changes_nothing(hub, node, name):
    spoiler, error = SPOILT[name]
    node.register("", node.file("a.txt", b"a"))
    bag = node.export()
    spoiler(node, bag)
    before = counts(hub)
    with pytest.raises(error) as caught:
        node.import_(bag)
    assert counts(hub) == before
    assert caught.value.message("zh") != caught.value.message("en")


def test_what_systems_leave_on_a_stick_beside_the_payload_does_no_harm(node):
    node.register()
    bag = node.export()
    (bag / ".DS_Store").write_bytes(b"x")
    (bag / "System Volume Information").mkdir()
    (bag / "System Volume Information" / "索引").write_bytes(b"x")
    assert node.import_(bag)["records"][0]["outcome"] == "accepted"


def test_a_folder_that_is_not_there_is_named(node, tmp_path):
    with pytest.raises(errors.FileUnreadable) as caught:
        node.import_(tmp_path / "nothing")
    assert "文件不存在" in caught.value.message("zh")
    assert "there is no such file" in caught.value.message("en")


# -- joining -------------------------------------------------------------------------------------------------------


def test_a_carried_request_is_signed_by_the_key_that_it_shows(hub, node, tmp_path):
    signer, other = Signer(), Signer()
    hub.institution("newcomer")
    message = {"protocol": 1, "node_name": "x", "public_key": signer.jwk}
    token = hub.invite("newcomer")
    request = tmp_path / "request.jws"
    request.write_text(carrying.enrolment_request(message, token=token, private_key=other.private_key))
    with pytest.raises(errors.SignatureInvalid):
        enrolled(hub, request)
    request.write_text(carrying.enrolment_request(message, token=token, private_key=signer.private_key))
    first = enrolled(hub, request)
    assert enrolled(hub, request) == first
    message["public_key"] = other.jwk
    request.write_text(carrying.enrolment_request(message, token=token, private_key=other.private_key))
    with pytest.raises(errors.TokenUsed):
        enrolled(hub, request)


def test_whoever_carries_a_request_cannot_spend_its_invitation_on_another_key(hub, tmp_path):
    """The courier reads all that the request says, and signs it anew with a key of its own."""
    signer, courier = Signer(), Signer()
    hub.institution("newcomer")
    token, request = hub.invite("newcomer"), tmp_path / "request.jws"
    message = {"protocol": 1, "node_name": "x", "public_key": signer.jwk}
    honest = carrying.enrolment_request(message, token=token, private_key=signer.private_key)
    read = parse(unverified_payload(honest))
    assert token not in canonical(read).decode()
    stolen = {**read, "public_key": courier.jwk}
    for said in (stolen, {**stolen, "proof": digest(token.encode())}, {**stolen, "node_name": "y"}):
        signed = sign(
            canonical(said), private_key=courier.private_key, kid=courier.key_id, kind=carrying.ENROLMENT_TYPE
        )
        request.write_text(signed)
        with pytest.raises(errors.TokenInvalid):
            enrolled(hub, request)
    request.write_text(honest)
    assert enrolled(hub, request)["key_id"] == signer.key_id


def test_a_request_of_another_protocol_is_refused_by_its_name(hub, tmp_path):
    signer = Signer()
    hub.institution("newcomer")
    message = {"protocol": 2, "node_name": "x", "public_key": signer.jwk, "new": 1}
    request, token = tmp_path / "request.jws", hub.invite("newcomer")
    request.write_text(carrying.enrolment_request(message, token=token, private_key=signer.private_key))
    with pytest.raises(errors.ProtocolUnknown):
        enrolled(hub, request)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", json.dumps({"token": "x"}), "é.é.é"])
def test_what_is_no_request_is_refused(hub, tmp_path, text):
    (tmp_path / "request.jws").write_text(text, encoding="utf-8")
    with pytest.raises((errors.SignatureInvalid, errors.InvalidJson)):
        enrolled(hub, tmp_path / "request.jws")


def test_a_record_cannot_pass_for_a_statement(node):
    token = node.workplace.key.sign_record(canonical({"hub": "x"}))
    with pytest.raises(errors.SignatureInvalid):
        carrying.read_statement(
            token.encode(), manifest=b"", find_key=lambda _: node.workplace.key.private.public_key()
        )
