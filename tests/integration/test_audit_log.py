"""The audit log as its members and strangers see it: a real hub behind a real port, a real node that witnesses it."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from federation import audit_keeper
from federation.database import db, last_write, unit_of_work
from federation.transparency import checkpoints, export
from federation.transparency.keys import log_keys
from nodes import hub_keys, joining, log_check, registration, rounds, witness
from nodes import membership as memberships
from nodes.hub_client import HubClient, RefusedByHub
from nodes.settings import NodeSettings
from nodes.workplace import Workplace, initialise
from shared.errors import CosignatureInvalid, FolderNotEmpty, LogBroken
from shared.log_messages import LogReply
from shared.merkle import is_included, leaf_hash
from shared.notes import Checkpoint, Verifier
from tests.support.daemons import free_ports
from tests.support.hub import Hub, Member, running_hub
from tests.support.log import codes, remember, signed, verified
from tests.support.publishing import publish
from tests.support.records import Signer, make_record
from tests.support.serving import served
from tests.support.stores import RunningStore
from tests.support.tampering import behind_the_back

GO_PROGRAM = Path(__file__).parents[1] / "foreign" / "check_log.go"


@dataclass
class World:
    """A hub that answers, and a node that has joined it."""

    hub: Hub
    node: Workplace
    client: HubClient

    def get(self, path: str) -> requests.Response:
        return requests.get(self.hub.settings.origin + path, timeout=30)


@pytest.fixture
def world(tmp_path: Path, store: RunningStore) -> Iterator[World]:
    port = free_ports(1)
    (tmp_path / "hub").mkdir()
    with (
        running_hub(tmp_path / "hub", store, public_origin=f"http://127.0.0.1:{port}") as hub,
        served(hub, port),
    ):
        hub.institution("institute-a")
        node = initialise(NodeSettings(data=str(tmp_path / "node"), patience=1.0))
        client = HubClient(hub.settings.origin, node.key, node.settings)
        joining.join(node, client, token=hub.invite("institute-a"), node_name="节点")
        yield World(hub, node, client)
        client.session.close()
        node.database.close()


LINK = {"url": "https://example.org/", "label": "原文"}


def node_id(world: World) -> str:
    with world.node.database.unit_of_work(read_only=True) as session:
        return memberships.current(session).node_id


def register(node: Workplace) -> None:
    fields = make_record(links=[LINK])
    for given_by_the_node in ("id", "version", "files"):
        fields.pop(given_by_the_node, None)
    with node.database.unit_of_work() as session:
        registration.register(session, fields, [], key=node.key)


def check(world: World) -> log_check.LogChecked:
    done = log_check.verify(world.node, begin=lambda _size: lambda _count: None)
    assert done is not None
    return done


def test_before_the_first_checkpoint_there_is_nothing_to_witness(world: World) -> None:
    assert witness.look(world.node) is None
    assert world.get("/audit/checkpoint").status_code == 404
    assert world.get("/audit/tile/0/000.p/1").status_code == 404


def test_a_node_vouches_for_each_checkpoint_that_goes_on_from_the_last(world: World) -> None:
    signed(world.hub, 5)
    first = witness.look(world.node)
    assert first == witness.Witnessed(8, cosigned=True)
    assert witness.look(world.node) == witness.Witnessed(8, cosigned=False)
    signed(world.hub, 300)
    assert witness.look(world.node) == witness.Witnessed(308, cosigned=True)
    public = Checkpoint.parse(world.get("/audit/checkpoint").text)
    log, cosigner = world.get("/audit/witnesses").text.splitlines()
    assert public.is_signed_by(Verifier.parse(log))
    assert public.is_signed_by(Verifier.parse(cosigner.split()[0]))
    assert cosigner.endswith(" 308")
    assert verified(world.hub).cosignatures == 2


def test_a_log_under_another_key_than_the_hub_showed_at_joining_is_not_even_witnessed_first(world: World) -> None:
    signed(world.hub, 5)
    origin, folder = world.hub.settings.origin, world.node.folder
    hub_keys.keep(folder, origin, "the fingerprint of some other key")
    with pytest.raises(LogBroken):
        witness.look(world.node)
    witness.accept(world.node, reason="联盟通知：平台换了密钥")
    assert hub_keys.known(folder, origin) == log_keys(world.hub.settings).fingerprint


def test_a_round_witnesses_the_log_and_a_member_finds_its_own_versions_in_it(world: World) -> None:
    register(world.node)
    signed(world.hub)
    done = rounds.synchronise(world.node)
    assert done.good
    assert done.as_dict()["log_size"] == 3
    signed(world.hub)
    checked = check(world)
    assert checked.good, checked.findings
    assert checked.own == 1
    assert checked.root == verified(world.hub).root.hex()


def test_what_the_node_was_told_and_what_it_signed_must_stand_in_the_log(world: World) -> None:
    register(world.node)
    rounds.synchronise(world.node)
    signed(world.hub)
    with world.node.database.unit_of_work() as session:
        session.execute(text("UPDATE versions SET state = 'published', changed_at = '2020-01-01 00:00:00'"))
    assert [one.code for one in check(world).findings] == ["not_in_log"]
    with world.node.database.unit_of_work() as session:
        session.execute(text("UPDATE versions SET sha256 = :x"), {"x": "0" * 64})
    assert "other_content" in [one.code for one in check(world).findings]


def tamper(hub: Hub, *statements: str) -> None:
    with behind_the_back(hub.database) as connection:
        for statement in statements:
            connection.execute(text(statement))


ALTERED = {
    "an entry altered": [
        "UPDATE audit_events SET entry = replace(entry, 'thing:1', 'thing:2') WHERE subject = 'thing:1'"
    ],
    "an entry removed": ["DELETE FROM audit_leaves WHERE number = 5"],
    "an entry inserted": [
        "UPDATE audit_leaves SET number = number + 100000 WHERE number >= 5",
        "UPDATE audit_leaves SET number = number - 99999 WHERE number >= 100000",
        "INSERT INTO audit_events SELECT '0', at, action, '', NULL, entry, '' FROM audit_events "
        "WHERE subject = 'thing:1'",
        "INSERT INTO audit_leaves VALUES (5, '0')",
    ],
}


@pytest.mark.parametrize("statements", ALTERED.values(), ids=list(ALTERED))
def test_any_change_behind_the_hub_s_back_is_found_by_the_operator_and_by_a_member(
    world: World, statements: list[str]
) -> None:
    signed(world.hub, 20)
    assert check(world).good
    tamper(world.hub, *statements)
    assert codes(world.hub)
    assert "root_differs" in [one.code for one in check(world).findings]


def test_what_the_public_sees_of_the_tree_is_compared_with_the_entries_that_members_see(world: World) -> None:
    signed(world.hub, 300)
    assert check(world).good
    for where in ("level = 0 AND number = 7", "level = 1"):
        tamper(world.hub, f"UPDATE audit_hashes SET hash = (SELECT hash FROM audit_hashes LIMIT 1) WHERE {where}")
    done = check(world)
    places = ["/audit/tile/0/000", "/audit/tile/1/000.p/1"]
    assert [(one.code, one.where) for one in done.findings] == [("tile_differs", place) for place in places]


NO_ENTRIES = (
    "[]",
    '{"action":"version.x","at":"2020-01-01","subject":"resource:x"}',
    '{"action":"version.x","at":"2020-01-01T00:00:00+00:00","detail":[],"subject":"resource:x"}',
    '{"action":"version.x","at":"2020-01-01T00:00:00+00:00","detail":{"version":[]},"subject":"resource:x"}',
    '{"action":"version.x","at":"2020-01-01T00:00:00+00:00","subject":7}',
)


def test_a_member_reports_entries_that_are_none_and_goes_on(world: World) -> None:
    signed(world.hub, 20)
    witness.look(world.node)
    with behind_the_back(world.hub.database) as connection:
        for number, entry in enumerate(NO_ENTRIES):
            statement = "UPDATE audit_events SET entry = :entry WHERE subject = :subject"
            connection.execute(text(statement), {"entry": entry, "subject": f"thing:{number}"})
    found = [one.code for one in check(world).findings]
    assert found.count("entry_unreadable") == len(NO_ENTRIES)
    assert "root_differs" in found


def forked(world: World, folder: Path) -> None:
    """Let the hub's log fork: what it was is put back, and other things happen."""
    copy = folder / "before"
    world.hub.database.back_up(copy)
    signed(world.hub, 10)
    witness.look(world.node)
    with world.hub.app.app_context():
        db.engine.dispose()
    world.hub.database.put_back(copy)


