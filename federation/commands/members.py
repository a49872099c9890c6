"""`commons-hub institution` and `invite`: who takes part."""

from __future__ import annotations

from typing import TextIO

import click

from federation import auditlog, enrolment, identities, operations, quotas, withdrawals
from federation.commands import showing
from federation.core import create_core
from federation.database import unit_of_work
from federation.openid import Provider
from federation.settings import load_settings
from federation.transparency.keys import log_keys
from shared.vocabularies import vocabulary
from shared.wording import in_bytes

COLUMNS: dict[str, showing.Show] = {
    "代码": showing.field("code"),
    "类别": lambda row: vocabulary("institution-kinds").label(row["kind"], "zh"),
    "中文名": showing.field("name_zh"),
    "英文名": showing.field("name_en"),
    "节点": showing.field("nodes"),
    "资源": showing.field("resources"),
    "文件": lambda row: in_bytes(row["bytes"]),
    "配额": lambda row: in_bytes(row["quota"]) if row["quota"] else "不限",
    "待同意的撤回": showing.field("withdrawals_held"),
}


@click.group()
def institution() -> None:
    """成员单位。"""


@institution.command(name="add")
@click.argument("code")
@click.option("--kind", required=True, help="单位类别（institute、society、university …）。")
@click.option("--name-zh", default="", help="中文名。")
@click.option("--name-en", default="", help="英文名。")
@click.pass_context
def institution_add(context: click.Context, code: str, kind: str, name_zh: str, name_en: str) -> None:
    """登记一个成员单位。"""
    with unit_of_work(create_core(load_settings(context.obj))) as session:
        enrolment.create_institution(
            session, code=code, kind=kind, name_zh=name_zh, name_en=name_en, actor=auditlog.OPERATOR
        )
    click.echo(f"已登记 {code}。用 commons-hub invite {code} 生成邀请码。")


@institution.command(name="sign-in")
@click.argument("code")
@click.option("--issuer", help="OpenID 服务的 issuer，如 https://id.example.org。")
@click.option("--client-id", help="在那里登记的客户端编号。")
@click.option("--client-secret-file", type=click.File(encoding="utf-8"), help="存有客户端密钥的文件。")
@click.option("--off", is_flag=True, help="不再用它登录。")
@click.pass_context
def institution_sign_in(
    context: click.Context,
    code: str,
    issuer: str | None,
    client_id: str | None,
    client_secret_file: TextIO | None,
    off: bool,
) -> None:
    """让一个单位的人用单位的账号（OpenID Connect）登录；各人先要自己绑定。"""
    settings = load_settings(context.obj)
    if not off and not (issuer and client_id and client_secret_file):
        raise click.UsageError("要有 --issuer、--client-id 和 --client-secret-file，或者 --off。")
    with unit_of_work(create_core(settings)) as session:
        found = operations.institution(session, code)
        if off:
            identities.remove_provider(session, found, actor=auditlog.OPERATOR)
        elif issuer and client_id and client_secret_file:
            given = Provider(issuer, client_id, client_secret_file.read().strip())
            identities.set_provider(session, found, given, settings=settings, actor=auditlog.OPERATOR)
    said = "已不再用单位的账号登录。" if off else f"回调地址：{settings.origin}{identities.BACK}"
    click.echo(f"{code}：{said}")


@institution.command(name="list")
@showing.json_option
@click.pass_context
def institution_list(context: click.Context, as_json: bool) -> None:
    """列出成员单位。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings), read_only=True) as session:
        found = operations.institutions(session, quota=settings.institution_quota_bytes)
    none = "还没有成员单位。用 commons-hub institution add 登记。"
    showing.show(found, COLUMNS, as_json=as_json, none=none)


@institution.command(name="allow-withdrawals")
@click.argument("code")
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="几小时之内有效。")
@click.pass_context
def institution_allow_withdrawals(context: click.Context, code: str, hours: int) -> None:
    """确认一个单位确要大量撤回；它下次同步时照办。"""
    with unit_of_work(create_core(load_settings(context.obj))) as session:
        withdrawals.allow(session, operations.institution(session, code), hours=hours, actor=auditlog.OPERATOR)
    click.echo(f"{code}：{hours} 小时内可以大量撤回。")


@institution.command(name="quota")
@click.argument("code")
@click.argument("size")
@click.pass_context
def institution_quota(context: click.Context, code: str, size: str) -> None:
    """一个单位的文件最多占多少：如 "200 GB"；0 为不限，default 为按设置。已存的文件不受影响。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        found = operations.institution(session, code)
        quota = None if size == "default" else quotas.read_quota(size)
        quotas.set_quota(session, found, quota, actor=auditlog.OPERATOR)
        most = quotas.allowed(found, settings.institution_quota_bytes)
    click.echo(f"{code}：存储配额 {in_bytes(most) if most else '不限'}。")


@click.command()
@click.argument("code")
@click.option("--days", type=click.IntRange(1, 365), help="有效天数。")
@click.pass_context
def invite(context: click.Context, code: str, days: int | None) -> None:
    """为成员单位生成一次性邀请码。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        found = operations.institution(session, code)
        token = enrolment.invite(session, found, days=days or settings.invitation_days, actor=auditlog.OPERATOR)
    click.echo(token)
    shown = log_keys(settings).fingerprint
    click.echo(f"平台密钥的指纹：{shown}（离线加入的单位请与邀请码一起收好，核对用）", err=True)
