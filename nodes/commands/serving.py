"""`commons-node serve` and `open`, the command when none is given: the local page, and a browser that shows it."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser

import click

from nodes.commands.opening import unlocked
from nodes.console import NO_BROWSER, say
from nodes.memory import lightly
from nodes.settings import NodeSettings
from nodes.texts import _

with lightly():
    from nodes import served
    from nodes.server import run


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="端口。")
@click.pass_context
def serve(context: click.Context, port: int | None) -> None:
    """在本机浏览器中使用节点。"""
    settings = unlocked(context.obj)
    run(settings, port=port or settings.port)


@click.command(name="open")
@click.pass_context
def open_(context: click.Context) -> None:
    """运行本机网页，并在浏览器里打开它；已经在运行的，只打开。第一次用时自动建立数据目录和密钥。"""
    settings: NodeSettings = context.obj
    browser = not context.meta[NO_BROWSER] and _has_screen()
    address = served.find(settings.folder)
    if address is not None:
        say(_("本机网页已经在运行：") + address)
        if browser:
            webbrowser.open(address)
        return
    settings = unlocked(settings)
    run(settings, port=settings.port, ready=_open_beside if browser else None)


def _open_beside(address: str) -> None:
    """Open the page while it begins to answer: some browsers return only when they are closed."""
    threading.Thread(target=webbrowser.open, args=(address,), name="browser", daemon=True).start()


def _has_screen() -> bool:
    """Whether there is somewhere to show a window: without, Python would open a browser within the terminal."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
