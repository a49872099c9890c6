"""Click's own words in the user's language: how a command is used, and what is wrong with how it was."""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from federation import cli as hub_cli
from nodes import cli as node_cli
from shared.commands import speak


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
