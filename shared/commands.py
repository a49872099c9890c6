"""Commands on both sides: loaded when they are called, their words read as UTF-8, and Click in one's language."""

from __future__ import annotations

import gettext
import io
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.types import StringParamType

from shared.starting import loading
from shared.wording import Words

DOMAIN = "click"
TRANSLATIONS = Path(__file__).with_name("translations")


def speak(language: str) -> None:
    """Let Click's own words be those of `language`: how a command is used, and what is wrong with how it was.

    Click asks the standard library, which looks at LANGUAGE first.
    """
    gettext.bindtextdomain(DOMAIN, str(TRANSLATIONS))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language


def write_what_can_be() -> None:
    """Where output is not UTF-8 (a file or pipe on Windows in China is GBK), a sign that it lacks becomes `?`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")


def forget_output() -> None:
    """What could not be written must not be tried again when Python ends, which would print a second complaint."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


NOT_UTF8 = Words(
    "it is not UTF-8; set the terminal to UTF-8 and type it again", "不是 UTF-8 编码，请把终端的编码改为 UTF-8 再输入"
)


EMPTY_PATH = Words("the path is empty.", "路径是空的。")


class GivenPath(click.Path):
    """A path that is not empty: an empty variable in a script must not mean the current folder."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Fails for an empty one."""
        if value == "":
            self.fail(_said(EMPTY_PATH), param, ctx)
        return super().convert(value, param, ctx)


def _said(words: Words) -> str:
    return words.zh if os.environ.get("LANGUAGE", "").startswith("zh") else words


class Text(StringParamType):
    """A text of the command line. What a terminal with another encoding sent is none, and no database takes it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The text. Fails for bytes that were no UTF-8."""
        text = super().convert(value, param, ctx)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail(_said(NOT_UTF8), param, ctx)
        return text


def with_checked_texts(command: click.Command) -> click.Command:
    """The command, and those within it, whose texts are all read as `Text`."""
    for parameter in command.params:
        if isinstance(parameter.type, StringParamType):
            parameter.type = Text()
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        with_checked_texts(inner)
    return command


class LoadedWhenCalled(click.Group):
    """A group whose commands stand as `module:attribute` in `places`, modules being those of `package`."""

    def __init__(self, *args: Any, package: str, places: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.package, self.places = package, dict(places)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of their places."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None for an unknown one."""
        return self.original(cmd_name) if cmd_name in self.places else None

    def original(self, name: str) -> click.Command:
        """The command called `name`, as it stands in its module."""
        module, _colon, attribute = self.places[name].partition(":")
        with loading():
            found: click.Command = getattr(import_module(f"{self.package}.{module}"), attribute)
        return with_checked_texts(found)
