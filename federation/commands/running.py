"""`commons-hub up` and `web`: the hub's processes."""

from __future__ import annotations

import click

from federation import service
from federation.settings import load_settings


@click.command()
@click.pass_context
def up(context: click.Context) -> None:
    """启动全部：数据库升级、存储、网站和后台任务，直到 Ctrl-C。"""
    service.up(load_settings(context.obj), config=context.obj)


@click.command()
@click.pass_context
def web(context: click.Context) -> None:
    """只启动网站。"""
    if context.obj is not None:
        service.pass_on_config(context.obj)
    service.become_web(load_settings(context.obj))
