"""`commons-node harvest` and `watch`: bringing in what is elsewhere, and keeping it up to date."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nodes import harvest_report, importers, sources
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.harvesting import folders, looking, running
from nodes.importers.plain import code_for
from nodes.source_models import HarvestSource
from nodes.sources import Options, checked_address, checked_since
from nodes.texts import language
from nodes.workplace import Workplace
from shared.commands import GivenPath
from shared.errors import HarvestUnderWay

CONSTANTS = {"license": "license", "type": "type", "rights_holder": "rights_holder"}
LISTS = {"theme": "themes", "language": "language", "discipline": "disciplines", "audience": "audiences"}
Command = Callable[..., Any]


def _common(function: Command) -> Command:
    """The options that every kind of source has."""
    for option in reversed(
        (
            click.option("--license", help="来源没有写明许可时用的许可。"),
            click.option("--type", help="来源没有写明类型时用的类型。"),
            click.option("--theme", multiple=True, help="主题，可重复。"),
            click.option("--language", multiple=True, help="来源没有写明语言时用的语言，可重复。"),
            click.option("--discipline", multiple=True, help="专业，可重复。"),
            click.option("--audience", multiple=True, help="受众，可重复。"),
            click.option("--rights-holder", help="权利人。"),
            click.option("--mapping", type=GivenPath(dir_okay=False), help="字段对照文件（TOML）。"),
            click.option("--files", is_flag=True, help="链接的文件也取来（只限公网地址）。"),
            click.option(
                "--every", type=click.IntRange(1, 10080), metavar="MINUTES", help="每隔多少分钟自动采集一次。"
            ),
            click.option("--pause", type=click.FloatRange(0, 3600), default=1.0, help="两次请求之间等多少秒。"),
            click.option("--again", is_flag=True, help="从头采集一遍。"),
            click.option("--dry-run", is_flag=True, help="只看几条会变成什么样，不登记。"),
            json_option,
            click.pass_context,
        )
    ):
        function = option(function)
    return function


@click.group()
def harvest() -> None:
    """把别处已有的资源采集进来：机构库（OAI-PMH）、订阅源、网页。

    \b
    来源会记住：再运行一次只取新的和改过的，不会重复。
    来源没有写明的（许可、类型、主题、语言），用选项给出。
    """


@harvest.command()
@click.argument("address", metavar="URL")
@click.option("--set", "chosen_set", default="", help="只采集这个分集。")
@click.option("--prefix", default="oai_dc", show_default=True, help="元数据格式。")
@click.option("--since", default="", metavar="DATE", help="第一次从这一天起采集，如 2024-01-31。")
@_common
def oai(context: click.Context, address: str, chosen_set: str, prefix: str, since: str, **given: Any) -> None:
    """采集一个 OAI-PMH 机构库；来源删除的，登记撤回。"""
    own = {"chosen_set": chosen_set, "prefix": prefix, "since": checked_since(since)}
    _harvest(context, sources.OAI, checked_address(address), own, given)


@harvest.command()
@click.argument("address", metavar="URL")
@_common
def feed(context: click.Context, address: str, **given: Any) -> None:
    """采集一个 Atom 或 RSS 订阅源。"""
    _harvest(context, sources.FEED, checked_address(address), {}, given)


@harvest.command()
@click.argument("address", metavar="URL")
@_common
def page(context: click.Context, address: str, **given: Any) -> None:
    """采集一个网页里用 JSON-LD（schema.org）说明的作品。"""
    _harvest(context, sources.PAGE, checked_address(address), {}, given)


@click.command()
@click.argument("folder", type=GivenPath(exists=True, file_okay=False))
@click.option("--mapping", type=GivenPath(dir_okay=False), help="字段对照文件（TOML）。")
@click.option("--every", type=click.IntRange(1, 10080), metavar="MINUTES", help="不退出，每隔多少分钟看一次。")
@click.option("--dry-run", is_flag=True, help="只看几条会变成什么样，不登记。")
@json_option
@click.pass_context
def watch(
    context: click.Context, folder: Path, mapping: Path | None, every: int | None, dry_run: bool, as_json: bool
) -> None:
    """看守一个文件夹：新的、改过的登记进来；还在写的等下一次，不见了的只报告，不撤回。"""
    given = {"mapping": mapping, "every": every, "dry_run": dry_run, "as_json": as_json, "pause": 0.0}
    _harvest(context, sources.FOLDER, str(folder.resolve()), {}, given)
    while every:
        time.sleep(every * 60)
        try:
            _harvest(context, sources.FOLDER, str(folder.resolve()), {}, given)
        except HarvestUnderWay as busy:
            # The page is at it: what it does is done.
            say(busy.message(language()), error=True)


def _harvest(context: click.Context, kind: str, address: str, own: dict[str, Any], given: dict[str, Any]) -> None:
    workplace = opened(context)
    options = {**own, **_options(given)}
    if given["dry_run"]:
        seen = looking.look(workplace, kind=kind, address=address, options=Options(**options), pause=given["pause"])
        say_json(seen) if given["as_json"] else say("\n".join(harvest_report.of_look(seen)))
        return
    again = bool(given.get("again"))
    source = _remembered(workplace, kind, address, options, minutes=given["every"], again=again)
    done = running.run(workplace, source.id, pause=given["pause"])
    if given["as_json"]:
        say_json(done.as_dict())
    else:
        say("\n".join(harvest_report.of_outcome(done.as_dict())))
    if not (kind == sources.FOLDER and given["every"]):
        sys.exit(5 if done.failed else 0)


def _remembered(
    workplace: Workplace, kind: str, address: str, given: dict[str, Any], *, minutes: int | None, again: bool
) -> HarvestSource:
    """The source at an address; what is not said now stays as it was said before."""
    options = Options(**given)
    with workplace.database.unit_of_work() as session:
        found = sources.find(session, kind=kind, address=address, chosen_set=options.chosen_set)
        if found is not None:
            said = {name: value for name, value in given.items() if value and value != getattr(Options(), name)}
            constants = {**found.options["constants"], **given["constants"]}
            options = Options(**{**found.options, **said, "constants": constants})
            minutes = found.minutes if minutes is None else minutes
            found.place = {} if again else found.place
        name = found.name if found is not None else _name(kind, address, options)
        return sources.remember(session, kind=kind, address=address, name=name, options=options, minutes=minutes or 0)


def _name(kind: str, address: str, options: Options) -> str:
    if kind != sources.FOLDER:
        return sources.name_of(address)
    return importers.source_name(Path(address), folders.mapping_of(options))


def _options(given: dict[str, Any]) -> dict[str, Any]:
    constants: dict[str, Any] = {}
    for option, field in CONSTANTS.items():
        if given.get(option):
            constants[field] = code_for(field, given[option])
    for option, field in LISTS.items():
        if given.get(option):
            constants[field] = [code_for(field, text) for text in given[option]]
    mapping = given.get("mapping")
    return {
        "mapping": str(mapping.resolve()) if mapping else "",
        "files": bool(given.get("files")),
        "constants": constants,
    }
