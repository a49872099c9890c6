"""What people and broken machines give to the commands: an error by name each time, and nothing half registered."""

import json
import os
import subprocess
import sys

import pytest

from nodes import cli, joining, queries, registration
from nodes.console import NamedErrors
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace
from shared.errors import AlreadyWithdrawn, InvalidHubAddress

GOOD = {
    "title": {"zh": "标题"},
    "summary": {"zh": "简介"},
    "type": "article",
    "themes": ["knowledge"],
    "language": ["zh"],
    "license": "CC-BY-4.0",
    "links": [{"url": "https://example.org/"}],
}


class Commands:
    """`commons-node` in this process: quick enough to be given a lot."""

    def __init__(self, folder, capsys, monkeypatch):
        self.folder, self.capsys, self.monkeypatch = folder, capsys, monkeypatch

    def run(self, *words):
        """The exit code, the output, and what was said on standard error."""
        arguments = ["--data", str(self.folder), *map(str, words)]
        self.monkeypatch.setattr(sys, "argv", ["commons-node", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments, prog_name="commons-node")
        said = self.capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return ended.value.code, said.out, said.err

    def refused(self, *words, code=5):
        """What was said on standard error by a command that had to fail."""
        found, _, said = self.run(*words)
        assert found == code, said
        return said

    def resources(self):
        """What the node holds."""
        return json.loads(self.run("status", "--json")[1])["resources"]


@pytest.fixture
def node(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    monkeypatch.setenv("COMMONS_NODE_ATTEMPTS", "1")
    made = Commands(tmp_path / "node", capsys, monkeypatch)
    assert made.run("init")[0] == 0
    return made


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def write(path, content):
    data = content if isinstance(content, bytes) else str(content).encode()
    path.write_bytes(json.dumps(content).encode() if isinstance(content, dict | list) else data)
    return path


# -- joining -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:8000", "http:// 或 https:// 开头"),
        ("hub.example.org", "http:// 或 https:// 开头"),
        ("ftp://x", "http:// 或 https:// 开头"),
        ("", "http:// 或 https:// 开头"),
        ("http://", "没有主机名"),
        ("http://[::1", "主机名或端口不对"),
        ("http://a:99999", "主机名或端口不对"),
        ("http://例..え", "主机名或端口不对"),
        ("http://u:p@a", "用户名"),
        ("http://a/?x", "?"),
        ("http://a b", "空格"),
    ],
)
def test_what_is_no_address_of_a_hub_says_how_one_looks(node, address, said):
    message = node.refused("join", address, "token")
    assert said in message
    assert "稍后再次同步" not in message


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        (" https://Hub.Example.org/ ", "https://hub.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("http://例え.テスト", "http://xn--r8jz45g.xn--zckzah"),
    ],
)
def test_an_address_is_taken_in_the_form_of_the_network(typed, origin):
    assert joining.hub_origin(typed) == origin


def test_a_hub_that_is_not_there_is_no_matter_of_synchronising(node):
    message = node.refused("join", "http://127.0.0.1:1", "token", code=3)
    assert "核对网址" in message
    assert "再次同步" not in message


def test_an_address_that_is_none_is_refused_wherever_it_is_read():
    with pytest.raises(InvalidHubAddress):
        joining.hub_origin("localhost:8000")


