"""An institution without a network, in real processes: joins, publishes, is reviewed and corrects, all by stick."""

import os
import pty
import subprocess
import sys
import uuid

import bagit
import pytest

from nodes import key_files, keys, rounds
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace
from tests.support.offline import offline_hub
from tests.support.processes import Command, surroundings

TEXT = f"怎样读数 {uuid.uuid4()}"


@pytest.fixture
def hub(tmp_path, store):
    with offline_hub(tmp_path, store) as made:
        yield made


def describe(folder, summary="三步读准。"):
    """A description with a Chinese file name, as a person writes it."""
    folder.mkdir(exist_ok=True)
    (folder / "卡尺.txt").write_text(TEXT, encoding="utf-8")
    path = folder / "caliper.toml"
    path.write_text(
        f"""
type = "article"
themes = ["knowledge"]
language = ["zh"]
license = "CC-BY-4.0"
title = {{ zh = "怎样读游标卡尺" }}
summary = {{ zh = "{summary}" }}
[[files]]
path = "卡尺.txt"
""",
        encoding="utf-8",
    )
    return path


def test_everything_goes_by_stick_from_joining_to_the_decision_and_the_next_version(hub, tmp_path):
    node = hub.join(tmp_path / "node", "isolated")
    written = describe(tmp_path / "texts")
    record_id = node.register(written)["id"]

    said, bag = node.export()
    assert (said["records"], said["files"], said["failed"]) == (1, 1, {})
    assert bagit.Bag(str(bag)).validate() is True
    imported, receipt = hub.take(bag)
    assert imported["bundle"] == {"records": {"accepted": 1}, "files": {"stored": 1}}
    taken = node.take(receipt)
    assert (taken["accepted"], taken["files_sent"], taken["states"]) == (1, 1, {"in_review": 1})

    hub.approve("isolated")
    assert node.take(hub.take(bag)[1])["states"] == {"published": 1}
    assert node.command.json("status")["resources"][0]["ark"].startswith("ark:99999/")

    node.register(describe(tmp_path / "texts", "四步读准。"), "--id", record_id)
    node.take(hub.take(node.export()[1])[1])
    hub.approve("isolated")
    before = node.command.json("key", "show")["id"]
    keys.make_key(tmp_path / "node", name=key_files.NEXT)
    said, news = node.export()
    assert before in node.command.json("key", "show")["former"]
    assert (said["records"], said["files"]) == (0, 0)
    assert bagit.Bag(str(news)).is_valid()
    assert node.take(hub.take(news)[1])["states"] == {"published": 1}
    assert [row["state"] for row in node.command.json("status", record_id)] == ["published", "superseded"]


def test_a_member_whose_key_was_revoked_comes_back_by_stick(hub, tmp_path):
    node = hub.join(tmp_path / "node", "isolated")
    node.register(describe(tmp_path / "texts"))
    revoked = node.command.json("key", "show")["id"]
    hub.command.run("key", "set", revoked, "revoked", "--reason", "笔记本被盗")
    assert "笔记本被盗" in hub.command.run("import", str(node.export()[1]), check=4).stderr
    request, reply = node.stick / "back.jws", node.stick / "back.reply.jws"
    said = node.command.run("join-request", str(request), hub.command.run("invite", "isolated").stdout.strip()).stdout
    assert "新的密钥" in said
    hub.command.run("enrol", str(request), "--reply", str(reply))
    assert "已加入" in node.command.run("join-reply", str(reply)).stdout
    imported, receipt = hub.take(node.export()[1])
    assert imported["bundle"] == {"records": {"accepted": 1}, "files": {"stored": 1}}
    assert node.take(receipt)["states"] == {"in_review": 1}
    assert revoked in node.command.json("key", "show")["former"]


def test_a_node_that_lost_its_database_comes_back_by_stick_with_all_its_records(hub, tmp_path):
    node = hub.join(tmp_path / "node", "isolated")
    record_id = node.register(describe(tmp_path / "texts"))["id"]
    node.take(hub.take(node.export()[1])[1])
    hub.approve("isolated")
    for path in (tmp_path / "node").glob("node.sqlite*"):
        path.unlink()

    request, reply = node.stick / "lost.jws", node.stick / "lost.reply.jws"
    node.command.run("join-request", str(request), hub.command.run("invite", "isolated").stdout.strip())
    hub.command.run("enrol", str(request), "--reply", str(reply))
    node.command.run("join-reply", str(reply))
    imported, receipt = hub.take(node.export()[1])
    assert (imported["bundle"], imported["given_back"]) == ({"records": {}, "files": {}}, 1)
    taken = node.take(receipt)
    assert (taken["restored"], taken["states"]) == (1, {"published": 1})
    [row] = node.command.json("status")["resources"]
    assert (row["id"], row["ark"][:10]) == (record_id, "ark:99999/")
    said, _ = node.export()
    assert (said["records"], said["files"], said["left"]) == (0, 0, 0)


def test_whoever_joins_at_a_terminal_is_asked_to_compare_the_key_of_the_hub(hub, tmp_path):
    """The first reply can be anybody's; without a terminal the fingerprint has to be given."""
    token, key = hub.institution("isolated"), hub.fingerprint()
    newcomer = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "newcomer")})
    request, reply = tmp_path / "request.jws", tmp_path / "reply.jws"
    kid = newcomer.run("init").stdout.strip().rsplit("：")[-1]
    assert kid in newcomer.run("join-request", str(request), token).stdout
    said = hub.command.run("enrol", str(request), "--reply", str(reply)).stdout
    assert kid in said
    assert key in said
    assert f"--hub-key {key}" in newcomer.run("join-reply", str(reply), check=4).stderr
    assert key in at_a_terminal(newcomer, "join-reply", str(reply), typed="n\n", code=1)
    newcomer.run("export", str(tmp_path / "bag"), check=5)
    assert "isolated院" in at_a_terminal(newcomer, "join-reply", str(reply), typed="y\n")
    assert list(newcomer.json("key", "show")["hubs"].values()) == [key]


def at_a_terminal(command, *words, typed, code=0):
    """What the command says to a person who types that."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        done = subprocess.run(
            [sys.executable, "-m", command.module, *words],
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**surroundings(), "COMMONS_LANGUAGE": "zh", **command.environ},
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_a_path_that_is_none_is_named_and_costs_nothing(hub, tmp_path):
    """An empty variable in a script, or a stick whose links lead in a circle."""
    node = hub.join(tmp_path / "node", "isolated")
    token = hub.institution("other")
    for words in (("join-request", "", token), ("join-reply", ""), ("export", ""), ("import-receipt", "")):
        assert "路径是空的" in node.command.run(*words, check=2).stderr
    request = tmp_path / "request.jws"
    newcomer = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "newcomer")})
    newcomer.run("init")
    newcomer.run("join-request", str(request), token)
    for words in (("enrol", ""), ("enrol", str(request), "--reply", ""), ("import", "")):
        assert "路径是空的" in hub.command.run(*words, check=2).stderr
    hub.command.run("enrol", str(request))
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    assert "链接" in hub.command.run("import", str(circle), check=5).stderr


def test_a_receipt_waits_for_a_synchronisation_that_is_under_way(hub, tmp_path):
    node = hub.join(tmp_path / "node", "isolated")
    _, receipt = hub.take(node.export()[1])
    with rounds.alone(workplace := open_workplace(NodeSettings(data=str(tmp_path / "node")))):
        node.command.run("import-receipt", str(receipt), check=3)
    workplace.database.close()
    node.take(receipt)
