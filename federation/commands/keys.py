"""`commons-hub key`: the keys that nodes sign with."""

from __future__ import annotations

import click

from federation import auditlog, key_register, operations
from federation.commands import showing
from federation.core import create_core
from federation.database import unit_of_work
from federation.naming import KEY_STATES
from federation.settings import load_settings

KEY_FIRST = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""For commands that take a key's id, which may begin with a hyphen: it is no option then."""

COLUMNS: dict[str, showing.Show] = {
    "密钥编号": showing.field("key"),
    "单位": showing.field("institution"),
    "节点": showing.field("node"),
    "状态": showing.term("state", KEY_STATES),
    "起始": showing.field("since"),
    "理由": showing.field("reason"),
}


@click.group()
def key() -> None:
    """节点密钥。"""


@key.command(name="list")
@showing.json_option
@click.pass_context
def key_list(context: click.Context, as_json: bool) -> None:
    """列出各节点的密钥和状态，以及禁止使用的密钥。"""
    with unit_of_work(create_core(load_settings(context.obj)), read_only=True) as session:
        found = operations.keys(session)
    showing.show(found, COLUMNS, as_json=as_json, none="还没有节点加入。用 commons-hub invite 生成邀请码。")


@key.command(name="set", context_settings=KEY_FIRST)
@click.argument("key_id")
@click.argument("state", type=click.Choice(["active", "suspended", "revoked"]))
@click.option("--reason", required=True, help="理由。")
@click.pass_context
def key_set(context: click.Context, key_id: str, state: str, reason: str) -> None:
    """启用、暂停或吊销一把密钥；吊销平台没有登记的，就是禁止任何人再带它来。"""
    with unit_of_work(create_core(load_settings(context.obj))) as session:
        become = key_register.set_any_key_state(session, key_id, state=state, reason=reason, actor=auditlog.OPERATOR)
    if become == key_register.FORBIDDEN:
        click.echo(f"{key_id}：平台没有登记这把密钥，已禁止，谁拿着它都不能加入。请核对编号没有抄错。")
    else:
        click.echo(f"{key_id}：{become}")
