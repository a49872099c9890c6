"""Commands of a node that has no network: joining, exporting what waits, and taking in what comes back."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from nodes import bundles, carried_enrolment, receipts, rotation, rounds, synchronisation_report
from nodes.commands.opening import opened
from nodes.console import hub_key_option, json_option, say_json
from nodes.progress import Bars
from nodes.texts import _, language
from shared.commands import GivenPath
from shared.errors import HubKeyUnknown

a_file = GivenPath(dir_okay=False)
T = TypeVar("T")


@click.command(name="join-request")
@click.argument("request_file", type=a_file)
@click.argument("token")
@click.option("--name", help="节点名称；默认为本机名。")
@click.pass_context
def join_request(context: click.Context, request_file: Path, token: str, name: str | None) -> None:
    """没有网络时加入平台：用邀请码写出加入申请，带到平台（commons-hub enrol）；密钥停用了也这样回来。"""
    workplace = opened(context)
    with rounds.alone(workplace):
        asked = carried_enrolment.write_request(
            workplace, request_file, token=token, node_name=name or socket.gethostname()
        )
    if asked.back:
        click.echo(_("本节点已加入过：申请以原来的编号回来，并换用新的密钥；读入答复之前，一切照旧。"))
    click.echo(_("加入申请已写好，请带到平台：") + str(request_file))
    click.echo(_("申请所用密钥的指纹，平台受理时请与它核对：") + asked.key_id)


@click.command(name="join-reply")
@click.argument("reply_file", type=a_file)
@hub_key_option
@click.pass_context
def join_reply(context: click.Context, reply_file: Path, hub_key: str) -> None:
    """读入平台对加入申请的答复，完成加入；初次须核对平台密钥的指纹。"""
    workplace = opened(context)
    with rounds.alone(workplace):
        joined = _compared(lambda given: carried_enrolment.take_reply(workplace, reply_file, hub_key=given), hub_key)
    names = joined.institution_name
    click.echo(_("已加入平台，本单位：") + str(names.get(language()) or names.get("zh") or joined.institution_code))


@click.command()
@click.argument("folder", type=GivenPath(file_okay=False))
@json_option
@click.pass_context
def export(context: click.Context, folder: Path, as_json: bool) -> None:
    """把待发的著录和文件写成离线包（BagIt），带到平台（commons-hub import）。"""
    workplace = opened(context)
    if rotation.under_way(workplace):
        with rounds.alone(workplace):
            rotation.finish_alone(workplace)
        click.echo(_("已更换密钥，新的编号：") + workplace.key.id, err=True)
    with Bars() as bars:
        done = bundles.export(workplace, folder, reporter=bars)
    if as_json:
        say_json(done.as_dict())
    else:
        _say_exported(done)
    sys.exit(0 if done.good else 5)


def _say_exported(done: bundles.Exported) -> None:
    click.echo(_("离线包已写好：著录 {records} 条，文件 {files} 个。").format(records=done.records, files=done.files))
    if done.left:
        click.echo(_("还有 {count} 条放不下，取回回执之后再导出。").format(count=done.left))
    if done.files_left:
        click.echo(_("介质上还有 {count} 个文件放不下，取回回执之后再导出。").format(count=done.files_left))
    for cause in done.failed.values():
        click.echo(f"  ✗ {cause}")
    click.echo(_("请带到平台：") + str(done.folder))


@click.command(name="import-receipt")
@click.argument("receipt_file", type=a_file)
@hub_key_option
@json_option
@click.pass_context
def import_receipt(context: click.Context, receipt_file: Path, hub_key: str, as_json: bool) -> None:
    """读入平台的回执：哪些收下了，审核结果如何；重复读入没有影响。"""
    workplace = opened(context)
    # Beside a synchronisation, older news would be noted after newer.
    with rounds.alone(workplace), Bars() as bars:
        done = receipts.take(workplace, receipt_file, hub_key=hub_key, reporter=bars)
    if as_json:
        say_json(done.as_dict())
    else:
        click.echo("\n".join(synchronisation_report.lines(done)))
    sys.exit(0 if done.good else 5)


def _compared(act: Callable[[str], T], given: str) -> T:
    """Do `act` with the fingerprint of the hub's key; a person at the terminal is asked to compare an unknown one."""
    try:
        return act(given)
    except HubKeyUnknown as error:
        if not sys.stdin.isatty():
            raise
        click.echo(_("平台：") + str(error.data["hub"]))
        click.echo(_("平台密钥的指纹：") + str(error.data["theirs"]))
        click.confirm(_("请当面或打电话向联盟核对，不要靠介质上的文字。相同吗？"), abort=True)
        return act(str(error.data["theirs"]))
