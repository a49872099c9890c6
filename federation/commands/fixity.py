"""`commons-hub fixity`: read stored objects again now, and say which are damaged."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from federation import fixity as checks
from federation import fixity_watch
from federation.core import create_core
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.resources import ResourceVersion
from federation.settings import load_settings
from federation.storage import StorageError
from shared.errors import StoreAway


@click.command()
@click.option("--all", "everything", is_flag=True, help="不论上次何时核对，全部重读一遍。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def fixity(context: click.Context, everything: bool, as_json: bool) -> None:
    """重读到期的已存文件，逐字节核对；有损坏时退出码为 1。"""
    settings = load_settings(context.obj)
    app = create_core(settings)
    pace = checks.Pace(settings.fixity_bytes_per_second)
    try:
        done = fixity_watch.check_until_done(app, pace=pace, before=now() if everything else None)
    except StorageError as error:
        raise StoreAway() from error
    with unit_of_work(app, read_only=True) as session:
        damaged = [_said(one) for one in checks.damaged(session)]
    if as_json:
        found = {"checked": done.checked, "bytes": done.size, "found_damaged": done.damaged, "damaged": damaged}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        click.echo(f"核对 {done.checked} 个文件，{done.size} 字节；现有损坏 {len(damaged)} 个。")
        for one in damaged:
            click.echo(f"  {one['sha256']}  {one['damage']}  自 {one['since']}")
            for resource in one["resources"]:
                click.echo(f"    {resource['institution']}  {resource['id']}  {resource['title']}")
    sys.exit(1 if damaged else 0)


def _said(one: checks.Damaged) -> dict[str, Any]:
    stored = one.stored
    return {
        "sha256": stored.sha256,
        "size": stored.size,
        "damage": stored.damage,
        "since": stored.damaged_at.isoformat(timespec="seconds") if stored.damaged_at else "",
        "resources": [_resource(version) for version in one.versions],
    }


def _resource(version: ResourceVersion) -> dict[str, Any]:
    return {
        "id": version.resource_id,
        "version": version.version,
        "state": version.state,
        "title": version.title("zh"),
        "institution": version.resource.institution.code,
    }
