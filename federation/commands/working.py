"""`commons-hub worker`: the background process."""

from __future__ import annotations

import click

from federation import worker
from federation.core import create_core
from federation.settings import load_settings


@click.command(name="worker")
@click.pass_context
def run_worker(context: click.Context) -> None:
    """只启动后台任务。"""
    worker.run(create_core(load_settings(context.obj)))
