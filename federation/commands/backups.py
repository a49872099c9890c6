"""`commons-hub backup`, `verify-backup` and `restore`."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from federation import folder as data_folder
from federation import service
from federation.backups import checking, folder, making, restoring
from federation.backups.undone import CHECKS, Undone
from federation.core import create_core
from federation.fixity import REASONS
from federation.parts import parts
from federation.settings import load_settings, read_settings
from shared.commands import GivenPath
from shared.progress import Bars

a_folder = GivenPath(file_okay=False)
json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
SHOWN = 20
"""Objects that are named to a person; the others are counted."""


@click.command()
@click.argument("target", metavar="FOLDER", type=a_folder)
@click.option("--objects", "with_objects", is_flag=True, help="连同文件的内容；已在备份文件夹里的不再复制。")
@click.option("--keep", type=click.IntRange(min=1), help="只保留最近几个备份。")
@json_option
@click.pass_context
def backup(context: click.Context, target: Path, with_objects: bool, keep: int | None, as_json: bool) -> None:
    """备份数据库、密钥、设置和文件清单，平台不用停；同一文件夹里一次备份一个子文件夹。有文件取不到时退出码为 1。"""
    given, settings = read_settings(context.obj), load_settings(context.obj)
    app = create_core(settings)
    with ExitStack() as stack:
        if with_objects and settings.uses_own_store and not parts(app).store.ready():
            stack.enter_context(data_folder.held(settings.var))
            stack.enter_context(service.own_store(settings))
        bars = stack.enter_context(Bars())
        made = making.make(app, target, given=given, with_objects=with_objects, keep=keep, begin=bars.begin)
    said = made.manifest
    if as_json:
        _show(
            {
                "path": str(made.path),
                "rows": sum(said.tables.values()),
                "objects": said.objects.count,
                "bytes": said.objects.size,
                "copied": made.objects_copied,
                "lacking": said.objects.lacking,
                "secrets_needed": said.secrets_needed,
                "removed": made.forgotten,
            }
        )
    else:
        click.echo(f"备份完成：{made.path}")
        click.echo(f"数据库 {sum(said.tables.values())} 行，文件 {said.objects.count} 个，{said.objects.size} 字节。")
        click.echo(f"新复制文件 {made.objects_copied} 个。" if with_objects else "文件的内容没有复制，只有清单。")
        _say_needed(said.secrets_needed)
        _say_lacking("取不到", said.objects.lacking)
    sys.exit(1 if said.objects.lacking else 0)


@click.command(name="verify-backup")
@click.argument("source", metavar="FOLDER", type=a_folder)
@json_option
def verify_backup(source: Path, as_json: bool) -> None:
    """核对一个备份（默认为文件夹里最近的一个）：每个文件、数据库、清单和文件内容；有损坏时退出码不为 0。"""
    found = checking.check(folder.find(source))
    said = found.manifest
    with Bars() as bars:
        faulty = found.faulty_objects(bars.begin)
    if as_json:
        _show({"path": str(found.path), "faulty": faulty, **said.as_dict()})
    else:
        click.echo(f"备份 {found.path}：{said.made}，程序 {said.program}，迁移 {said.migration}。")
        click.echo(f"数据库 {sum(said.tables.values())} 行，清单 {len(found.listed)} 个文件，都与备份时相同。")
        _say_lacking("备份时已取不到", said.objects.lacking)
        _say_lacking("备份里缺失或有损坏", dict.fromkeys(faulty, ""))
    sys.exit(1 if faulty else 0)


@click.command()
@click.argument("source", metavar="FOLDER", type=a_folder)
@json_option
@click.pass_context
def restore(context: click.Context, source: Path, as_json: bool) -> None:
    """把备份（默认为文件夹里最近的一个）恢复到空的机器或空的数据库；先停止平台。存储里缺少文件时退出码为 1。"""
    found = checking.check(folder.find(source))
    given = read_settings(context.obj)
    with Bars() as bars:
        done = restoring.restore(found, given=given, load=lambda: load_settings(context.obj), begin=bars.begin)
    if as_json:
        _show(
            {
                "path": str(found.path),
                "rows": done.rows,
                "objects": len(found.listed),
                "put_back": done.objects_put_back,
                "lacking": dict(done.lacking),
                "migrated": done.migrated,
                "other_origin": done.other_origin,
                "undone": {**asdict(done.undone), "check": CHECKS},
            }
        )
    else:
        click.echo(f"已恢复 {found.path}：数据库 {done.rows} 行，放回文件 {done.objects_put_back} 个。")
        if done.migrated:
            click.echo("备份来自较旧的程序，已升级到当前版本。")
        if done.other_origin:
            click.echo(f"公开网址与备份时（{found.manifest.origin}）不同，节点按原来的网址访问。")
        _say_needed(found.manifest.secrets_needed)
        _say_lacking("存储里没有，已记为损坏，节点下次同步时会重新送来", done.lacking)
        click.echo("检索索引启动后自动重建。请各节点运行 commons-node reconcile，或等它们每天自动对账。")
        _warn(done.undone)
    sys.exit(1 if done.lacking else 0)


def _warn(undone: Undone) -> None:
    """Say last, and loudly, what nobody would notice: what was forbidden since the backup is allowed again."""
    allowed = "、".join(f"{code}（到 {until}）" for code, until in undone.withdrawals_allowed.items()) or "没有"
    for line in (
        "",
        f"注意：平台回到了备份的时刻 {undone.moment}，此后作出的决定都已丢失。先核对，再开放服务：",
        f"  - 此后吊销、暂停、更换的旧密钥又可以用了，泄露的也是。密钥现在有 {undone.active_keys} 把可用："
        "用 commons-hub key list 逐把核对，用 commons-hub key set 重新吊销或暂停。",
        "  - 此后吊销的密钥若不在清单里（此后才换上的），也要吊销，否则拿到它的人能自己把它再登记。"
        "凡是联盟的记录里吊销过的，逐把运行：",
        "      commons-hub key set 密钥编号 revoked --reason 理由",
        "    清单里没有的就记为“已禁止”，多运行一次也无妨；同一节点另外的密钥不受影响。",
        f"  - 此后停用的账号又可以登录，此后改过的密码又是旧的。账号现在有 {undone.active_users} 个可用："
        "用 commons-hub user list 核对，用 commons-hub user deactivate 重新停用，在工作台重设密码。",
        "  - 此后用过的邀请码又可以再用一次，此后作废的又有效了。"
        f"没有用过、没有作废、没有过期的邀请码现在有 {undone.open_invitations} 个："
        "用 commons-hub invitation list 核对，用 commons-hub invitation cancel 作废。",
        "  - 此后换过密钥的节点，会自己把新密钥再登记一次；此后才加入的，平台不认得，"
        "要用 commons-hub invite 给新的邀请码。",
        f"  - 此后给的大量撤回许可没有了；仍然有效的：{allowed}。此后改的存储配额也要重新设："
        "用 commons-hub institution list 核对。",
        "  - 此后下架的资源又公开了，要重新下架；此后撤回的，到所属节点对账为止也又公开。",
        "审计日志里的 hub.restored 记着备份的时刻。",
    ):
        click.echo(line, err=True)


def _show(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _say_needed(names: list[str]) -> None:
    if names:
        click.echo(f"备份里没有这些来自外部的机密，请另行保管，恢复时照样设置：{'、'.join(names)}。")


def _say_lacking(words: str, lacking: Any) -> None:
    if not lacking:
        return
    click.echo(f"{words}：{len(lacking)} 个文件。", err=True)
    for sha256, damage in list(lacking.items())[:SHOWN]:
        click.echo(f"  {sha256}  {REASONS.get(damage, '')}".rstrip(), err=True)
    if len(lacking) > SHOWN:
        click.echo("  …", err=True)