@pytest.mark.parametrize(("more", "words"), [(0, "变短"), (50, "改动过")], ids=["shorter", "rewritten"])
def test_a_log_that_shrank_or_forked_is_refused_loudly_and_kept_as_evidence_until_a_person_accepts_it(
    world: World, tmp_path: Path, more: int, words: str
) -> None:
    signed(world.hub, 20)
    forked(world, tmp_path)
    if more:
        signed(world.hub, more)
    for _ in range(2):
        with pytest.raises(LogBroken, match="no longer") as caught:
            witness.look(world.node)
        assert words in caught.value.message("zh")
    [evidence] = (world.node.folder / witness.EVIDENCE).iterdir()
    assert caught.value.data["evidence"] == evidence
    kept = evidence.read_text()
    assert "\n33\n" in kept
    assert f"\n{23 + more}\n" in kept
    done = rounds.synchronise(world.node)
    assert not done.good
    assert words in json.dumps(done.as_dict(), ensure_ascii=False)
    taken = witness.accept(world.node, reason="联盟通知：平台从备份恢复")
    assert taken.size == 23 + more
    assert rounds.synchronise(world.node).good
    accepted = [path.read_text() for path in (world.node.folder / witness.EVIDENCE).iterdir() if path != evidence]
    assert "平台从备份恢复" in accepted[0]