# -- a description -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.json", {**GOOD, "files": [{"path": "a\x00b"}]}, "不允许的字符"),
        ("r.json", {**GOOD, "files": [{"path": "x" * 5000}]}, "过长"),
        ("r.json", {**GOOD, "files": [{"path": "r.json", "alt": 5}]}, "/files/0/alt"),
        ("r.json", {**GOOD, "files": [{"path": "loop"}]}, "链接"),
        ("r.json", {**GOOD, "files": [{"path": "pipe"}]}, "管道"),
        ("r.json", {**GOOD, "files": [{"path": "~nobody-at-all/x"}]}, "无法读取文件"),
        ("r.json", {**GOOD, "id": 5}, "/id"),
        ("r.json", {**GOOD, "version": "1"}, "/version"),
        ("r.json", {**GOOD, "version": 2}, "版本号应为 1"),
        ("r.json", {**GOOD, "id": "0190f3c4-0000-7000-8000-000000000000"}, "本节点没有编号为"),
        ("r.toml", "a = " + "[" * 3000, "嵌套超过"),
        ("r.toml", "a = " + "[" * 40 + "]" * 40, "嵌套超过"),
        ("r.toml", "a = " + "9" * 5000, "位数过多"),
        ("r.toml", "标题 = 1".encode("gbk"), "请另存为 UTF-8"),
        ("r.toml", "type = \n", "第 1 行第 8 列"),
        ("r.json", '{"a":}', "第 1 行第 6 列"),
        ("r.json", "[" * 3000, "嵌套超过"),
        ("pipe", None, "管道"),
        ("loop", None, "链接"),
        ("none.json", None, "文件不存在"),
    ],
)
def test_a_description_that_will_not_do_is_refused_in_chinese(node, place, name, content, said):
    os.mkfifo(place / "pipe")
    (place / "loop").symlink_to("loop")
    if content is not None:
        write(place / name, content)
    message = node.refused("register", "--from", place / name)
    assert said in message
    assert "。。" not in message
    assert "Expecting" not in message
    assert node.resources() == []


def test_a_fault_of_the_syntax_is_no_matter_of_permissions(node, place):
    assert "权限" not in node.refused("register", "--from", write(place / "r.toml", "a = \n"))


@pytest.mark.parametrize("name", ["loop", "pipe", "x" * 300])
def test_a_file_that_is_none_is_refused_among_the_options_too(node, place, name):
    os.mkfifo(place / "pipe")
    (place / "loop").symlink_to("loop")
    problem = json.loads(node.refused("register", "--title-zh", "x", "--file", place / name, "--json"))
    assert problem["type"].endswith(":file_unreadable")
    assert node.resources() == []


def test_json_with_a_byte_order_mark_is_read(node, place):
    assert (
        node.run("register", "--from", write(place / "r.json", b"\xef\xbb\xbf" + json.dumps(GOOD).encode()))[0] == 0
    )


def test_a_description_with_the_id_of_a_resource_is_its_next_version(node, place):
    node.run("register", "--from", write(place / "r.json", GOOD))
    [standing] = node.resources()
    changed = {**GOOD, "id": standing["id"], "title": {"zh": "新标题"}}
    assert "版本号应为 2" in node.refused("register", "--from", write(place / "r.json", {**changed, "version": 3}))
    assert "请只留一个" in node.refused("register", "--from", write(place / "r.json", changed), "--id", "other")
    assert node.run("register", "--from", write(place / "r.json", {**changed, "version": 2}))[0] == 0
    assert node.run("register", "--from", place / "r.json")[0] == 0
    [standing] = node.resources()
    assert (standing["version"], standing["title"]) == (2, "新标题")


def test_options_beside_a_description_are_refused_and_not_lost(node, place):
    path = write(place / "r.json", GOOD)
    message = node.refused("register", "--from", path, "--type", "video", "--language", "zh", code=2)
    assert "--type、--language" in message
    assert node.resources() == []


# -- an import ---------------------------------------------------------------------------------------------


def test_a_bad_row_stops_no_other(node, place):
    (place / "loop").symlink_to("loop")
    bad = [{"files": [path]} for path in ("a\x00b", "loop", "x" * 5000)] + [{"version": 1}]
    rows = [{**GOOD, "id": f"r{number}", **changes} for number, changes in enumerate([*bad, {}])]
    write(place / "rows.jsonl", "\n".join(json.dumps(row) for row in rows))
    code, out, _ = node.run("import", place / "rows.jsonl", "--json")
    done = json.loads(out)
    assert (code, done["created"], [failure["source_id"] for failure in done["failed"]]) == (
        5,
        1,
        ["r0", "r1", "r2", "r3"],
    )
    assert [failure["errors"][0]["pointer"] for failure in done["failed"]] == ["/files/0/path"] * 3 + ["/version"]


def test_a_bad_description_in_a_folder_stops_no_other(node, place):
    write(place / "deep.toml", "a = " + "[" * 3000)
    write(place / "long.toml", "a = " + "9" * 5000)
    write(place / "good.json", {**GOOD, "id": "good"})
    code, out, said = node.run("import", place)
    assert code == 5
    assert "新登记 1，新版本 0，无变化 0，有误 2" in out
    assert "deep.toml：嵌套超过" in said
    assert "long.toml：数字的位数过多" in said


