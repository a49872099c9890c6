"""`commons-hub status`: how the hub is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy.engine import make_url

from federation import folder, standing, under_way
from federation.commands import showing
from federation.core import create_core
from federation.naming import STATES
from federation.renditions import making, office
from federation.settings import HubSettings, load_settings
from shared.wording import in_bytes

GOOD = {True: "正常", False: "没有应答"}
WITHOUT_RENDITIONS = {
    office.OFF: "没有打开（设置 office 为空）",
    office.ABSENT: "没有（后台所在的机器上没有 LibreOffice 的 soffice，或没有 bwrap）",
    office.UNCONFINED: "没有（后台所在的机器不许 bwrap 把 LibreOffice 隔离起来，不隔离就不转换）",
    office.BROKEN: "没有（后台所在的机器上的 LibreOffice 不能运行）",
    making.SILENT: "没有（半小时之内没有后台报告）",
}
"""Why reviewers see no PDF of an office document."""
NOW_UNDER_WAY = {under_way.SENDING: "正在接收", under_way.READING: "正在核验"}


@click.command()
@showing.json_option
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """平台各部分是否正常，各状态的资源数；不正常时退出码为 1。

    --json 与其他命令一样输出一个列表，其中只有一项。
    """
    settings = load_settings(context.obj)
    found = standing.status(create_core(settings))
    if as_json:
        click.echo(json.dumps([found], ensure_ascii=False, indent=2))
    else:
        for line in _lines(found, settings):
            click.echo(line)
    sys.exit(0 if found["ready"] else 1)


def _lines(found: dict[str, Any], settings: HubSettings) -> Iterator[str]:
    yield "平台正常。" if found["ready"] else "平台不正常，见下面没有应答的部分。"
    database = make_url(settings.database_url).render_as_string(hide_password=True)
    yield from showing.lines(
        [
            ["  网站", _web(settings), settings.origin_inside],
            ["  数据库", GOOD[found["database"]], database],
            ["  数据表", "是本版本" if found["schema"] else "不是本版本，请运行 commons-hub migrate", ""],
            ["  文件存储", GOOD[found["store"]], settings.store_endpoint],
            ["  检索", f"已跟到第 {found['search_index']} 条变更，共 {found['change_feed'] or 0} 条", ""],
        ]
    )
    yield from _port_hint(settings)
    yield f"资源版本：{_states(found['states'])}"
    if "objects" in found:
        yield from _files(found)
        yield _renditions(found["renditions"])
        yield _derivatives(found["derivatives"])


def _web(settings: HubSettings) -> str:
    """Whether the hub of this data folder runs; elsewhere each host has its own, and asks `/readyz`."""
    if not settings.embedded:
        return "各主机自行应答"
    return "没有运行" if folder.running_port(settings.var) is None else "正在运行"


def _port_hint(settings: HubSettings) -> Iterator[str]:
    running = folder.running_port(settings.var) if settings.embedded else None
    if running is not None and running != settings.port:
        yield f"  此数据目录的平台用的是端口 {running}，上面问的是 {settings.port}：请设 COMMONS_PORT={running}。"
    elif running is None and settings.embedded:
        yield f"  数据目录 {settings.var} 里没有平台在运行：用 commons-hub up 启动，或用 COMMONS_VAR 换目录。"


def _states(states: dict[str, int]) -> str:
    said = [f"{STATES[state]} {states[state]}" for state in STATES if state in states]
    return "，".join(said) or "还没有"


def _files(found: dict[str, Any]) -> Iterator[str]:
    damaged, overdue = found["objects_damaged"], found["objects_overdue"]
    size = in_bytes(found["objects_bytes"])
    yield f"已存文件：{found['objects']} 个，{size}；损坏 {damaged}，到期未重读 {overdue}"
    for state, work in found["under_way"].items():
        name = NOW_UNDER_WAY[state]
        size, silent = in_bytes(work["bytes"]), work["silent_seconds"]
        yield f"{name}：{work['uploads']} 个文件，{size}，最久 {silent} 秒没有动静"
    if found["institutions"]:
        yield "各单位的文件："
        yield from showing.lines(
            [
                [
                    f"  {code}",
                    in_bytes(one["bytes"]),
                    f"配额 {in_bytes(one['quota']) if one['quota'] else '不限'}",
                    f"有 {one['withdrawals_held']} 件撤回等人同意" if one["withdrawals_held"] else "",
                ]
                for code, one in found["institutions"].items()
            ]
        )


def _renditions(found: dict[str, Any]) -> str:
    """Whether office documents are shown as PDF; what waits is told even where nobody can make it."""
    ability = found["ability"]
    said = WITHOUT_RENDITIONS[ability["hindrance"]] if ability["hindrance"] else ability["maker"]
    return f"文档预览：{said}；等待转换 {found['waiting']}，已转成 {found['ready']}，没能转成 {found['failed']}"


def _derivatives(found: dict[str, Any]) -> str:
    """How many files can be looked at; that none waits says that some worker is at it."""
    return f"小图和预览：等待 {found['waiting']}，已做成 {found['ready']}，没能做成 {found['failed']}"
