"""`commons-node uploads`: the files on their way, pausing, turns, and limits by time of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from nodes import limits, line, underway
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.models import Priority
from nodes.texts import _, language
from nodes.underway import Standing, Totals
from nodes.wording import PRIORITIES, TRANSFER_STATES
from shared.errors import NoSuch, NotFound
from shared.wording import Words, file_size

LISTED = 200
FILE = Words("resource or file", "资源或文件")
NAMED = Words(
    "write a resource's id, a file's full path, or its SHA-256 (8 digits or more); “commons-node uploads” lists them",
    "请写资源编号、文件的完整路径，或 SHA-256（至少开头 8 位）；commons-node uploads 列出等着传的",
)


@click.group(invoke_without_command=True)
@click.option("--show", type=click.Choice(underway.SHOWN), default=underway.WAITING, help="列哪些文件。")
@json_option
@click.pass_context
def uploads(context: click.Context, show: str, as_json: bool) -> None:
    """文件传到哪里了；暂停、先后、限速。"""
    if context.invoked_subcommand is not None:
        return
    workplace, moment = opened(context), datetime.now().astimezone()
    with workplace.database.unit_of_work(read_only=True) as session:
        totals = underway.totals(session, workplace.settings, moment)
        rows = underway.listed(session, workplace.settings, moment, language=language(), which=show, limit=LISTED)
    if as_json:
        say_json({**totals.as_dict(), "files": [_as_dict(row) for row in rows]})
        return
    for row in rows:
        say(_in_words(row))
    if totals.lists[show] > len(rows):
        say(_("…… 只列出前 {count} 个。").format(count=len(rows)))
    say(_summary(totals))


@uploads.command()
@click.argument("names", nargs=-1)
@click.pass_context
def pause(context: click.Context, names: Sequence[str]) -> None:
    """暂停这些资源或文件；不写就全部暂停。正在传的一段传完就停。"""
    _halt(context, names, paused=True)
    say(_("已暂停。著录照样送到平台，在平台等文件，齐了才进入审核。"))


@uploads.command()
@click.argument("names", nargs=-1)
@click.pass_context
def resume(context: click.Context, names: Sequence[str]) -> None:
    """让这些资源或文件接着传；不写就是全部。"""
    _halt(context, names, paused=False)
    say(_("已继续。"))


@uploads.command()
@click.argument("turn", type=click.Choice([one.name.lower() for one in Priority]))
@click.argument("names", nargs=-1, required=True)
@click.pass_context
def priority(context: click.Context, turn: str, names: Sequence[str]) -> None:
    """这些资源或文件先传（first）、照平常（normal）或后传（last）。"""
    with opened(context).database.unit_of_work() as session:
        line.prioritise(session, _digests(session, names), Priority[turn.upper()])
    say(_("已记下：") + _(PRIORITIES[turn]))


@uploads.command()
@click.argument("windows", nargs=-1)
@click.option("--as-configured", is_flag=True, help="改用配置文件里的。")
@click.pass_context
def limit(context: click.Context, windows: Sequence[str], as_configured: bool) -> None:
    """按时段限速，如 "08:00-18:00 2 MB/s"；可写几段，0 MB/s 为不传；什么都不写就不限。"""
    workplace = opened(context)
    try:
        wanted = None if as_configured else limits.parse(",".join(windows))
    except ValueError as error:
        said = _("“{given}”不是限速，应如 08:00-18:00 2 MB/s（0 或 0.01 到 10000）").format(given=error)
        raise click.UsageError(said, context) from error
    with workplace.database.unit_of_work() as session:
        line.set_limits(session, wanted)
        holding = line.limits_of(line.line(session), workplace.settings)
    say(_("限速：") + (limits.as_text(holding) or _("不限")))


def _halt(context: click.Context, names: Sequence[str], *, paused: bool) -> None:
    with opened(context).database.unit_of_work() as session:
        if names:
            line.pause(session, _digests(session, names), paused=paused)
        else:
            line.pause_all(session, paused=paused)


def _digests(session: Session, names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        try:
            found += line.named(session, name)
        except NotFound as error:
            raise NoSuch(what=FILE, name=name[:200], remedy=NAMED) from error
    return found


def _as_dict(row: Standing) -> dict[str, Any]:
    file = row.file
    return {
        "sha256": file.sha256,
        "path": file.path,
        "resource": file.resource_id,
        "title": row.title,
        "size": file.size,
        "arrived": file.arrived,
        "passing": row.passing,
        "rate": row.rate,
        "seconds_left": row.seconds_left,
        "state": row.state,
        "priority": Priority(file.priority).name.lower(),
        "paused": file.paused,
        "problem": file.problem,
    }


def _in_words(row: Standing) -> str:
    file = row.file
    said = [_(TRANSFER_STATES[row.state]), f"{file.percent:3} %", file_size(file.size), file.sha256[:12], row.name]
    if file.priority != Priority.NORMAL:
        said.insert(1, _(PRIORITIES[Priority(file.priority).name.lower()]))
    if row.rate:
        said.append(f"{file_size(row.rate)}/s")
    return "  ".join(said + [part for part in (row.title, file.problem) if part])


def _summary(totals: Totals) -> str:
    if not totals.count:
        return _("没有要传的文件。")
    said = _("还没送到 {count} 个，平台已有 {arrived}，共 {size}").format(
        count=totals.count, arrived=file_size(totals.arrived), size=file_size(totals.size)
    )
    if totals.paused_all:
        return said + _("；已全部暂停。")
    if totals.limit == 0:
        return said + _("；这段时间不传文件。")
    return said + (f"；{file_size(totals.rate)}/s。" if totals.rate else _("；现在没有在传。"))
