"""`commons-node init` and `join`."""

from __future__ import annotations

import click

from nodes import entering
from nodes.commands.opening import opened, unlocked
from nodes.console import hub_key_option, say
from nodes.texts import _, language
from nodes.workplace import initialise


@click.command()
@click.pass_context
def init(context: click.Context) -> None:
    """建立数据目录、数据库和签名密钥；已有的不会改动。"""
    workplace = initialise(unlocked(context.obj))
    say(_("节点已就绪：") + str(workplace.folder))
    say(_("密钥编号：") + workplace.key.id)


@click.command()
@click.argument("hub")
@click.argument("token", default="")
@click.option("--name", help="节点名称；默认为本机名。")
@hub_key_option
@click.pass_context
def join(context: click.Context, hub: str, token: str, name: str | None, hub_key: str) -> None:
    """用邀请码加入平台 HUB（网址）；数据库丢了、密钥还能用，不用邀请码就能回来。"""
    workplace = opened(context)
    former = workplace.key
    joined = entering.enter(workplace, hub=hub, token=token, node_name=name or "", hub_key=hub_key)
    if workplace.key.id != former.id:
        say(_("平台不再收原来的密钥，已换用了新的：") + workplace.key.id)
    names = joined.institution_name
    say(_("已加入平台，本单位：") + str(names.get(language()) or names.get("zh") or joined.institution_code))
