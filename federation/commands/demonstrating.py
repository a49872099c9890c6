"""`commons-hub demo`: the hub with three institutions' nodes."""

from __future__ import annotations

import os

import click

from federation import demo
from federation.settings import load_settings


@click.command(name="demo")
@click.pass_context
def run_demo(context: click.Context) -> None:
    """启动平台和三个示范单位的节点，载入示范资源（make run）。"""
    # Said to the processes that it starts too; who sets it otherwise is heeded.
    os.environ.setdefault(demo.SECOND_FACTOR, "false")
    demo.run(load_settings(context.obj))