def test_a_log_under_another_key_is_refused(world: World, tmp_path: Path) -> None:
    signed(world.hub, 3)
    witness.look(world.node)
    seen = json.loads((world.node.folder / witness.SEEN).read_text())
    other = Verifier.parse(seen["key"])
    seen["key"] = str(Verifier(other.name, other.kind, Ed25519PrivateKey.generate().public_key()))
    (world.node.folder / witness.SEEN).write_text(json.dumps(seen))
    with pytest.raises(LogBroken, match="another name or key"):
        witness.look(world.node)


def test_a_false_proof_is_refused(world: World) -> None:
    signed(world.hub, 20)
    witness.look(world.node)
    known = witness.seen(world.node.folder, world.client.origin)
    signed(world.hub, 20)
    told = world.client.get(f"/log?since={known.size}", LogReply)
    now = witness.Seen(known.hub, told["key"], told["checkpoint"])
    proof = [bytes.fromhex(one) for one in told["proof"]]
    assert witness.check(now, known, proof)[1] is None
    for wrong in ([], proof[:-1], [*proof, proof[0]], [proof[0][::-1], *proof[1:]]):
        assert witness.check(now, known, wrong)[1] is witness.REWRITTEN


def test_only_a_node_itself_vouches_for_it_and_only_for_what_was_signed(world: World) -> None:
    checkpoint = signed(world.hub, 3)
    line = str(checkpoint.cosigned(world.node.key.private, name="somebody else", time=1))
    for size, code in ((checkpoint.size, CosignatureInvalid.code), (999, "not_found")):
        with pytest.raises(RefusedByHub) as caught:
            world.client.ask("/log/cosignatures", {"size": size, "cosignature": line}, LogReply)
        assert caught.value.problem_code == code
    name = checkpoints.witness_name(checkpoint.origin, "x")
    late = str(checkpoint.cosigned(world.node.key.private, name=name, time=2**40))
    with pytest.raises(RefusedByHub):
        world.client.ask("/log/cosignatures", {"size": checkpoint.size, "cosignature": late}, LogReply)
    assert verified(world.hub).cosignatures == 0


