"""`commons-hub invitation`: the invitations that were given, and calling one back."""

from __future__ import annotations

import click

from federation import auditlog, invitations
from federation.commands import showing
from federation.core import create_core
from federation.database import unit_of_work
from federation.settings import load_settings

COLUMNS: dict[str, showing.Show] = {
    "编号": showing.field("id"),
    "单位": showing.field("institution"),
    "状态": lambda row: invitations.STATES[row["state"]].zh,
    "生成": showing.field("created"),
    "到期": showing.field("expires"),
    "节点": showing.field("node"),
    "理由": showing.field("reason"),
}


@click.group()
def invitation() -> None:
    """发出的邀请。"""


@invitation.command(name="list")
@showing.json_option
@click.pass_context
def invitation_list(context: click.Context, as_json: bool) -> None:
    """列出发出的邀请：给谁的，用过没有，何时到期。邀请码本身不再显示。"""
    with unit_of_work(create_core(load_settings(context.obj)), read_only=True) as session:
        found = invitations.listed(session)
    showing.show(found, COLUMNS, as_json=as_json, none="还没有邀请。用 commons-hub invite 单位代码 生成邀请码。")


@invitation.command(name="cancel")
@click.argument("number", metavar="ID", type=click.IntRange(1, invitations.MAX_NUMBER))
@click.option("--reason", required=True, help="理由。")
@click.pass_context
def invitation_cancel(context: click.Context, number: int, reason: str) -> None:
    """作废一个还没有用过的邀请；用过的，请用 commons-hub key set 吊销随它登记的密钥。"""
    with unit_of_work(create_core(load_settings(context.obj))) as session:
        invitations.cancel(session, number, reason=reason, actor=auditlog.OPERATOR)
    click.echo(f"邀请 {number} 已作废，谁拿着它都不能加入。")
