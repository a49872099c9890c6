"""`commons-node import`: many resources at once."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nodes import import_report, importers, importing
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.progress import Bars
from nodes.texts import language
from shared.commands import GivenPath


@click.command(name="import")
@click.argument("source", type=GivenPath())
@click.option("--mapping", type=GivenPath(dir_okay=False), help="字段对照文件（TOML）。")
@click.option("--dry-run", is_flag=True, help="只检查，不登记。")
@json_option
@click.pass_context
def import_(context: click.Context, source: Path, mapping: Path | None, dry_run: bool, as_json: bool) -> None:
    """批量登记：Excel 工作簿、CSV、文件夹、JSON Lines、JSON 数组或 Crossref XML。

    \b
    表格（.xlsx 或 .csv；commons-node template 给出模板）有一行列名。必有的列：
      编号（source_id）、标题（title.zh）、简介（summary.zh）、类型（type）、
      主题（themes）、语言（language）、许可（license），
      以及文件（files）或链接（links）。
    还可以有：
      英文标题、英文简介、说明、英文说明、专业、受众、活动、阶段、关键词、
      作者、贡献者、日期、权利人、DOI、CSTR、ISBN、考证来源、考证方法、考证人。
    一格多项用“；”隔开。编号不变，再次导入就是更新。

    \b
    每一列怎样写、文件放在哪里、别的格式和字段对照文件，见项目的
    docs/importing.md，各有可以照抄的例子。
    """
    workplace = opened(context)
    rules = importers.load_mapping(mapping) if mapping is not None else None
    rows = importers.read(source, rules, workplace.folder / "generated")
    with Bars() as bars:
        done = importing.import_rows(
            workplace,
            rows,
            source_name=importers.source_name(source, rules),
            dry_run=dry_run,
            progress=bars.begin("登记", 0),
        )
    if as_json:
        say_json(done.as_dict(language()))
    else:
        say(import_report.counts(done))
        for line in import_report.faults(done.failed):
            say(line, error=True)
    sys.exit(5 if done.failed else 0)
