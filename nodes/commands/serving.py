"""`commons-node serve`: the local page."""

from __future__ import annotations

import click

from nodes.commands.opening import unlocked
from nodes.server import run
from nodes.workplace import initialise


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="端口。")
@click.pass_context
def serve(context: click.Context, port: int | None) -> None:
    """在本机浏览器中使用节点。"""
    settings = unlocked(context.obj)
    initialise(settings)
    run(settings, port=port or settings.port)
