"""`commons-hub gc`: remove what nothing needs from the object store."""

from __future__ import annotations

import json

import click

from federation import collection
from federation.core import create_core
from federation.settings import load_settings
from federation.storage import StorageError
from shared.errors import StoreAway


@click.command()
@click.option("--dry-run", is_flag=True, help="只统计，不清除。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def gc(context: click.Context, dry_run: bool, as_json: bool) -> None:
    """清除作废的上传、遗留的分段和没有资源用到的文件。任何版本用到的文件都不动。"""
    app = create_core(load_settings(context.obj))
    try:
        done = collection.collect(app, dry_run=dry_run)
    except StorageError as error:
        raise StoreAway() from error
    if as_json:
        found = {
            "dry_run": dry_run,
            "uploads": done.uploads,
            "leftovers": done.leftovers,
            "objects": done.objects,
            "bytes": done.size,
            "foreign": done.foreign,
            "foreign_bytes": done.foreign_size,
            "foreign_keys": done.foreign_keys,
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    verb = "可清除" if dry_run else "已清除"
    click.echo(
        f"{verb}：作废的上传 {done.uploads}，遗留 {done.leftovers}，文件 {done.objects}；共 {done.size} 字节。"
    )
    if done.foreign:
        click.echo(f"公开桶里另有 {done.foreign} 个对象不是平台放的，共 {done.foreign_size} 字节，都没有动：")
        for key in done.foreign_keys:
            # In quotes, as JSON has it: whoever put it there may have chosen any characters.
            click.echo(f"  {json.dumps(key, ensure_ascii=False)}")
        if done.foreign > len(done.foreign_keys):
            click.echo("  …")
