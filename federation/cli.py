"""The operator's command: `commons-hub`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError

from federation import (
    auditlog,
    copying,
    database,
    demo,
    enrolment,
    folder,
    operations,
    people,
    quotas,
    schema,
    search_follower,
    service,
    tasks,
    withdrawals,
    worker,
)
from federation.commands import backups
from federation.commands import fixity as fixity_command
from federation.commands import garbage as garbage_command
from federation.core import create_core
from federation.database import unit_of_work
from federation.offline_commands import enrol, import_
from federation.settings import HubSettings, load_settings, read_settings
from shared.errors import CommonsError
from shared.wording import in_bytes

LANGUAGE = "zh"
KEY_FIRST = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""For commands that take a key's id, which may begin with a hyphen: it is no option then."""
NOTHING_DONE = 5
"""Exit code of a bulk command that could do nothing of what it was asked."""


class NamedErrors(click.Group):
    """A group that says named errors in words and ends with their exit code, instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CommonsError as error:
            end_with(error)
        except DBAPIError as error:
            name = database.named(error)
            if name is None:
                raise
            end_with(name)


def end_with(error: CommonsError) -> NoReturn:
    """Say a named error and end with its exit code."""
    click.echo(f"错误：{error.message(LANGUAGE)}", err=True)
    for fault in error.errors:
        click.echo(f"  {fault.pointer}：{fault.message(LANGUAGE)}", err=True)
    sys.exit(error.exit_code)


@click.group(cls=NamedErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="配置文件（TOML）。")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """计量资源云：平台的启动与管理。"""
    context.obj = config


main.add_command(enrol)
main.add_command(import_)


def _settings(context: click.Context) -> HubSettings:
    return load_settings(context.obj)


def _app(context: click.Context) -> Flask:
    return create_core(_settings(context))


@main.command()
@click.pass_context
def up(context: click.Context) -> None:
    """启动全部：数据库升级、存储、网站和后台任务，直到 Ctrl-C。"""
    service.up(_settings(context), config=context.obj)


@main.command(name="demo")
@click.pass_context
def run_demo(context: click.Context) -> None:
    """启动平台和三个示范单位的节点，载入示范资源（make run）。"""
    demo.run(_settings(context))


@main.command()
@click.pass_context
def web(context: click.Context) -> None:
    """只启动网站。"""
    if context.obj is not None:
        service.pass_on_config(context.obj)
    service.become_web(_settings(context))


@main.command(name="worker")
@click.pass_context
def run_worker(context: click.Context) -> None:
    """只启动后台任务。"""
    worker.run(_app(context))


@main.command()
@click.pass_context
def migrate(context: click.Context) -> None:
    """把数据库升级到当前版本，并建好存储桶。"""
    app = _app(context)
    schema.upgrade(app)
    tasks.prepare_queue(app)
    operations.prepare_store(app)
    click.echo("数据库和存储已就绪。")


@main.command(name="copy-database")
@click.argument("from_url")
@click.pass_context
def copy(context: click.Context, from_url: str) -> None:
    """把另一个数据库（如原来的 SQLite）的全部内容复制到现在设置的数据库；先停止平台，目标先 migrate 且须为空。"""
    for copied in copying.copy_database(_app(context), from_url):
        click.echo(f"{copied.table}：{copied.rows}")
    click.echo("复制完毕，行数核对无误。")


@main.group()
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
    with unit_of_work(_app(context)) as session:
        enrolment.create_institution(
            session, code=code, kind=kind, name_zh=name_zh, name_en=name_en, actor=auditlog.OPERATOR
        )
    click.echo(f"已登记 {code}。用 commons-hub invite {code} 生成邀请码。")


@institution.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def institution_list(context: click.Context, as_json: bool) -> None:
    """列出成员单位。"""
    settings = _settings(context)
    with unit_of_work(create_core(settings), read_only=True) as session:
        found = operations.institutions(session, quota=settings.institution_quota_bytes)
        operations.show(found, as_json=as_json)


@institution.command(name="allow-withdrawals")
@click.argument("code")
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="几小时之内有效。")
@click.pass_context
def institution_allow_withdrawals(context: click.Context, code: str, hours: int) -> None:
    """确认一个单位确要大量撤回；它下次同步时照办。"""
    with unit_of_work(_app(context)) as session:
        withdrawals.allow(session, operations.institution(session, code), hours=hours, actor=auditlog.OPERATOR)
    click.echo(f"{code}：{hours} 小时内可以大量撤回。")


@institution.command(name="quota")
@click.argument("code")
@click.argument("size")
@click.pass_context
def institution_quota(context: click.Context, code: str, size: str) -> None:
    """一个单位的文件最多占多少：如 "200 GB"；0 为不限，default 为按设置。已存的文件不受影响。"""
    settings = _settings(context)
    with unit_of_work(create_core(settings)) as session:
        found = operations.institution(session, code)
        quota = None if size == "default" else quotas.read_quota(size)
        quotas.set_quota(session, found, quota, actor=auditlog.OPERATOR)
        most = quotas.allowed(found, settings.institution_quota_bytes)
    click.echo(f"{code}：存储配额 {in_bytes(most) if most else '不限'}。")


@main.command()
@click.argument("code")
@click.option("--days", type=click.IntRange(1, 365), help="有效天数。")
@click.pass_context
def invite(context: click.Context, code: str, days: int | None) -> None:
    """为成员单位生成一次性邀请码。"""
    settings = _settings(context)
    with unit_of_work(create_core(settings)) as session:
        found = operations.institution(session, code)
        token = enrolment.invite(session, found, days=days or settings.invitation_days, actor=auditlog.OPERATOR)
    click.echo(token)


@main.group()
def key() -> None:
    """节点密钥。"""


@key.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def key_list(context: click.Context, as_json: bool) -> None:
    """列出各节点的密钥和状态。"""
    with unit_of_work(_app(context), read_only=True) as session:
        operations.show(operations.keys(session), as_json=as_json)


@key.command(name="set", context_settings=KEY_FIRST)
@click.argument("key_id")
@click.argument("state", type=click.Choice(["active", "suspended", "revoked"]))
@click.option("--reason", required=True, help="理由。")
@click.pass_context
def key_set(context: click.Context, key_id: str, state: str, reason: str) -> None:
    """启用、暂停或吊销一把密钥。"""
    with unit_of_work(_app(context)) as session:
        enrolment.set_key_state(session, key_id, state=state, reason=reason, actor=auditlog.OPERATOR)
    click.echo(f"{key_id}：{state}")


@main.group()
def user() -> None:
    """平台用户（审核人、管理员）。"""


@user.command(name="add")
@click.argument("name")
@click.option("--display-name", help="显示的姓名。")
@click.option("--role", type=click.Choice(people.ROLES), default="reviewer", show_default=True)
@click.option("--institution", "code", help="所属单位的代码。")
@click.password_option(help="密码；不写则提示输入。")
@click.pass_context
def user_add(
    context: click.Context, name: str, display_name: str | None, role: str, code: str | None, password: str
) -> None:
    """添加用户。"""
    with unit_of_work(_app(context)) as session:
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
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def user_list(context: click.Context, as_json: bool) -> None:
    """列出用户。"""
    with unit_of_work(_app(context), read_only=True) as session:
        operations.show(operations.users(session), as_json=as_json)


@user.command(name="deactivate")
@click.argument("name")
@click.pass_context
def user_deactivate(context: click.Context, name: str) -> None:
    """停用用户并结束其全部会话。"""
    with unit_of_work(_app(context)) as session:
        people.deactivate(session, operations.user(session, name), actor=auditlog.OPERATOR)
    click.echo(f"已停用 {name}。")


@main.command()
@click.option("--institution", "code", required=True, help="成员单位的代码。")
@click.option("--reviewer", "name", required=True, help="审核人的用户名。")
@click.option("--reason", required=True, help="批量通过的理由，记入审计日志。")
@click.pass_context
def approve(context: click.Context, code: str, name: str, reason: str) -> None:
    """以某审核人的名义批量通过一个单位待审的资源（规则与网页上相同）。"""
    settings = _settings(context)
    counts = operations.approve_waiting(create_core(settings), code=code, reviewer_name=name, reason=reason)
    click.echo(f"发布 {counts.published}，待第二人审核 {counts.waiting}，未处理 {counts.left}。")
    for reason_left, count in counts.refused.most_common():
        click.echo(f"  未处理 {count}：{reason_left}", err=True)
    if counts.left and not counts.published and not counts.waiting:
        sys.exit(NOTHING_DONE)


@main.command()
@click.pass_context
def reindex(context: click.Context) -> None:
    """按发布记录重建检索索引；后台任务正在运行，就由它来做，这里等到做完。"""
    count = search_follower.reindex(_app(context), tell=_tell_progress)
    click.echo(f"已重建索引：{count} 条。")


def _tell_progress(position: int, end: int) -> None:
    click.echo(f"重建索引：{position} / {end}", err=True)


@main.command(name="clean-data")
@click.confirmation_option("--yes", prompt="数据目录里的一切都将删除，不能恢复。继续吗？", help="不再询问。")
@click.pass_context
def clean_data(context: click.Context) -> None:
    """删除平台自己建立的数据目录（make clean-data）；平台运行时不删。"""
    place = read_settings(context.obj).var
    if not place.exists():
        click.echo(f"{place} 不存在，无须清除。")
        return
    folder.remove(place)
    click.echo(f"已清除 {place}。")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """平台各部分是否正常，各状态的资源数；不正常时退出码为 1。

    --json 与其他命令一样输出一个列表，其中只有一项。
    """
    app = _app(context)
    found = operations.status(app)
    operations.show([found], as_json=as_json)
    sys.exit(0 if found["ready"] else 1)


main.add_command(fixity_command.fixity)
main.add_command(garbage_command.gc)
for command in (backups.backup, backups.verify_backup, backups.restore):
    main.add_command(command)
