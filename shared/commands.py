"""Groups of commands whose modules are imported when a command is called, and the language that Click speaks."""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from shared.starting import loading

DOMAIN = "click"
TRANSLATIONS = Path(__file__).with_name("translations")


def speak(language: str) -> None:
    """Let Click's own words be those of `language`: how a command is used, and what is wrong with how it was.

    Click asks the standard library, which looks at LANGUAGE first.
    """
    gettext.bindtextdomain(DOMAIN, str(TRANSLATIONS))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language


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
        return found
