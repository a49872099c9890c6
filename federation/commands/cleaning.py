"""`commons-hub clean-data`: an end to a hub that was only tried."""

from __future__ import annotations

import click

from federation import folder
from federation.settings import read_settings


@click.command(name="clean-data")
@click.confirmation_option("--yes", prompt="数据目录里的一切都将删除，不能恢复。继续吗？", help="不再询问。")
@click.pass_context
def clean_data(context: click.Context) -> None:
    """删除平台自己建立的数据目录（make clean-data）；平台运行时不删。"""
    place = read_settings(context.obj).var
    if not place.exists():
        click.echo(f"{place} 不存在，无须清除。")
        return
    folder.remove(place)
    click.echo(f"已清除 {place}。")
