"""How commands speak: answers on standard output, errors by name in words or as JSON, never a traceback."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import click

from nodes import faults
from nodes.settings import NodeSettings
from nodes.texts import _, language
from shared.commands import forget_output, speak, write_what_can_be
from shared.errors import CommonsError, InvalidUsage, OutputFailed
from shared.wording import system_fault

json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序读取。")
NO_BROWSER = "commons.no-browser"
"""Where the group leaves for its commands whether a browser is to be opened (`click.Context.meta`)."""
hub_key_option = click.option(
    "--hub-key",
    default="",
    metavar="FINGERPRINT",
    help="平台密钥的指纹，当面或打电话向联盟问到的；初次离线加入、平台换了密钥时写。",
)


class NamedErrors(click.Group):
    """A group that says named errors in words (or JSON) and ends with their exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Read the command line, run the command and end the process."""
        speak(language())
        write_what_can_be()
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except click.ClickException as error:
            if not _wants_json():
                error.show()
                sys.exit(error.exit_code)
            _end(InvalidUsage(cause=error.format_message()))
        except click.Abort:
            say(_("已中断。"), error=True)
            sys.exit(1)
        except OSError as error:
            # Nothing but the help is written before a command runs.
            _end(OutputFailed(cause=system_fault(error)))
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if isinstance(error, BrokenPipeError):
                raise  # the reader has seen enough: click ends in silence
            folder = ctx.obj.folder if isinstance(ctx.obj, NodeSettings) else Path(tempfile.gettempdir())
            _end(faults.named(error, folder))


def say(text: str, *, error: bool = False) -> None:
    """A line on standard output (or error). Raises `OutputFailed` when it cannot be written."""
    try:
        click.echo(text, err=error)
    except BrokenPipeError:
        raise
    except OSError as fault:
        raise OutputFailed(cause=system_fault(fault)) from fault


def say_json(value: Any) -> None:
    """A JSON document on standard output."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def say_error(error: CommonsError, *, as_json: bool) -> None:
    """An error on standard error: the sentence and each field, or an RFC 9457 problem."""
    if as_json:
        click.echo(json.dumps(error.problem(language()), ensure_ascii=False, indent=2), err=True)
        return
    click.echo(_("错误：") + error.message(language()), err=True)
    for fault in error.errors:
        click.echo(f"  {fault.pointer or '/'}  {fault.message(language())}", err=True)


def _end(error: CommonsError) -> NoReturn:
    say_error(error, as_json=_wants_json())
    if isinstance(error, OutputFailed):
        forget_output()
    sys.exit(error.exit_code)


def _wants_json() -> bool:
    return "--json" in sys.argv
