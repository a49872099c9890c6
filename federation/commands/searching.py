"""`commons-hub reindex`: the search index made anew."""

from __future__ import annotations

import click

from federation import search_follower
from federation.core import create_core
from federation.settings import load_settings


@click.command()
@click.pass_context
def reindex(context: click.Context) -> None:
    """按发布记录重建检索索引；后台任务正在运行，就由它来做，这里等到做完。"""
    count = search_follower.reindex(create_core(load_settings(context.obj)), tell=_tell_progress)
    click.echo(f"已重建索引：{count} 条。")


def _tell_progress(position: int, end: int) -> None:
    click.echo(f"重建索引：{position} / {end}", err=True)
