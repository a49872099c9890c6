"""What the node does with bags and receipts: broken exports go on, old and foreign receipts do no harm."""

import copy
import json
import os
import shutil

import pytest
from sqlalchemy import select, update

from federation.backups.restoring import EVENTS_SKIPPED
from federation.database import unit_of_work
from federation.models.institutions import Node
from nodes import bundles, hub_keys, outbox, questions, receipts
from nodes.models import LocalFile, Membership, Question
from nodes.settings import NodeSettings
from nodes.workplace import initialise
from shared import errors, hub_answers
from shared.canonical import canonical, digest
from shared.carrying import file_path
from shared.jws import to_base64url
from shared.signing import sign
from tests.support.offline import isolated
from tests.support.records import Signer

QUESTION = "019712a0-7c00-7000-8000-0000000000f1"


@pytest.fixture
def node(hub, tmp_path):
    return isolated(hub, tmp_path / "isolated")


class Killed(Exception):
    """What stands for the end of the process."""


class Killer:
    """A reporter that ends the export after so many steps."""

    def __init__(self, steps):
        self.left = steps

    def begin(self, name, total):
        def advance(_steps):
            self.left -= 1
            if self.left < 0:
                raise Killed

        return advance


def cursor(node):
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return session.scalars(select(Membership.cursor)).one()


def outbox_of(node):
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return outbox.waiting(session)


# -- exporting -----------------------------------------------------------------------------------------------------


def test_an_export_that_was_killed_goes_on_and_is_no_bag_until_it_is_whole(node):
    for number in range(3):
        node.register("", node.file(f"{number}.bin", os.urandom(1000)))
    with pytest.raises(Killed):
        bundles.export(node.workplace, node.folder / "bag", reporter=Killer(1))
    with pytest.raises(errors.NotABag):
        node.import_(node.folder / "bag")
    copied = [path for path in (node.folder / "bag" / "data" / "files").rglob("*") if len(path.name) == 64]
    before = [path.stat().st_mtime_ns for path in copied]
    assert len(copied) == 1
    receipt = node.import_(node.export())
    assert [path.stat().st_mtime_ns for path in copied] == before
    assert [answer["outcome"] for answer in receipt["files"]] == ["stored"] * 3


def test_an_export_that_goes_on_drops_what_it_does_not_hold_any_more(node):
    record_id = node.register("", node.file("a.bin", b"a"))
    node.register("", node.file("b.bin", b"b"))
    with pytest.raises(Killed):
        bundles.export(node.workplace, node.folder / "bag", reporter=Killer(1))
    node.register(record_id, withdrawn={"reason": "重复"})
    done = bundles.export(node.workplace, node.folder / "bag")
    assert done.records == 3
    assert node.take(node.import_(done.folder)).good


def test_a_folder_with_something_else_in_it_is_left_alone(node):
    (node.folder / "photos").mkdir()
    (node.folder / "photos" / "1.jpg").write_bytes(b"x")
    with pytest.raises(errors.FolderNotEmpty):
        node.export("photos")
    bag = node.export()
    with pytest.raises(errors.FolderNotEmpty):
        node.export()
    assert (bag / "bagit.txt").exists()


LINKS = ("data", "data/files", "bag-info.txt.part", "export.unfinished")


@pytest.mark.parametrize("name", LINKS)
def test_an_export_does_not_go_on_where_somebody_has_laid_links(node, name):
    """Through them it would write over other files, and clear other folders as leftovers of its own."""
    node.register("", node.file("a.txt", b"a"))
    home, bag = node.folder / "home", node.folder / "bag"
    (home / "files").mkdir(parents=True)
    (home / "thesis.txt").write_bytes(b"the only copy")
    (bag / name).parent.mkdir(parents=True)
    (bag / bundles.UNFINISHED).touch()
    (bag / name).unlink(missing_ok=True)
    (bag / name).symlink_to(home if name.startswith("data") else home / "thesis.txt")
    with pytest.raises(errors.FolderNotEmpty):
        node.export()
    assert [path.name for path in home.rglob("*")] == ["files", "thesis.txt"]
    assert (home / "thesis.txt").read_bytes() == b"the only copy"


