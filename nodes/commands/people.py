"""`commons-node user …`: who signs in to the page. As soon as there is one account, everybody has to."""

from __future__ import annotations

import sys

import click

from nodes import accounts
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.texts import _
from nodes.wording import ROLE_NAMES
from shared.errors import PasswordTooWeak


@click.group()
def user() -> None:
    """网页的账号：有了第一个账号，打开网页都要登录。"""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(accounts.ROLES), default=accounts.EDITOR, show_default=True, help="角色。")
@click.pass_context
def add(context: click.Context, name: str, role: str) -> None:
    """建立账号，密码在终端里输入（或从标准输入读一行）。"""
    workplace = opened(context)
    word = _password()
    with workplace.database.unit_of_work() as session:
        made = accounts.add(session, name, role=role, password=word)
    say(_("已建立账号：") + f"{made.name}（{_(ROLE_NAMES[made.role])}）")


@user.command(name="list")
@json_option
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """列出账号。"""
    with opened(context).database.unit_of_work(read_only=True) as session:
        found = accounts.listed(session)
    if as_json:
        say_json([{"name": one.name, "role": one.role, "created": one.created_at.isoformat()} for one in found])
        return
    for one in found:
        say(f"{one.name}  {_(ROLE_NAMES[one.role])}")
    if not found:
        say(_("还没有账号：网页只有本机能打开，不用登录。"))


@user.command()
@click.argument("name")
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """删除账号，它的登录随即结束。"""
    with opened(context).database.unit_of_work() as session:
        accounts.remove(session, name)
    say(_("已删除账号：") + name)


@user.command()
@click.argument("name")
@click.pass_context
def password(context: click.Context, name: str) -> None:
    """更换账号的密码，原来的登录随即结束。"""
    workplace = opened(context)
    with workplace.database.unit_of_work(read_only=True) as session:
        accounts.named(session, name)
    word = _password()
    with workplace.database.unit_of_work() as session:
        accounts.set_password(session, name, word)
    say(_("已更换密码：") + name)


@user.command()
@click.argument("name")
@click.argument("role", type=click.Choice(accounts.ROLES))
@click.pass_context
def role(context: click.Context, name: str, role: str) -> None:
    """更改账号的角色。"""
    with opened(context).database.unit_of_work() as session:
        accounts.set_role(session, name, role)
    say(_("已更改角色：") + f"{name}（{_(ROLE_NAMES[role])}）")


def _password() -> str:
    """A password that is typed twice, or the first line of what a script pipes in. Raises `PasswordTooWeak`."""
    if sys.stdin.isatty():
        return str(click.prompt(_("密码"), hide_input=True, confirmation_prompt=_("再输一次"), err=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise PasswordTooWeak(least=accounts.LEAST, most=accounts.MOST)
    return line
