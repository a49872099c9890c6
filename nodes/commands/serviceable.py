"""`commons-node service …`: the node as a service of the operating system."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

from nodes.console import json_option, say, say_json
from nodes.services import managing, plan
from nodes.services.plan import Plan, Step
from nodes.texts import _, language

dry_run_option = click.option("--dry-run", is_flag=True, help="只显示会写什么、运行什么，什么都不做。")


@click.group()
def service() -> None:
    """让节点作为系统的服务自己运行：开机启动，定时同步和备份，出错重启。"""


@service.command()
@dry_run_option
@click.option("--at-boot", is_flag=True, help="Windows：开机即运行，不等登录（要用管理员的终端）。")
@click.pass_context
def install(context: click.Context, dry_run: bool, at_boot: bool) -> None:
    """安装并启动服务。"""
    made = _plan(context, at_boot=at_boot)
    if dry_run:
        for path, content in made.files.items():
            say(_("会写入：") + str(path))
            say(content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"))
        _say_steps(made.install)
    else:
        managing.check(context.obj, os.environ)
        _say_failed(managing.install(made))
        say(_("服务已安装并启动。看它的情况：commons-node service status"))
    for remark in made.remarks:
        say(_(remark))


@service.command()
@dry_run_option
@click.pass_context
def remove(context: click.Context, dry_run: bool) -> None:
    """停止并去掉服务；节点的数据都留着。"""
    made = _plan(context)
    if dry_run:
        _say_steps(made.remove)
        for path in made.files:
            say(_("会删去：") + str(path))
        return
    _say_failed(managing.remove(made))
    say(_("服务已去掉，节点的数据都在。"))


@service.command()
@json_option
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """服务装了没有，本机网页在不在运行；没有装时退出码为 1。"""
    found = managing.status(_plan(context), context.obj.folder)
    if as_json:
        say_json({"installed": found.installed, "address": found.address})
    else:
        say(_("服务已安装。") if found.installed else _("没有安装服务。"))
        say(_("本机网页：") + found.address if found.address else _("本机网页没有运行。"))
    sys.exit(0 if found.installed else 1)


def _plan(context: click.Context, *, at_boot: bool = False) -> Plan:
    config = context.find_root().params["config"]
    program = plan.program(context.obj, config=config, language=language())
    return managing.plan_for(program, at_boot=at_boot)


def _say_steps(steps: Iterable[Step]) -> None:
    for step in steps:
        said = _("会运行：") if step.needed else _("会运行（不成也不要紧）：")
        say(said + " ".join(f'"{word}"' if " " in word else word for word in step.words))


def _say_failed(failed: list[str]) -> None:
    for command in failed:
        say(_("没有成功（不要紧）：") + command, error=True)