def test_a_file_that_changed_is_left_out_and_named_and_blocks_no_other(node):
    changed = node.file("a.txt", b"a")
    node.register("", changed)
    node.register("", node.file("b.txt", b"b"))
    changed.write_bytes(b"other")
    done = bundles.export(node.workplace, node.folder / "bag")
    assert list(done.failed) == [digest(b"a")]
    assert (done.records, done.files, done.good) == (2, 1, False)
    assert not (done.folder / file_path(digest(b"a"))).exists()
    assert sorted(answer["outcome"] for answer in node.import_(done.folder)["files"]) == ["stored"]


def test_a_place_that_cannot_be_written_is_named(node):
    node.file("plain", b"x")
    (node.folder / "circle").symlink_to(node.folder / "circle")
    for name, cause in (("plain/bag", "不是文件夹"), ("circle", "同名")):
        with pytest.raises(errors.FileUnwritable) as caught:
            node.export(name)
        assert cause in caught.value.message("zh")


def test_more_records_than_a_bundle_holds_are_left_for_the_next(node, monkeypatch):
    monkeypatch.setattr(bundles, "MAX_BUNDLE_RECORDS", 1)
    with node.workplace.database.unit_of_work() as session:
        session.scalars(select(Membership)).one().batch_records = 1
    for number in range(2):
        node.register("", node.file(f"{number}.txt", str(number).encode()))
    done = bundles.export(node.workplace, node.folder / "bag")
    assert (done.records, done.left, done.files) == (1, 1, 1)
    node.take(node.import_(done.folder))
    assert node.states() == ["in_review", "registered"]
    node.take(node.import_(node.export("second")))
    assert node.states() == ["in_review", "in_review"]


def test_what_a_stick_has_no_room_for_goes_with_the_next(node, monkeypatch):
    for number in range(3):
        node.register("", node.file(f"{number}.bin", os.urandom(50_000)))
    usage = shutil.disk_usage(node.folder)
    room = bundles.LISTS + 3 * bundles.FILE_LISTED + 2 * (50_000 + bundles.FILE_OVERHEAD)
    monkeypatch.setattr(bundles.shutil, "disk_usage", lambda _: usage._replace(free=room))
    done = bundles.export(node.workplace, node.folder / "first")
    assert (done.records, done.files, done.files_left, done.good) == (3, 2, 1, True)
    node.take(node.import_(done.folder))
    done = bundles.export(node.workplace, node.folder / "second")
    assert (done.files, done.files_left) == (1, 0)
    node.take(node.import_(done.folder))
    assert node.states() == ["in_review"] * 3


def test_a_node_that_has_not_joined_cannot_export(tmp_path):
    made = initialise(NodeSettings(data=str(tmp_path / "node")))
    with pytest.raises(errors.NotJoined):
        bundles.export(made, tmp_path / "bag")


# -- receipts ------------------------------------------------------------------------------------------------------


@pytest.fixture
def receipt(node):
    node.register("", node.file("a.txt", b"a"))
    return node.import_(node.export())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"hub": "https://other.example.org"}, errors.WrongHub),
        ({"node_id": "019712a0-7c00-7000-8000-0000000000b9"}, errors.NotAddressed),
        ({"after": 7}, errors.ReceiptGap),
        ({"last": 0}, errors.ReceiptGap),
        ({"colour": 1}, errors.InvalidRequest),
    ],
)
def test_a_receipt_that_is_not_for_this_node_or_not_whole_is_refused(node, receipt, changes, error):
    with pytest.raises(error):
        node.take({**receipt, **changes})
    assert (node.states(), cursor(node)) == (["registered"], 0)


