"""A resource travels from an institution to the public: real processes, from `init` to the downloaded bytes."""

import json
import os
import uuid
from urllib.parse import quote

import pytest

from tests.support.processes import PASSWORD, Command, eventually

REASON = "测试：已核对"


@pytest.fixture
def written(tmp_path):
    """A description with a Chinese file name, as a person writes it."""
    (tmp_path / "卡尺.txt").write_text(f"游标卡尺的读数方法 {uuid.uuid4()}", encoding="utf-8")
    description = tmp_path / "caliper.toml"
    description.write_text(
        """
type = "article"
themes = ["knowledge"]
disciplines = ["length"]
language = ["zh"]
license = "CC-BY-4.0"
keywords = ["游标卡尺"]
[title]
zh = "怎样读游标卡尺"
en = "Reading a vernier caliper"
[summary]
zh = "三步读准。"
[[files]]
path = "卡尺.txt"
name = "游标卡尺 读数.txt"
""",
        encoding="utf-8",
    )
    return description


def approve(hub, code, name, check=0):
    return hub.command.run("approve", "--institution", code, "--reviewer", name, "--reason", REASON, check=check)


def test_a_resource_travels_from_the_institution_to_the_public_and_back_into_silence(live_hub, tmp_path, written):
    node = live_hub.node(tmp_path / "node", "e2e")
    live_hub.reviewer("reviewer-e2e")
    record_id = node.json("register", "--from", str(written))["id"]
    done = node.json("sync", "--wait", "30")
    assert (done["accepted"], done["files_sent"], done["states"]) == (1, 1, {"in_review": 1})

    approve(live_hub, "e2e", "reviewer-e2e")
    node.json("sync")
    [standing] = node.json("status")["resources"]
    assert standing["state"] == "published"
    ark = standing["ark"]
    assert ark.startswith("ark:99999/")

    found = eventually(lambda: live_hub.get("/api/v1/search", params={"q": "游标卡尺"}).json()["total"])
    assert found == 1
    assert "怎样读游标卡尺" in live_hub.get("/search", params={"q": "youbiaokachi"}).text
    page = live_hub.get(f"/resources/{ark}")
    assert page.status_code == 200
    assert "三步读准" in page.text
    download = live_hub.get(f"/resources/{ark}/files/{quote('游标卡尺 读数.txt')}")
    assert download.content == (tmp_path / "卡尺.txt").read_bytes()
    assert download.headers["Content-Type"].startswith("text/plain")
    assert quote("游标卡尺 读数.txt") in download.headers["Content-Disposition"]

    node.run("withdraw", record_id, "--reason", "内容有误")
    assert node.json("sync")["states"] == {"withdrawn": 1}
    gone = live_hub.get(f"/resources/{ark}")
    assert gone.status_code == 410
    assert "内容有误" in gone.text
    eventually(lambda: live_hub.get("/api/v1/search", params={"q": "游标卡尺"}).json()["total"] == 0)


def test_a_new_version_goes_through_review_while_the_old_one_stays_public(live_hub, tmp_path, written):
    node = live_hub.node(tmp_path / "node", "e2e-versions")
    live_hub.reviewer("reviewer-versions")
    record_id = node.json("register", "--from", str(written))["id"]
    node.json("sync", "--wait", "30")
    approve(live_hub, "e2e-versions", "reviewer-versions")
    written.write_text(written.read_text(encoding="utf-8").replace("三步读准。", "四步读准。"), encoding="utf-8")
    again = node.json("register", "--from", str(written), "--id", record_id)
    assert (again["version"], again["unchanged"]) == (2, False)
    node.json("sync", "--wait", "30")
    ark = node.json("status")["resources"][0]["ark"]
    assert "三步读准" in live_hub.get(f"/resources/{ark}").text
    approve(live_hub, "e2e-versions", "reviewer-versions")
    assert "四步读准" in live_hub.get(f"/resources/{ark}").text
    node.json("sync")
    assert [row["state"] for row in node.json("status", record_id)] == ["published", "superseded"]


def test_a_reviewer_of_the_same_institution_may_not_approve(live_hub, tmp_path, written):
    node = live_hub.node(tmp_path / "node", "e2e-own")
    live_hub.command.run("user", "add", "insider", "--password", PASSWORD, "--institution", "e2e-own")
    node.json("register", "--from", str(written))
    node.json("sync", "--wait", "30")
    assert "未处理 1" in approve(live_hub, "e2e-own", "insider", check=5).stdout
    assert node.json("sync")["states"] == {"in_review": 1}


