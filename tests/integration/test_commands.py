"""`commons-hub` in trouble: each command says in words what is wrong and what to do, never with a traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from federation.core import store_settings
from federation.folder import MARKER
from federation.settings import load_settings
from federation.storage.s3 import S3Engine
from tests.support.processes import Command, HubProcess, eventually, surroundings
from tests.support.stores import free_port


def command(var: Path, **environ: str) -> Command:
    return Command("federation", {"COMMONS_VAR": str(var), "COMMONS_LOG_LEVEL": "ERROR", **environ})


def found(hub: HubProcess, words: str) -> bool:
    return words in re.sub("</?mark>", "", hub.get("/search", params={"q": words}).text).partition("<main")[2]


def in_words(done) -> str:
    assert "Traceback" not in done.stderr
    assert not re.search(r"SELECT|INSERT|sqlalche", done.stderr)
    assert done.stderr.startswith("错误：")
    return done.stderr


@pytest.mark.parametrize("words", [("institution", "list", "--json"), ("reindex",), ("invite", "somebody")])
def test_a_database_that_was_never_migrated_is_said_to_be_so(tmp_path, words):
    assert "commons-hub migrate" in in_words(command(tmp_path / "var").run(*words, check=5))


@pytest.mark.parametrize("words", [("institution", "list", "--json"), ("reindex",), ("migrate",)])
def test_a_database_that_is_away_is_said_to_be_so(tmp_path, words):
    url = f"postgresql+psycopg://me:hunter2@127.0.0.1:{free_port()}/commons"
    said = in_words(command(tmp_path / "var", COMMONS_DATABASE_URL=url).run(*words, check=3))
    assert "COMMONS_DATABASE_URL" in said
    assert "hunter2" not in said


def test_a_queue_that_is_away_is_said_to_be_so(tmp_path):
    url = f"postgresql://me:hunter2@127.0.0.1:{free_port()}/commons"
    said = in_words(command(tmp_path / "var", COMMONS_QUEUE_URL=url).run("migrate", check=3))
    assert "COMMONS_QUEUE_URL" in said
    assert "hunter2" not in said


def test_an_operator_sets_a_quota_and_is_told_what_is_no_size(live_hub):
    hub = live_hub.command
    live_hub.institution("quota-cli")
    for said, words in (("2 TB", "2.0 TB"), ("0", "不限"), ("default", "不限")):
        assert words in hub.run("institution", "quota", "quota-cli", said).stdout
    hub.run("institution", "quota", "quota-cli", "5 GB")
    [row] = [one for one in hub.json("institution", "list") if one["code"] == "quota-cli"]
    assert (row["bytes"], row["quota"]) == (0, 5 * 10**9)
    assert "institutions" in hub.json("status")[0]
    assert "不是大小" in hub.run("institution", "quota", "quota-cli", "much", check=5).stderr
    in_words(hub.run("institution", "quota", "nobody", "1", check=5))


def test_a_data_folder_that_cannot_be_is_said_to_be_so(tmp_path):
    (tmp_path / "file").touch()
    for place in (Path("/proc/commons"), tmp_path / "file"):
        assert "- var: " in in_words(command(place).run("up", check=5))


@pytest.mark.parametrize("words", [("clean-data", "--yes"), ("--help",)])
def test_an_answer_that_cannot_be_written_is_said_to_be_so(tmp_path, words):
    environ = {**surroundings(), "COMMONS_VAR": str(tmp_path / "none")}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "federation", *words], env=environ, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "结果无法输出：磁盘已满" in in_words(done)


def test_all_faults_of_the_settings_are_said_at_once(tmp_path):
    wrong = {
        "COMMONS_PORT": "abc",
        "COMMONS_LOG_LEVEL": "foo",
        "COMMONS_DATABASE_URL": "mysql://x",
        "COMMONS_FOO": "1",
    }
    said = in_words(command(tmp_path / "var", **wrong).run("status", check=5))
    assert all(f"- {name}:" in said for name in ("port", "log_level", "database_url", "COMMONS_FOO"))


def test_clean_data_removes_what_the_hub_made_and_nothing_else(tmp_path):
    own, foreign = tmp_path / "var", tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").touch()
    for place in (own, foreign):
        command(place).run("migrate", check=3)
    assert "不予清除" in in_words(command(foreign).run("clean-data", "--yes", check=5))
    assert (foreign / "letter.txt").exists()
    command(own).run("clean-data", "--yes")
    assert not own.exists()
    command(own).run("clean-data", "--yes")
    assert not own.exists()


def test_clean_data_does_not_remove_a_home(tmp_path):
    (tmp_path / MARKER).touch()
    in_words(command(tmp_path, HOME=str(tmp_path)).run("clean-data", "--yes", check=5))
    assert tmp_path.is_dir()


def test_a_bulk_approval_that_can_do_nothing_says_why(live_hub, tmp_path):
    node = live_hub.node(tmp_path / "node", "commands-own")
    words = ["--title-zh", "一", "--summary-zh", "二", "--type", "article", "--theme", "knowledge"]
    for _ in range(2):
        node.run("register", *words, "--license", "CC0-1.0", "--link", "https://example.org/")
    node.run("sync")
    live_hub.command.run(
        "user", "add", "commands-insider", "--password", "a-long-word-1", "--institution", "commands-own"
    )
    options = ("--institution", "commands-own", "--reviewer", "commands-insider", "--reason", "好")
    done = live_hub.command.run("approve", *options, check=5)
    assert "未处理 2" in done.stdout
    assert done.stderr.strip() == "未处理 2：审核人不得审核本单位提交的资源。"


def test_the_running_worker_builds_the_index_anew_when_asked(live_hub, tmp_path):
    node = live_hub.node(tmp_path / "node", "commands-index")
    words = ["--title-zh", "重建的漏刻", "--summary-zh", "二", "--type", "article", "--theme", "knowledge"]
    node.run("register", *words, "--license", "CC0-1.0", "--link", "https://example.org/")
    node.run("sync")
    live_hub.reviewer("commands-reviewer")
    options = ("--institution", "commands-index", "--reviewer", "commands-reviewer", "--reason", "好")
    live_hub.command.run("approve", *options)
    eventually(lambda: found(live_hub, "重建的漏刻"))
    done = live_hub.command.run("reindex")
    assert re.search(r"已重建索引：[1-9]\d* 条", done.stdout)
    assert "重建索引：" in done.stderr
    assert found(live_hub, "重建的漏刻")


def test_gc_says_what_others_put_into_the_public_bucket(live_hub):
    settings = store_settings(load_settings(environ=live_hub.command.environ))
    engine = S3Engine(settings)
    engine.put(settings.public_bucket, "信.txt", b"xyz")
    try:
        found = live_hub.command.json("gc")
        assert (found["foreign"], found["foreign_bytes"], found["foreign_keys"]) == (1, 3, ["信.txt"])
        said = live_hub.command.run("gc", "--dry-run").stdout
        assert "另有 1 个对象不是平台放的，共 3 字节" in said
        assert '"信.txt"' in said
        assert engine.size(settings.public_bucket, "信.txt") == 3
    finally:
        engine.delete(settings.public_bucket, "信.txt")
    assert live_hub.command.json("gc")["foreign"] == 0


@pytest.mark.parametrize(
    ("words", "what", "how"),
    [
        (("invite", "nope"), "成员单位", "institution list"),
        (("institution", "quota", "nope", "1"), "成员单位", "institution list"),
        (("user", "deactivate", "nope"), "用户", "user list"),
        (
            ("user", "add", "x", "--password", "a-long-word-1", "--institution", "nope"),
            "成员单位",
            "institution list",
        ),
    ],
)
def test_what_is_not_there_is_named_with_the_way_to_list_what_is(live_hub, words, what, how):
    said = in_words(live_hub.command.run(*words, check=5))
    assert f"没有找到{what}“nope”" in said
    assert f"commons-hub {how}" in said


def test_a_reviewer_who_is_not_there_approves_nothing_even_when_nothing_waits(live_hub):
    live_hub.institution("commands-idle")
    options = ("--institution", "commands-idle", "--reviewer", "nope", "--reason", "好")
    done = live_hub.command.run("approve", *options, check=5)
    assert "没有找到用户“nope”" in in_words(done)
    assert done.stdout == ""


@pytest.mark.only_on("sqlite")
def test_the_status_is_said_in_words_with_the_addresses_that_were_asked(live_hub):
    shown = live_hub.command.run("status").stdout
    assert shown.startswith("平台正常。")
    assert not re.search(r"True|False|None|[{}]", shown)
    for said in (f"正在运行  {live_hub.origin}", f"http://127.0.0.1:{live_hub.port + 1}", "hub.sqlite", "资源版本："):
        assert said in re.sub(" {2,}", "  ", shown)


@pytest.mark.only_on("sqlite")
def test_at_another_terminal_the_port_of_the_running_hub_is_known(live_hub):
    elsewhere = command(live_hub.var)
    assert elsewhere.run("status").stdout.startswith("平台正常。")
    assert elsewhere.json("status")[0]["store"] is True


@pytest.mark.only_on("sqlite")
def test_a_port_that_somebody_has_set_is_asked_and_the_right_one_named(live_hub):
    shown = command(live_hub.var, COMMONS_PORT=str(free_port())).run("status", check=1).stdout
    assert f"COMMONS_PORT={live_hub.port}" in shown
    assert "没有应答" in shown


def test_the_status_of_a_hub_that_does_not_run_says_so(tmp_path):
    shown = command(tmp_path / "var").run("status", check=1).stdout
    assert "没有平台在运行" in shown
    assert str(tmp_path / "var") in shown


def test_lists_are_tables_for_people_and_json_for_programs(live_hub):
    live_hub.institution("commands-table")
    live_hub.reviewer("commands-tabled")
    head, *rows = live_hub.command.run("user", "list").stdout.splitlines()
    assert head.split() == ["用户名", "姓名", "角色", "单位", "状态"]
    assert ["commands-tabled", "commands-tabled", "审核人", "—", "在用"] in [row.split() for row in rows]
    head, *rows = live_hub.command.run("institution", "list").stdout.splitlines()
    assert head.split()[:3] == ["代码", "类别", "中文名"]
    [row] = [row for row in rows if row.startswith("commands-table ")]
    assert row.split()[-2:] == ["不限", "0"]
    assert not re.search("=|True", row)
    assert {"name", "role", "active"} <= live_hub.command.json("user", "list")[0].keys()
    assert "密钥编号" in live_hub.command.run("key", "list").stdout or not live_hub.command.json("key", "list")


def test_an_empty_list_says_what_to_do(tmp_path):
    hub = command(tmp_path / "var")
    hub.run("migrate", check=3)
    assert "commons-hub user add" in hub.run("user", "list").stdout
    assert "commons-hub institution add" in hub.run("institution", "list").stdout
    assert hub.json("user", "list") == []
