"""`commons-hub audit …`: checking the audit log, signing it, and giving it to others to check."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import click

from federation import audit_keeper, auditlog
from federation.core import create_core
from federation.database import unit_of_work
from federation.settings import load_settings
from federation.transparency import checkpoints, verification
from federation.transparency import export as exporting
from federation.transparency.keys import log_keys
from federation.transparency.verification import Verified
from shared.commands import GivenPath
from shared.notes import MAX_NOTE, Checkpoint
from shared.progress import Bars

FAULTS = {
    "place_missing": "序号缺失",
    "event_removed": "事件被删除",
    "event_altered": "事件的内容或封印被改动",
    "event_inserted": "事件不是平台写入的，或从队列中抹去了",
    "columns_altered": "事件的列与条目不符",
    "reason_altered": "理由被改动",
    "reason_removed": "理由被删除，没有抹除记录",
    "leaf_differs": "叶散列不符",
    "leaves_differ": "叶散列的数目不符",
    "hash_differs": "上层散列不符",
    "hash_inserted": "多出的散列",
    "counter_differs": "计数不符，有行被删除或插入",
    "checkpoint_altered": "检查点被改动",
    "log_shorter": "日志短于签过的检查点",
    "log_differs": "日志与签过的检查点不符",
    "cosignature_altered": "副署被改动",
    "checkpoint_foreign": "所给的检查点不是这部日志签的",
    "reason_inserted": "理由不属于任何事件",
    "guard_removed": "数据库里拒绝改动日志的触发器没有了",
}


@click.group()
def audit() -> None:
    """审计日志。"""


@audit.command()
@click.option(
    "--against",
    type=click.File(encoding="utf-8"),
    help="另存的检查点（如成员 audit show 给出的）：日志须从它接着写下来。",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def verify(context: click.Context, against: TextIO | None, as_json: bool) -> None:
    """重新计算全部日志，找出背着平台改动、删除、插入的任何一行；有问题时退出码为 1。"""
    settings, kept = load_settings(context.obj), _kept(against)
    with unit_of_work(create_core(settings), read_only=True) as session, Bars() as bars:
        tell = bars.begin("核对审计日志", checkpoints.numbered(session))
        done = verification.verify(session, log_keys(settings), against=kept, tell=tell)
    if as_json:
        said = {**asdict(done), "root": done.root.hex(), "good": done.good}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        _say(done)
    sys.exit(0 if done.good else 1)


def _kept(given: TextIO | None) -> Checkpoint | None:
    """The checkpoint in a file, also when the log's key stands above it, as `commons-node audit show` has it."""
    if given is None:
        return None
    try:
        note = given.read(MAX_NOTE)
        first, _, rest = note.partition("\n")
        return Checkpoint.parse((rest if "+" in first else note).rstrip("\n") + "\n")
    except ValueError as error:
        raise click.BadParameter("文件里没有检查点", param_hint="--against") from error


def _say(done: Verified) -> None:
    click.echo(f"{done.size} 条，{done.checkpoints} 个检查点，{done.cosignatures} 个副署，{done.waiting} 条待编号。")
    click.echo(f"根 {done.root.hex()}")
    click.echo("完好。" if done.good else f"发现 {done.faults} 处问题：")
    for one in done.findings:
        click.echo(f"  ✗ {FAULTS[one.code]}  {one.where}")


@audit.command()
@click.pass_context
def checkpoint(context: click.Context) -> None:
    """给等待的事件编号，有新内容就签发检查点，并把最新的打印出来。"""
    app = create_core(load_settings(context.obj))
    audit_keeper.keep(app, sign=True)
    with unit_of_work(app, read_only=True) as session:
        click.echo(str(checkpoints.latest(session)), nl=False)


@audit.command()
@click.option("--fingerprint", is_flag=True, help="只显示指纹，供离线加入的节点当面或打电话核对。")
@click.pass_context
def key(context: click.Context, fingerprint: bool) -> None:
    """显示平台的公钥：日志的检查点、离线的回执和答复都由它签名（verifier key，供第三方核验）。"""
    keys = log_keys(load_settings(context.obj))
    click.echo(keys.fingerprint if fingerprint else str(keys.verifier))


@audit.command()
@click.argument("folder", type=GivenPath(file_okay=False))
@click.pass_context
def export(context: click.Context, folder: Path) -> None:
    """把整部日志写成静态文件（C2SP tlog-tiles），任何人都可脱离平台核验。"""
    settings = load_settings(context.obj)
    with unit_of_work(create_core(settings), read_only=True) as session, Bars() as bars:
        tell = bars.begin("导出审计日志", checkpoints.numbered(session))
        count = exporting.write(session, log_keys(settings), folder, tell=tell)
    click.echo(f"已导出 {count} 条到 {folder}。核验方法见 docs/audit.md。")


@audit.command(name="erase-reason")
@click.argument("event_id")
@click.option("--reason", required=True, help="为什么抹除。")
@click.pass_context
def erase_reason(context: click.Context, event_id: str, reason: str) -> None:
    """抹除某一事件的理由（如其中写了个人信息）；日志仍然完整，并记下抹除一事。"""
    with unit_of_work(create_core(load_settings(context.obj))) as session:
        auditlog.erase_reason(session, event_id, reason=reason, actor=auditlog.OPERATOR)
    click.echo(f"{event_id} 的理由已抹除。")