def test_syncing_again_sends_nothing(live_hub, tmp_path, written):
    node = live_hub.node(tmp_path / "node", "e2e-again")
    node.json("register", "--from", str(written))
    node.json("sync", "--wait", "30")
    again = node.json("sync")
    assert (again["accepted"], again["files_sent"], again["bytes_sent"], again["events"]) == (0, 0, 0, 0)


def test_the_same_file_of_another_institution_is_not_sent_twice(live_hub, tmp_path, written):
    first = live_hub.node(tmp_path / "first", "e2e-first")
    second = live_hub.node(tmp_path / "second", "e2e-second")
    for node in (first, second):
        node.json("register", "--from", str(written))
    (written.parent / "卡尺.txt").touch()
    first.json("sync", "--wait", "30")
    done = second.json("sync")
    assert done["bytes_sent"] == 0
    assert done["states"] == {"in_review": 1}


def test_a_file_that_changed_after_registration_is_refused_by_the_node_itself(live_hub, tmp_path, written):
    node = live_hub.node(tmp_path / "node", "e2e-changed")
    node.json("register", "--from", str(written))
    (written.parent / "卡尺.txt").write_text("改动后的内容", encoding="utf-8")
    done = node.run("sync", check=5)
    assert "有改动" in done.stdout
    node.json("register", "--from", str(written))
    assert node.json("sync", "--wait", "30", check=None)["states"]["in_review"] == 1


def test_a_hub_that_is_away_costs_nothing_but_time(tmp_path, written):
    node = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "node"), "COMMONS_NODE_ATTEMPTS": "1"})
    node.run("init")
    done = node.run("join", "http://127.0.0.1:9", "x" * 32, check=3)
    assert "无法连接平台" in done.stderr
    assert node.run("sync", check=5).stderr.startswith("错误：节点尚未加入平台")
    assert node.json("register", "--from", str(written))["version"] == 1


def test_a_wrong_and_a_used_invitation_are_refused_in_words(live_hub, tmp_path):
    node = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "node")})
    node.run("init")
    assert "邀请码不正确" in node.run("join", live_hub.origin, "x" * 32, check=4).stderr
    token = live_hub.institution("e2e-token")
    node.run("join", live_hub.origin, token)
    other = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "other")})
    other.run("init")
    assert "已使用过" in other.run("join", live_hub.origin, token, check=4).stderr
    assert "已加入平台" in node.run("join", live_hub.origin, token, check=5).stderr


def test_a_large_file_arrives_in_parts(live_hub, tmp_path):
    data = os.urandom(40 * 1024**2)
    (tmp_path / "大文件.bin").write_bytes(data)
    node = live_hub.node(tmp_path / "node", "e2e-large")
    words = ["--title-zh", "大文件", "--summary-zh", "很大", "--type", "dataset", "--theme", "knowledge"]
    node.json("register", *words, "--license", "CC0-1.0", "--file", str(tmp_path / "大文件.bin"))
    done = node.json("sync", "--wait", "60")
    assert (done["bytes_sent"], done["states"]) == (len(data), {"in_review": 1})


def test_the_operator_sees_how_the_hub_is(live_hub):
    [found] = json.loads(live_hub.command.run("status", "--json").stdout)
    assert found["ready"] is True
    assert {"database", "schema", "store", "states", "change_feed", "search_index"} <= found.keys()


def test_reindexing_brings_the_same_results(live_hub):
    eventually(lambda: json.loads(live_hub.command.run("status", "--json").stdout)[0]["search_index"] > 0)
    [found] = json.loads(live_hub.command.run("status", "--json").stdout)
    assert found["search_index"] == found["change_feed"]


def test_a_file_changed_behind_its_size_and_time_is_not_sent_again_and_again(live_hub, tmp_path, written):
    node = live_hub.node(tmp_path / "changed", "changed")
    path = tmp_path / "卡尺.txt"
    node.run("register", "--from", str(written))
    right, found = path.read_bytes(), path.stat()
    path.write_bytes(right[:-1] + b"#")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    assert node.json("sync", "--wait", "30")["states"] == {"awaiting_files": 1}
    again = node.json("sync", check=5)
    assert again["bytes_sent"] == 0
    assert "有改动" in next(iter(again["files_failed"].values()))
    assert "有改动" in node.json("status")["file_problems"][0]["problem"]
    assert "有改动" in node.run("status").stdout

    path.write_bytes(right)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    mended = node.json("sync", "--wait", "30")
    assert (mended["files_sent"], mended["states"]) == (1, {"in_review": 1})
    assert node.json("status")["file_problems"] == []
