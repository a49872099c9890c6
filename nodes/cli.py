"""The institution's command: `commons-node`, whose commands are loaded when they are called.

A command loads what it needs and no more: each starts at once, and the page that stays open stays small.
"""

from __future__ import annotations

from copy import copy
from inspect import cleandoc
from pathlib import Path

import click

from nodes.console import NO_BROWSER, NamedErrors
from nodes.settings import load_settings
from nodes.texts import _
from shared.commands import GivenPath, LoadedWhenCalled

COMMANDS = {
    "open": "serving:open_",
    "init": "joining:init",
    "join": "joining:join",
    "register": "registering:register",
    "import": "importing:import_",
    "template": "templating:template_",
    "harvest": "harvesting:harvest",
    "watch": "harvesting:watch",
    "sources": "sourcing:sources",
    "sync": "synchronising:sync",
    "uploads": "uploading:uploads",
    "status": "resources:status",
    "withdraw": "resources:withdraw",
    "usage": "using:usage",
    "answer": "answering:answer",
    "appeal": "petitioning:appeal",
    "renew": "petitioning:renew",
    "serve": "serving:serve",
    "doctor": "examining:doctor",
    "backup": "backing:backup",
    "restore": "backing:restore",
    "service": "serviceable:service",
    "reconcile": "synchronising:reconcile",
    "user": "people:user",
    "key": "keys:key",
    "audit": "auditing:audit",
    "join-request": "carrying:join_request",
    "join-reply": "carrying:join_reply",
    "export": "carrying:export",
    "import-receipt": "carrying:import_receipt",
}
"""Where each command is, in the order in which an institution meets them."""


class Commands(NamedErrors, LoadedWhenCalled):
    """The group of all commands, with its help and theirs in one's language."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None for an unknown one."""
        found = super().get_command(ctx, cmd_name)
        return found and translated(found)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The group's help, in the user's language."""
        super(Commands, translated(self)).format_help(ctx, formatter)  # type: ignore[misc]


def translated(command: click.Command) -> click.Command:
    """A copy of the command, and of those within it, with their help in the user's language."""
    made = copy(command)
    made.help = _(cleandoc(command.help)) if command.help else command.help
    made.params = [copy(parameter) for parameter in command.params]
    for parameter in made.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = _(parameter.help)
    if isinstance(command, click.Group) and isinstance(made, click.Group):
        made.commands = {name: translated(inner) for name, inner in command.commands.items()}
    return made


@click.group(
    cls=Commands,
    package="nodes.commands",
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.option("--config", type=GivenPath(dir_okay=False), help="配置文件（TOML）。")
@click.option("--data", type=GivenPath(file_okay=False), help="数据目录。")
@click.option("--no-browser", is_flag=True, help="只运行本机网页，不打开浏览器。")
@click.pass_context
def main(context: click.Context, config: Path | None, data: Path | None, no_browser: bool) -> None:
    """计量资源云节点：登记本单位的资源，发布到平台。不写命令就是 open。"""
    context.obj = load_settings(config, data=data)
    context.meta[NO_BROWSER] = no_browser
    if context.invoked_subcommand is None:
        context.invoke(main.original("open"))