def test_a_receipt_of_a_hub_of_another_protocol_is_not_guessed_at(node, receipt):
    with pytest.raises(errors.ProtocolUnknown):
        node.take({**receipt, "protocol": 2, "something": "new"})
    assert node.states() == ["registered"]


def test_a_receipt_that_cannot_be_read_is_named(node, tmp_path):
    with pytest.raises(errors.FileUnreadable):
        receipts.take(node.workplace, tmp_path / "nothing.json")


def test_an_answer_about_other_bytes_is_not_taken_for_ours(node, receipt):
    receipt["records"][0]["jws_sha256"] = digest(b"another record")
    node.take({**receipt, "events": [], "last": 0})
    assert node.states() == ["registered"]


def test_an_older_receipt_does_not_undo_what_a_later_one_asks_for(node, receipt):
    node.take(receipt)
    later = copy.deepcopy(receipt)
    [event] = later["events"][-1:]
    later["events"].append({**event, "seq": event["seq"] + 1, "state": "awaiting_files", "sha256": digest(b"a")})
    later["last"] += 1
    node.take({**later, "files": []})
    for _ in range(2):
        node.take(receipt)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert [file.sent for file in session.scalars(select(LocalFile))] == [False]
    assert (node.states(), cursor(node)) == (["awaiting_files"], later["last"])


def test_a_receipt_of_a_hub_that_was_restored_and_goes_on_with_much_later_numbers_is_taken(node, receipt):
    node.take(receipt)
    [event] = receipt["events"][-1:]
    numbers = receipt["last"] + 10_000_000, receipt["last"] + 10_000_001
    events = [{**event, "seq": number} for number in numbers]
    later = {"records": [], "files": [], "after": receipt["last"], "events": events, "last": numbers[1]}
    done = node.take({**receipt, **later})
    assert (cursor(node), done.events) == (numbers[1], 2)


def test_receipts_of_two_bags_that_were_imported_and_read_in_the_wrong_order_undo_no_news(node):
    node.register("", node.file("a.txt", b"a"))
    first = node.export("first")
    node.register("", node.file("b.txt", b"b"))
    of_second = node.import_(node.export("second"))
    node.take(node.import_(first))
    node.take(of_second)
    assert node.states() == ["in_review", "in_review"]
    node.take(node.import_(node.export("last")))
    assert node.states() == ["in_review", "in_review"]
    assert outbox_of(node) == 0


def test_a_hub_that_was_restored_and_has_nothing_to_tell_yet_is_noticed_by_its_number(hub, node, receipt):
    """What it has lost, nobody can find out from the digests alone: states and identifiers are not in them."""
    node.take(receipt)
    answered = {"id": QUESTION, "resource_id": QUESTION, "number": 1, "text": "谁拍的？"}
    with node.workplace.database.unit_of_work() as session:
        session.add(Question(**answered, answer="本院。", sent=True))
    with unit_of_work(hub.app) as session:
        session.execute(update(Node).values(event_seq=Node.event_seq + EVENTS_SKIPPED))
    done = node.take(node.import_(node.export("news")))
    assert (done.again, cursor(node)) == (1, receipt["last"] + EVENTS_SKIPPED)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert [one["question_id"] for one in questions.unsent(session)] == [QUESTION]
    done = node.take(node.import_(node.export("all")))
    assert (done.sent.duplicate, done.again) == (1, 0)


def test_a_receipt_whose_numbers_go_back_is_refused(node, receipt):
    events = receipt["events"][::-1]
    with pytest.raises(errors.ReceiptGap):
        node.take({**receipt, "events": events, "last": events[-1]["seq"]})


def test_a_receipt_that_was_taken_by_half_is_simply_taken_again(node, receipt):
    path = node.folder / "receipt.jws"
    path.write_bytes(hub_answers.sign_receipt(receipt, key=node.hub_key))
    with pytest.raises(Killed):
        receipts.take(node.workplace, path, reporter=Killer(1))
    assert node.take(receipt).states == {"in_review": 1}
    assert cursor(node) == receipt["last"]


