"""Click's own words in the user's language: how a command is used, and what is wrong with how it was."""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from click.types import StringParamType

from federation import cli as hub_cli
from nodes import cli as node_cli
from shared.commands import Text, speak


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "")
    yield
    gettext.textdomain("messages")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["key", "--help"], ("用法：", "命令:", "显示本说明。")),
        (["nothing"], ("没有命令 nothing。", "用法见：")),
        (["key", "set"], ("缺少参数 'KEY_ID'",)),
        (["gc", "--nothing"], ("没有选项 --nothing。",)),
        (["institution", "quota"], ("缺少参数",)),
        (["invite", "a", "--days", "0"], ("'--days' 的值不对：0 超出范围 1<=x<=365。",)),
        (["approve", "--reason"], ("选项 --reason 后面要有一个值。",)),
        (
            ["user", "add", "li", "--role", "king"],
            ("king 不行，可以是 'contributor', 'manager', 'reviewer', 'chief_reviewer', 'admin', 'auditor'。",),
        ),
    ],
)
def test_the_operator_is_told_in_chinese_how_a_command_is_used(words: list[str], said: tuple[str, ...]) -> None:
    done = CliRunner().invoke(hub_cli.main, words)
    assert all(one in done.output for one in said), done.output


@pytest.mark.parametrize(
    ("language", "said"), [("zh", ("用法：", "没有选项 --nothing。")), ("en", ("Usage:", "No such option"))]
)
def test_an_institution_is_told_in_its_language(
    monkeypatch: pytest.MonkeyPatch, language: str, said: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", language)
    done = CliRunner().invoke(node_cli.main, ["sync", "--nothing"])
    assert all(one in done.output for one in said), done.output


def test_a_language_without_a_catalogue_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("de")
    assert os.environ["LANGUAGE"] == "de"
    assert gettext.gettext("Usage:") == "Usage:"


GBK = "李".encode("gbk").decode("utf-8", "surrogateescape")
"""What a command line holds when a terminal sends GBK to a program that expects UTF-8."""


@pytest.mark.parametrize(
    ("program", "words", "said"),
    [
        (hub_cli.main, ["invite", GBK], "'CODE' 的值不对：不是 UTF-8 编码"),
        (hub_cli.main, ["user", "deactivate", "li", "--reason", GBK], "'--reason' 的值不对：不是 UTF-8 编码"),
        (hub_cli.main, ["key", "set", GBK, "revoked", "--reason", "x"], "不是 UTF-8 编码"),
        (hub_cli.main, ["approve", "--institution", "a", "--reviewer", GBK, "--reason", "x"], "不是 UTF-8 编码"),
        (node_cli.main, ["status", GBK], "不是 UTF-8 编码"),
        (node_cli.main, ["withdraw", "x", "--reason", GBK], "不是 UTF-8 编码"),
        (node_cli.main, ["register", "--keyword", "a", "--keyword", GBK], "'--keyword' 的值不对：不是 UTF-8 编码"),
    ],
)
def test_words_in_another_encoding_are_no_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: click.Group, words: list[str], said: str
) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    monkeypatch.setenv("COMMONS_NODE_DATA", str(tmp_path))
    done = CliRunner().invoke(program, words)
    assert (done.exit_code, said in done.output) == (2, True), done.output


def test_words_in_another_encoding_are_named_in_english_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "en")
    assert "it is not UTF-8" in CliRunner().invoke(node_cli.main, ["status", GBK]).output


def test_a_file_may_have_a_name_in_any_encoding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    done = CliRunner().invoke(node_cli.main, ["--data", str(tmp_path / GBK), "status"])
    assert "commons-node init" in done.output


def commands_of(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from commands_of(command)


@pytest.mark.parametrize("program", [hub_cli.main, node_cli.main], ids=["hub", "node"])
def test_every_text_of_every_command_is_checked(program: click.Group) -> None:
    texts = [
        parameter
        for command in commands_of(program)
        for parameter in command.params
        if isinstance(parameter.type, StringParamType)
    ]
    assert len(texts) > 10
    assert all(isinstance(parameter.type, Text) for parameter in texts)
