"""The node's commands: exit codes and words that a script and a person can use, and no traceback ever."""

import json

import pytest

from nodes.importers.columns import HEADINGS
from tests.support.processes import Command

GOOD = """
type = "article"
themes = ["knowledge"]
language = ["zh"]
license = "CC-BY-4.0"
title = { zh = "标题" }
summary = { zh = "简介" }
links = [{ url = "https://example.org/" }]
"""


@pytest.fixture
def node(tmp_path):
    command = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "node")})
    command.run("init")
    return command


def register(node, tmp_path, text, *words, name="r.toml", check=5):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return node.run("register", "--from", str(path), *words, check=check)


def test_a_node_without_init_says_what_to_do(tmp_path):
    done = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "none")}).run("status", check=5)
    assert "commons-node init" in done.stderr


def test_init_twice_keeps_the_key(node, tmp_path):
    key = (tmp_path / "node" / "key.pem").read_bytes()
    node.run("init")
    assert (tmp_path / "node" / "key.pem").read_bytes() == key


def test_the_key_is_for_its_owner_only(node, tmp_path):
    assert (tmp_path / "node" / "key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "colour = 1", "/colour"),
        (GOOD.replace('"article"', '"poem"'), "/type"),
        (GOOD.replace('"article"', "5"), "/type"),
        (GOOD.replace('"标题"', '"' + "长" * 301 + '"'), "/title/zh"),
        (GOOD.replace("links", "# links"), "/files"),
        (GOOD.replace('"article"', '"photo"').replace("knowledge", "history"), "/evidence"),
        (GOOD + '[[files]]\npath = "gone.pdf"', "gone.pdf"),
        (GOOD + '[[files]]\nname = "x"', "/files/0/path"),
        (GOOD + '[[files]]\npath = "."', "无法读取"),
        (GOOD + 'files = "x"', "/files"),
        ("type = ", "无法读取"),
        ("标题 = 1".encode("gbk"), "无法读取"),
        (b"\xff\xfe", "无法读取"),
    ],
)
def test_a_faulty_description_names_the_place_and_registers_nothing(node, tmp_path, text, said):
    done = register(node, tmp_path, text)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert node.json("status")["resources"] == []


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1, "a": 2}', '"x"'])
def test_a_faulty_json_description_is_named(node, tmp_path, text):
    assert "无法读取" in register(node, tmp_path, text, name="r.json").stderr


def test_every_fault_is_said_at_once_and_as_json_when_asked(node, tmp_path):
    done = register(node, tmp_path, GOOD.replace('"article"', '"poem"') + "colour = 1", "--json")
    problem = json.loads(done.stderr)
    assert {fault["pointer"] for fault in problem["errors"]} == {"/type", "/colour"}
    assert problem["status"] == 422


def test_registering_from_options_names_the_options_that_are_missing_or_wrong(node):
    words = ("register", "--title-zh", "标题", "--title-en", "\x01", "--theme", "no", "--link", "x")
    done = node.run(*words, check=5)
    wrong = ("--title-en", "--summary-zh", "--type", "--theme", "--license", "--link")
    assert {line.split()[0] for line in done.stderr.splitlines()[1:]} == set(wrong)
    assert "/summary" in node.run(*words, "--json", check=5).stderr


def test_the_same_description_again_for_the_same_resource_makes_no_version(node, tmp_path):
    register(node, tmp_path, GOOD, check=0)
    [standing] = node.json("status")["resources"]
    assert "没有变化" in register(node, tmp_path, GOOD, "--id", standing["id"], check=0).stdout
    assert node.json("status")["resources"][0]["version"] == 1


def test_a_version_of_an_unknown_resource_is_refused(node, tmp_path):
    assert "没有找到" in register(node, tmp_path, GOOD, "--id", "nothing").stderr


def test_withdrawing_needs_a_resource_and_a_reason(node, tmp_path):
    register(node, tmp_path, GOOD, check=0)
    record_id = node.json("status")["resources"][0]["id"]
    assert "没有找到" in node.run("withdraw", "nothing", "--reason", "x", check=5).stderr
    assert "请填写理由" in node.run("withdraw", record_id, "--reason", "  ", check=5).stderr
    node.run("withdraw", record_id, "--reason", "重复")
    assert "先前已撤回" in node.run("withdraw", record_id, "--reason", "重复").stdout
    assert node.json("status")["resources"][0]["version"] == 2


def test_errors_are_in_english_for_an_english_user(tmp_path):
    command = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "none"), "COMMONS_LANGUAGE": "en"})
    assert "There is no node" in command.run("status", check=5).stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "0", "port"),
        ("PORT", "x", "port"),
        ("HOST", "0.0.0.0", "host"),
        ("UPLOAD_THREADS", "99", "upload_threads"),
    ],
)
def test_a_faulty_setting_stops_the_start_by_name(tmp_path, name, value, said):
    done = Command("nodes", {"COMMONS_NODE_" + name: value}).run("status", check=5)
    assert said in done.stderr


HEAD = "编号,标题,简介,类型,主题,语言,许可,链接\n"


def test_a_table_whose_identifiers_are_all_empty_is_a_few_lines_and_json_has_every_row(node, tmp_path):
    (tmp_path / "list.csv").write_text(HEAD + ",秤,简介,文章,计量知识,中文,CC-BY-4.0,https://example.org/\n" * 3000)
    done = node.run("import", str(tmp_path / "list.csv"), check=5)
    assert len(done.stderr.splitlines()) < 5
    assert "3000 行  编号（source_id）" in done.stderr
    rows = json.loads(node.run("import", str(tmp_path / "list.csv"), "--json", check=5).stdout)["failed"]
    assert len(rows) == 3000


def test_the_help_of_import_names_every_column_and_where_more_is_said(node):
    shown = "".join(node.run("import", "--help").stdout.split())
    assert "docs/importing.md" in shown
    for heading in HEADINGS:
        if heading not in ("id", "题名", "摘要"):
            assert heading.upper() in shown if heading.isascii() else heading in shown


@pytest.mark.parametrize(
    "words", [("register", "--id", "nope"), ("withdraw", "nope", "--reason", "x"), ("status", "nope")]
)
def test_a_resource_that_is_not_here_is_named_with_the_way_to_list_them(node, words):
    said = node.run(*words, check=5).stderr
    assert "没有找到资源“nope”" in said
    assert "commons-node status" in said
