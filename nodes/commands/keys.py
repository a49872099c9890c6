"""`commons-node key …`: what the node's key is, changing it, and putting it under a passphrase."""

from __future__ import annotations

import click

from nodes import hub_keys, key_files, keys, rotation, rounds
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.settings import NEW_PASSPHRASE
from nodes.texts import _


@click.group()
def key() -> None:
    """本节点的签名密钥。"""


@key.command()
@json_option
@click.pass_context
def show(context: click.Context, as_json: bool) -> None:
    """显示密钥编号，从前用过的，以及本节点记下的平台密钥。"""
    workplace = opened(context)
    hubs = hub_keys.all_known(workplace.folder)
    former, locked = keys.former_keys(workplace.folder, workplace.key), key_files.is_locked(workplace.folder)
    if as_json:
        say_json({"id": workplace.key.id, "former": former, "locked": locked, "hubs": hubs})
        return
    say(_("密钥编号：") + workplace.key.id)
    for kid in former:
        say(_("从前的密钥：") + kid)
    for hub, fingerprint in hubs.items():
        say(_("平台 {hub} 的密钥指纹：{key}").format(hub=hub, key=fingerprint))
    say(_("私钥有口令保护。") if locked else _("私钥没有口令保护。"))


@key.command()
@click.pass_context
def rotate(context: click.Context) -> None:
    """更换密钥：旧密钥为新密钥作保，从此用新的签名；从前签的仍可核对。"""
    workplace = opened(context)
    with rounds.alone(workplace):
        new = rotation.change(workplace)
    say(_("已更换密钥，新的编号：") + new.id)


@key.command()
@click.option("--new-passphrase", envvar=NEW_PASSPHRASE, show_envvar=True, help="新口令；不写则提示输入，空为不设。")
@click.pass_context
def protect(context: click.Context, new_passphrase: str | None) -> None:
    """给私钥设口令、改口令；口令为空就去掉保护。"""
    workplace = opened(context)
    if new_passphrase is None:
        new_passphrase = click.prompt(
            _("新口令"), default="", show_default=False, hide_input=True, confirmation_prompt=True
        )
    with rounds.alone(workplace):
        keys.protect(workplace.folder, passphrase=new_passphrase, present=workplace.settings.key_passphrase)
    say(_("私钥已有口令保护。忘了口令就无法恢复，请妥善保存。") if new_passphrase else _("私钥的口令已去掉。"))