@pytest.mark.parametrize("text", ["a = " + "[" * 3000, "a = " + "9" * 5000, "a = \n", b"\xff"])
def test_a_manifest_or_mapping_that_cannot_be_read_is_refused_as_a_whole(node, place, text):
    write(place / "manifest.toml", text)
    assert "manifest.toml" in node.refused("import", place)
    write(place / "rows.jsonl", json.dumps(GOOD))
    assert "manifest.toml" in node.refused("import", place / "rows.jsonl", "--mapping", place / "manifest.toml")
    assert node.resources() == []


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.jsonl", "pipe.xml", "pipe.json"])
def test_a_pipe_is_not_waited_for(node, place, name):
    os.mkfifo(place / name)
    write(place / "mapping.toml", 'format = "jsonl"')
    assert "管道" in node.refused("import", place / name, "--mapping", place / "mapping.toml")


def test_a_list_in_a_json_file_is_imported(node, place):
    rows = [{**GOOD, "id": "a"}, 5, {**GOOD, "id": "b"}]
    code, out, _ = node.run("import", write(place / "rows.json", rows), "--json")
    done = json.loads(out)
    assert (code, done["created"], [failure["row"] for failure in done["failed"]]) == (5, 2, [2])
    assert "register --from" in node.refused("import", write(place / "one.json", GOOD))


# -- what is final, unknown or empty -----------------------------------------------------------------------


def test_a_withdrawn_resource_has_no_further_version(node, place):
    node.run("register", "--from", write(place / "r.json", GOOD))
    [standing] = node.resources()
    node.run("withdraw", standing["id"], "--reason", "有误")
    changed = write(place / "r.json", {**GOOD, "title": {"zh": "又来"}})
    assert "已撤回" in node.refused("register", "--from", changed, "--id", standing["id"])
    assert node.resources()[0]["version"] == 2
    workplace = open_workplace(NodeSettings(data=str(node.folder)))
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = registration._standing(session, standing["id"], None)
        with pytest.raises(AlreadyWithdrawn):
            registration.would_register(standing, GOOD)
    workplace.database.close()


def test_a_state_that_nothing_can_be_in_is_refused_with_those_that_there_are(node):
    assert "published" in node.refused("status", "--state", "nope")
    assert node.run("status", "--state", "published")[0] == 0


def test_an_empty_path_does_not_mean_the_current_folder(node, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    for words in (("--data", "", "init"), ("import", ""), ("register", "--from", "")):
        assert "路径是空的" in node.refused(*words, code=2)
    assert sorted(tmp_path.iterdir()) == before


def test_a_command_that_is_not_understood_is_a_problem_for_a_script(node):
    problem = json.loads(node.refused("status", "--nope", "--json", code=2))
    assert problem["type"].endswith(":invalid_usage")


# -- the machine -------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_or_read_is_named(node):
    assert "/proc/x" in node.refused("--data", "/proc/x", "init", code=1)


def test_a_damaged_database_says_what_to_do(node):
    for path in node.folder.glob("node.sqlite*"):
        path.unlink()
    (node.folder / "node.sqlite").write_bytes(b"garbage" * 1000)
    assert "reconcile" in node.refused("status", code=1)
    problem = json.loads(node.refused("status", "--json", code=1))
    assert problem["type"].endswith(":database_damaged")


def test_what_nobody_foresaw_is_not_shown_but_kept(node, monkeypatch):
    monkeypatch.setattr(queries, "states", lambda _session: 1 / 0)
    said = node.refused("status", code=1)
    assert "ZeroDivision" not in said
    assert "ZeroDivision" in (node.folder / "errors.log").read_text()


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["--help"]])
def test_an_answer_that_cannot_be_written_is_said_once(node, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "nodes", "--data", str(node.folder), *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "磁盘已满" in done.stderr
    assert "Exception ignored" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_fault(node):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "nodes", "--data", str(node.folder), "status"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_every_command_ends_through_the_same_door():
    assert isinstance(cli.main, NamedErrors)
