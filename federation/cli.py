"""The operator's command: `commons-hub`, whose commands are loaded when they are called."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click

from shared.commands import GivenPath, LoadedWhenCalled, forget_output, speak
from shared.errors import CommonsError, DiskFull, OutputFailed, SystemFault
from shared.wording import Words, system_fault

LANGUAGE = "zh"
UNNAMED = Words("the data of the hub", "平台的数据")
"""What is said where the system names no file."""
COMMANDS = {
    "up": "running:up",
    "demo": "demonstrating:run_demo",
    "web": "running:web",
    "worker": "working:run_worker",
    "status": "standing:status",
    "migrate": "databases:migrate",
    "copy-database": "databases:copy",
    "backup": "backups:backup",
    "verify-backup": "backups:verify_backup",
    "restore": "backups:restore",
    "institution": "members:institution",
    "invite": "members:invite",
    "invitation": "invitations:invitation",
    "key": "keys:key",
    "user": "users:user",
    "audit": "auditing:audit",
    "approve": "approving:approve",
    "enrol": "carrying:enrol",
    "import": "carrying:import_",
    "reindex": "searching:reindex",
    "fixity": "fixity:fixity",
    "gc": "garbage:gc",
    "clean-data": "cleaning:clean_data",
}
"""Where each command is: running the hub, its data, who takes part, what they bring, upkeep."""


class NamedErrors(LoadedWhenCalled):
    """A group that says named errors in words and ends with their exit code, instead of a traceback."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Read the command line, run the command and end the process."""
        speak(LANGUAGE)
        try:
            return super().main(*args, **options)
        except OSError as error:
            end_with(_of_system(error))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except CommonsError as error:
            end_with(error)
        except Exception as error:
            name = _named(error)
            if name is None:
                raise
            end_with(name)


def _named(error: Exception) -> CommonsError | None:
    """The name of a database's fault. A command that has not loaded it cannot have met one."""
    database = sys.modules.get("federation.database")
    return database.named(error) if database and isinstance(error, database.DBAPIError) else None


def _of_system(error: OSError) -> CommonsError:
    """By the system's number, and by whether it was met while something was said."""
    if any(frame.f_code is click.echo.__code__ for frame, _line in traceback.walk_tb(error.__traceback__)):
        forget_output()
        return OutputFailed(cause=system_fault(error))
    path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else UNNAMED
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(path=path)
    return SystemFault(path=path, cause=system_fault(error))


def end_with(error: CommonsError) -> NoReturn:
    """Say a named error and end with its exit code."""
    click.echo(f"错误：{error.message(LANGUAGE)}", err=True)
    for fault in error.errors:
        click.echo(f"  {fault.pointer}：{fault.message(LANGUAGE)}", err=True)
    sys.exit(error.exit_code)


@click.group(
    cls=NamedErrors,
    package="federation.commands",
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--config", type=GivenPath(dir_okay=False), help="配置文件（TOML）。")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """计量资源云：平台的启动与管理。"""
    context.obj = config