# -- whose receipt it is -------------------------------------------------------------------------------------------


def put(node, data):
    path = node.folder / "receipt.jws"
    path.write_bytes(data)
    return path


def with_a_word_changed(node, receipt):
    header, _, signature = hub_answers.sign_receipt(receipt, key=node.hub_key).split(b".")
    said = canonical({**receipt, "files": []})
    return b".".join((header, to_base64url(said).encode(), signature))


def with_the_key_of_the_courier(node, receipt):
    """Shows one key and is signed with another."""
    return hub_answers.sign_receipt(receipt, key=Signer().private_key)


ALTERED = {
    "a word changed": with_a_word_changed,
    "copied by half": lambda node, receipt: hub_answers.sign_receipt(receipt, key=node.hub_key)[:-200],
    "another's signature": with_the_key_of_the_courier,
    "not signed": lambda node, receipt: json.dumps(receipt).encode(),
    "a reply to a request": lambda node, receipt: hub_answers.sign_reply(receipt, key=node.hub_key),
    "a record": lambda node, receipt: node.workplace.key.sign_record(canonical(receipt)).encode(),
    "no text": lambda node, receipt: b"\xff\xfe\x00",
    "nothing": lambda node, receipt: b"",
    "a list": lambda node, receipt: sign(b"[1]", private_key=node.hub_key, kid="x", kind="y").encode(),
}


@pytest.mark.parametrize("how", ALTERED)
def test_a_receipt_that_is_not_as_the_hub_signed_it_is_refused(node, receipt, how):
    with pytest.raises(errors.NotFromHub) as caught:
        receipts.take(node.workplace, put(node, ALTERED[how](node, receipt)))
    assert "receipt.jws" in caught.value.message("zh")
    assert (node.states(), cursor(node)) == (["registered"], 0)


def test_a_receipt_under_another_key_waits_until_a_person_has_compared(node, receipt):
    """A courier's own, or a hub whose key was lost: a person can tell, the node cannot."""
    other = Signer()
    path = put(node, hub_answers.sign_receipt({**receipt, "hub_key": other.jwk}, key=other.private_key))
    with pytest.raises(errors.HubKeyDiffers) as caught:
        receipts.take(node.workplace, path)
    assert other.key_id in caught.value.message("zh")
    assert node.states() == ["registered"]
    with pytest.raises(errors.HubKeyDiffers):
        receipts.take(node.workplace, path, hub_key="read out wrongly")
    receipts.take(node.workplace, path, hub_key=other.key_id)
    receipts.take(node.workplace, path)
    with pytest.raises(errors.HubKeyDiffers):
        node.take(receipt)


def test_a_person_who_names_the_key_does_not_thereby_take_what_is_for_another_node(node, receipt):
    other = Signer()
    said = {**receipt, "hub_key": other.jwk, "node_id": "019712a0-7c00-7000-8000-0000000000b9"}
    path = put(node, hub_answers.sign_receipt(said, key=other.private_key))
    with pytest.raises(errors.NotAddressed):
        receipts.take(node.workplace, path, hub_key=other.key_id)
    node.take(receipt)


def test_a_node_that_has_lost_the_note_of_its_hub_asks_a_person_to_compare(node, receipt):
    (node.workplace.folder / hub_keys.FILE).unlink()
    with pytest.raises(errors.HubKeyUnknown):
        node.take(receipt)
    (node.workplace.folder / hub_keys.FILE).write_text("[]")
    with pytest.raises(errors.FileUnreadable):
        node.take(receipt)


def test_a_receipt_larger_than_any_is_not_even_read(node, receipt, monkeypatch):
    monkeypatch.setattr(receipts, "MAX_CARRIED_BYTES", 100)
    with pytest.raises(errors.BagTooLarge):
        node.take(receipt)