def test_a_public_resource_s_history_can_be_proved_without_the_hub_and_nothing_else_is_told(world: World) -> None:
    """C2SP tlog-proof, read here by its text alone."""
    node = Member(world.hub, "institute-a", Signer(world.node.key.private), node_id(world))
    ark = publish(world.hub, node, make_record(files=[], links=[LINK]))
    signed(world.hub, 300)
    page = world.get(f"/resources/{ark}").text
    index = int(re.findall(r"/audit/proofs/(\d+)\.tlog-proof", page)[-1])
    head, note = world.get(f"/audit/proofs/{index}.tlog-proof").text.split("\n\n", 1)
    kind, extra, place, *path = head.split("\n")
    checkpoint, entry = Checkpoint.parse(note), base64.b64decode(extra.removeprefix("extra "))
    assert (kind, place) == ("c2sp.org/tlog-proof@v1", f"index {index}")
    hashes = [base64.b64decode(one) for one in path]
    assert is_included(leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root)
    assert json.loads(entry)["action"] == "version.published"
    answers = {world.get(f"/audit/proofs/{number}.tlog-proof").status_code for number in (0, 1, 100, 10**6, 10**30)}
    assert answers == {404}


def test_go_s_own_packages_find_the_whole_log_right_and_an_altered_one_wrong(world: World, tmp_path: Path) -> None:
    go = shutil.which("go")
    assert go, "the checks install golang-go and golang-golang-x-mod-dev"
    program = tmp_path / "check_log"
    environ = {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(tmp_path / "cache"),
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run([go, "build", "-o", program, GO_PROGRAM], env=environ, check=True, timeout=120)
    (tmp_path / "older").write_text(str(signed(world.hub, 70)))
    signed(world.hub, 700)
    witness.look(world.node)
    keys, folder = log_keys(world.hub.settings), tmp_path / "log"
    with unit_of_work(world.hub.app, read_only=True) as session:
        assert export.write(session, keys, folder) == 773
        with pytest.raises(FolderNotEmpty):
            export.write(session, keys, folder)
    words = [str(program), str(keys.verifier), str(folder), str(tmp_path / "older")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("773 entries\n", "")
    bundle = folder / "tile" / "entries" / "001"
    bundle.write_bytes(bundle.read_bytes().replace(b"thing:300", b"thing:301"))
    assert subprocess.run(words, capture_output=True, check=False, timeout=60).returncode == 1


def test_tiles_are_served_as_the_specification_says(world: World) -> None:
    signed(world.hub, 600)
    full, partial = world.get("/audit/tile/0/000"), world.get("/audit/tile/0/002.p/91")
    assert (len(full.content), len(partial.content)) == (8192, 91 * 32)
    assert full.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in full.headers["Cache-Control"]
    assert len(world.get("/audit/tile/1/000.p/2").content) == 64
    for wrong in (
        "0/003",
        "0/002.p/92",
        "0/002.p/0",
        "0/002.p/256",
        "0/x000/000",
        "0/0",
        "2/000.p/1",
        "99/000",
        "0/000.p/",
    ):
        assert world.get(f"/audit/tile/{wrong}").status_code == 404, wrong


def test_an_idle_hub_writes_nothing(world: World) -> None:
    signed(world.hub, 3)
    before = last_write()
    audit_keeper.keep(world.hub.app)
    assert last_write() == before
    remember(world.hub, 1)
    audit_keeper.keep(world.hub.app)
    assert last_write() != before
