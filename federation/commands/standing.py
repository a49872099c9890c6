"""`commons-hub status`: how the hub is."""

from __future__ import annotations

import sys

import click

from federation import operations, standing
from federation.core import create_core
from federation.settings import load_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """平台各部分是否正常，各状态的资源数；不正常时退出码为 1。

    --json 与其他命令一样输出一个列表，其中只有一项。
    """
    app = create_core(load_settings(context.obj))
    found = standing.status(app)
    operations.show([found], as_json=as_json)
    sys.exit(0 if found["ready"] else 1)
