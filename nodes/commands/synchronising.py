"""`commons-node sync` and `reconcile`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nodes import reconciliation_report, relinking, rounds, synchronisation_report
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.progress import Bars
from nodes.texts import _, language
from shared.commands import GivenPath


@click.command()
@click.option("--wait", type=click.FloatRange(0, 86400), default=0.0, help="等待平台核验文件的秒数。")
@json_option
@click.pass_context
def sync(context: click.Context, wait: float, as_json: bool) -> None:
    """与平台同步：发布著录、上传文件、取回审核结果；每天核对一次两边是否一致。"""
    workplace = opened(context)
    with Bars() as bars:
        done = rounds.synchronise(workplace, wait=wait, reporter=bars)
    if as_json:
        say_json(done.as_dict())
    else:
        said = synchronisation_report.lines(done.synced)
        if done.reconciled is not None and (done.reconciled.findings or not done.reconciled.equal):
            said += reconciliation_report.lines(done.reconciled, dry_run=False)
        if done.log_fault is not None:
            said.append(f"✗ {done.log_fault.message(language())}")
        say("\n".join(said))
    sys.exit(0 if done.good else 5)


@click.command()
@click.option("--dry-run", is_flag=True, help="只核对，什么都不改。")
@click.option(
    "--files",
    "folders",
    multiple=True,
    type=GivenPath(exists=True, file_okay=False),
    help="在此文件夹里按内容找回文件，可重复。",
)
@json_option
@click.pass_context
def reconcile(context: click.Context, dry_run: bool, folders: tuple[Path, ...], as_json: bool) -> None:
    """与平台逐版本核对，补齐两边缺少的；恢复过备份之后用它。"""
    workplace = opened(context)
    with Bars() as bars:
        done = rounds.reconcile(workplace, dry_run=dry_run, reporter=bars)
        if folders and not dry_run:
            found = relinking.relink(workplace, folders)
            say(_("找回文件 {count} 个。").format(count=found), error=True)
            done = rounds.reconcile(workplace, reporter=bars)
    if as_json:
        say_json(done.as_dict())
    else:
        say("\n".join(reconciliation_report.lines(done, dry_run=dry_run)))
    sys.exit(0 if done.equal else 5)
