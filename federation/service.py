"""`commons-hub up`: the whole hub on one machine, kept running by one supervisor."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import click
import requests

from federation import operations, schema, tasks
from federation.core import create_core
from federation.embedded_store import EmbeddedStore
from federation.processes import Supervisor
from federation.settings import PREFIX, HubSettings
from shared.supervised import die_with_parent

READY_WITHIN = 60.0
LEAN = {"MALLOC_ARENA_MAX": "2"}
"""glibc otherwise keeps an arena of freed memory for each thread."""


def pass_on_config(config: Path) -> None:
    """Let child processes read the same configuration file."""
    os.environ[PREFIX + "CONFIG"] = str(config.resolve())


def up(settings: HubSettings, *, config: Path | None = None) -> None:
    """Start everything, say where it is, and keep it running until Ctrl-C."""
    with running(settings, config=config) as supervisor:
        click.echo(f"计量资源云已启动：{settings.origin}（Ctrl-C 停止）")
        supervisor.run()
        click.echo("正在停止 …")


def become_web(settings: HubSettings) -> NoReturn:
    """Replace this process by the web server, so that its master holds nothing but itself."""
    die_with_parent()
    command = [sys.executable, "-m", "granian", "federation.wsgi:app", "--interface", "wsgi"]
    command += ["--host", settings.host, "--port", str(settings.port), "--log-level", "warning"]
    command += ["--workers", str(settings.web_processes), "--blocking-threads", str(settings.web_threads)]
    os.execve(sys.executable, [*command, "--respawn-failed-workers"], os.environ)  # noqa: S606  # no shell is meant


@contextmanager
def running(settings: HubSettings, *, config: Path | None = None) -> Iterator[Supervisor]:
    """The hub's processes, ready to serve; everything that was started is stopped at the end."""
    if config is not None:
        pass_on_config(config)
    store = embedded_store(settings)
    supervisor = Supervisor()
    supervisor.catch_signals()
    try:
        if store is not None:
            store.start()
        app = create_core(settings)
        schema.upgrade(app)
        tasks.prepare_queue(app)
        operations.prepare_store(app)
        supervisor.add("web", [sys.executable, "-m", "federation", "web"], LEAN)
        supervisor.add("worker", [sys.executable, "-m", "federation.worker"], LEAN)
        wait_until(lambda: answers(settings.origin_inside + "/readyz"), supervisor)
        yield supervisor
    finally:
        supervisor.stop()
        if store is not None:
            store.stop()


def embedded_store(settings: HubSettings) -> EmbeddedStore | None:
    """The store to start beside the hub, or None when another one is configured."""
    if not settings.embedded or settings.store_endpoint != settings.own_store_endpoint:
        return None
    port = urlsplit(settings.store_endpoint).port
    if port is None:
        return None
    return EmbeddedStore(
        settings.var / "store",
        port,
        settings.store_access_key,
        settings.store_secret_key,
        allow_origin=settings.origin,
    )


def wait_until(ready: Callable[[], bool], supervisor: Supervisor, *, seconds: float = READY_WITHIN) -> None:
    """Wait for `ready`, keeping the children alive. Raises `click.ClickException` when it takes too long."""
    deadline = time.monotonic() + seconds
    while not supervisor.stopping.is_set() and not ready():
        supervisor.revive()
        if time.monotonic() > deadline:
            raise click.ClickException(f"{seconds:g} 秒内未能就绪，请查看上面的日志。")
        supervisor.stopping.wait(0.2)


def answers(url: str) -> bool:
    """Whether `url` answers 200 within two seconds."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=2).status_code == 200
        except requests.RequestException:
            return False
