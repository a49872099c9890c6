"""`commons-hub user`: who may sign in."""

from __future__ import annotations

import click

from federation import account_links, appointing, auditlog, letters, mail, operations, people, roles, second_factor
from federation.commands import showing
from federation.core import create_core
from federation.database import unit_of_work
from federation.naming import ROLES
from federation.settings import load_settings

ACTIVE = {True: "在用", False: "已停用"}
COLUMNS: dict[str, showing.Show] = {
    "用户名": showing.field("name"),
    "姓名": showing.field("display_name"),
    "角色": showing.term("role", ROLES),
    "单位": showing.field("institution"),
    "状态": lambda row: ACTIVE[row["active"]],
}


@click.group()
def user() -> None:
    """平台用户（审核人、联盟管理员、成员单位的人等）。"""


@user.command(name="add")
@click.argument("name")
@click.option("--display-name", help="显示的姓名。")
@click.option("--role", type=click.Choice(roles.ROLES), default="reviewer", show_default=True)
@click.option("--institution", "code", help="所属单位的代码。")
@click.password_option(prompt="密码", help="密码；不写则提示输入。")
@click.pass_context
def user_add(
    context: click.Context, name: str, display_name: str | None, role: str, code: str | None, password: str
) -> None:
    """添加用户。"""
    with unit_of_work(create_core(load_settings(context.obj))) as session:
        people.create_user(
            session,
            name=name,
            display_name=display_name or name,
            password=password,
            role=role,
            institution=operations.institution(session, code) if code else None,
            actor=auditlog.OPERATOR,
        )
    click.echo(f"已添加 {name}。")


@user.command(name="list")
@showing.json_option
@click.pass_context
def user_list(context: click.Context, as_json: bool) -> None:
    """列出用户。"""
    with unit_of_work(create_core(load_settings(context.obj)), read_only=True) as session:
        found = operations.users(session)
    showing.show(found, COLUMNS, as_json=as_json, none="还没有用户。用 commons-hub user add 添加。")


@user.command(name="invite")
@click.argument("display_name")
@click.option("--role", type=click.Choice(roles.ROLES), default="reviewer", show_default=True)
@click.option("--institution", "code", help="所属单位的代码。")
@click.option("--email", default="", help="邮箱；设了邮件服务器，链接也发到那里。")
@click.option("--days", type=click.IntRange(1, 365), help="有效的天数；不写则按设置。")
@click.pass_context
def user_invite(
    context: click.Context, display_name: str, role: str, code: str | None, email: str, days: int | None
) -> None:
    """生成一次性的邀请链接，本人用它自己选用户名和密码。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        token = account_links.invite(
            session,
            display_name=display_name,
            role=role,
            institution=operations.institution(session, code) if code else None,
            days=days or settings.invitation_days,
            email=email,
        )
        link, sent = account_links.send_invitation(session, token, settings=settings)
    click.echo(link)
    if sent:
        click.echo(f"也已发到 {email}。", err=True)


@user.command(name="reset-password")
@click.argument("name")
@click.option("--hours", type=click.IntRange(1, 720), help="有效的小时数；不写则按设置。")
@click.pass_context
def user_reset_password(context: click.Context, name: str, hours: int | None) -> None:
    """生成一次性的链接，本人用它选新密码。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        found = operations.user(session, name)
        token = account_links.offer_password(session, found, hours=hours or settings.password_link_hours)
        link, sent = account_links.send_password_link(session, token, settings=settings)
    click.echo(link)
    if sent:
        click.echo(f"也已发到 {found.email}。", err=True)


reason_option = click.option("--reason", default="", help="理由，记入审计日志。")


@user.command(name="deactivate")
@click.argument("name")
@reason_option
@click.pass_context
def user_deactivate(context: click.Context, name: str, reason: str) -> None:
    """停用用户并结束其全部会话。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        found = operations.user(session, name)
        people.deactivate(session, found, actor=auditlog.OPERATOR, reason=reason)
        mail.notify(session, found, letters.CLOSED, settings=settings)
    click.echo(f"已停用 {name}。")


@user.command(name="reactivate")
@click.argument("name")
@reason_option
@click.pass_context
def user_reactivate(context: click.Context, name: str, reason: str) -> None:
    """恢复停用的用户。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        found = operations.user(session, name)
        people.reactivate(session, found, actor=auditlog.OPERATOR, reason=reason)
        mail.notify(session, found, letters.OPENED, settings=settings)
    click.echo(f"已恢复 {name}。")


@user.command(name="appoint")
@click.argument("name")
@click.option("--role", type=click.Choice(roles.ROLES), required=True)
@click.option("--institution", "code", help="所属单位的代码；不写则属于联盟。")
@reason_option
@click.pass_context
def user_appoint(context: click.Context, name: str, role: str, code: str | None, reason: str) -> None:
    """给用户换角色或单位，并结束其全部会话。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        found = operations.user(session, name)
        institution = operations.institution(session, code) if code else None
        if appointing.appoint(
            session, found, role=role, institution=institution, actor=auditlog.OPERATOR, reason=reason
        ):
            mail.notify(session, found, letters.APPOINTED, settings=settings)
    click.echo(f"已保存 {name} 的角色和单位。")


@user.command(name="reset-second-factor")
@click.argument("name")
@reason_option
@click.pass_context
def user_reset_second_factor(context: click.Context, name: str, reason: str) -> None:
    """撤销用户的第二重验证并结束其全部会话；下次登录时重新设置。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings)) as session:
        found = operations.user(session, name)
        second_factor.remove(session, found, actor=auditlog.OPERATOR, reason=reason)
        mail.notify(session, found, letters.FACTOR_REMOVED, settings=settings)
    click.echo(f"已撤销 {name} 的第二重验证，下次登录时重新设置。")
