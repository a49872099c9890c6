"""`commons-node audit …`: this member as a witness of the hub's audit log."""

from __future__ import annotations

import sys

import click

from nodes import log_check, rotation, rounds, witness
from nodes import membership as memberships
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.progress import Bars
from nodes.texts import _, later

FAULTS = {
    "root_differs": later("各条目算出的根与检查点不符，条目被改过"),
    "entry_unreadable": later("读不懂的条目"),
    "tile_differs": later("公开的散列片与条目算出的不符"),
    "other_content": later("日志所记的内容不是本节点签的"),
    "not_in_log": later("平台告诉过本节点，日志里却没有"),
}


@click.group()
def audit() -> None:
    """见证平台的审计日志。"""


@audit.command()
@json_option
@click.pass_context
def show(context: click.Context, as_json: bool) -> None:
    """显示最近一次见证的检查点。"""
    workplace = opened(context)
    with workplace.database.unit_of_work(read_only=True) as session:
        hub = memberships.current(session).origin
    known = witness.seen(workplace.folder, hub)
    if as_json:
        say_json({"key": known.key, "checkpoint": known.checkpoint} if known else None)
    elif known is None:
        say(_("还没有见证过检查点。下次同步时会去看。"))
    else:
        say(_("日志的公钥：") + known.key)
        say(known.checkpoint)


@audit.command()
@json_option
@click.pass_context
def verify(context: click.Context, as_json: bool) -> None:
    """取回全部条目重新计算，核对公开的散列片和本节点各版本的记录；有出入时退出码为 5。"""
    workplace = opened(context)
    with Bars() as bars, rounds.alone(workplace):
        rotation.finish(workplace)
        done = log_check.verify(workplace, begin=lambda size: bars.begin(later("核对审计日志"), size))
    if as_json:
        say_json(done.as_dict() if done is not None else None)
    elif done is None:
        say(_("平台还没有签发过检查点，过几分钟再试。"))
    else:
        say(_("审计日志 {origin}：{size} 条，根 {root}").format(origin=done.origin, size=done.size, root=done.root))
        said = _("与见证过的检查点一致；本节点 {own} 个版本都在其中。") if done.good else _("发现 {faults} 处问题：")
        say(said.format(own=done.own, faults=done.faults))
        for one in done.findings:
            say(f"  ✗ {_(FAULTS[one.code])}  {one.where}")
    sys.exit(0 if done is None or done.good else 5)


@audit.command()
@click.option("--reason", required=True, help="为什么认可，如“联盟通知：平台从备份恢复”。")
@click.pass_context
def accept(context: click.Context, reason: str) -> None:
    """弄清缘由之后，认可现在的日志，从它起重新见证；从前见过的存为证据。"""
    workplace = opened(context)
    with rounds.alone(workplace):
        rotation.finish(workplace)
        taken = witness.accept(workplace, reason=reason)
    say(_("已认可现在的日志（{size} 条），理由和从前见过的检查点一并存档。").format(size=taken.size))
