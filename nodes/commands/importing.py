"""`commons-node import`: many resources at once."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nodes import importers, importing
from nodes.commands.opening import opened
from nodes.console import GivenPath, json_option, say, say_json
from nodes.progress import Bars
from nodes.texts import _, language


@click.command(name="import")
@click.argument("source", type=GivenPath())
@click.option("--mapping", type=GivenPath(dir_okay=False), help="字段对照文件（TOML）。")
@click.option("--dry-run", is_flag=True, help="只检查，不登记。")
@json_option
@click.pass_context
def import_(context: click.Context, source: Path, mapping: Path | None, dry_run: bool, as_json: bool) -> None:
    """批量登记：文件夹、JSON Lines、JSON 数组、CSV 或 Crossref XML。"""
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
        _say_imported(done)
    sys.exit(5 if done.failed else 0)


def _say_imported(done: importing.Imported) -> None:
    counts = _("新登记 {created}，新版本 {updated}，无变化 {unchanged}，有误 {failed}。")
    say(counts.format(created=done.created, updated=done.updated, unchanged=done.unchanged, failed=len(done.failed)))
    for failure in done.failed:
        for fault in failure.errors:
            place = _("第 {row} 行").format(row=failure.row)
            say(f"  {place} {failure.source_id}  {fault.pointer or '/'}  {fault.message(language())}", error=True)
