"""`commons-hub migrate` and `copy-database`: the tables, and another engine for them."""

from __future__ import annotations

import click

from federation import copying, operations, schema, tasks
from federation.core import create_core
from federation.settings import load_settings


@click.command()
@click.pass_context
def migrate(context: click.Context) -> None:
    """把数据库升级到当前版本，并建好存储桶。"""
    app = create_core(load_settings(context.obj))
    schema.upgrade(app)
    tasks.prepare_queue(app)
    operations.prepare_store(app)
    click.echo("数据库和存储已就绪。")


@click.command(name="copy-database")
@click.argument("from_url")
@click.pass_context
def copy(context: click.Context, from_url: str) -> None:
    """把另一个数据库（如原来的 SQLite）的全部内容复制到现在设置的数据库；先停止平台，目标先 migrate 且须为空。"""
    for copied in copying.copy_database(create_core(load_settings(context.obj)), from_url):
        click.echo(f"{copied.table}：{copied.rows}")
    click.echo("复制完毕，行数核对无误。")
