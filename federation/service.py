"""`commons-hub up`: the whole hub on one machine, kept running by one supervisor."""

from __future__ import annotations

import os
import resource
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
import requests

from federation import folder, listening, operations, schema, server_logs, tasks
from federation.core import create_core
from federation.embedded_store import EmbeddedStore, StoreStartFailed
from federation.processes import Child, Supervisor
from federation.settings import PREFIX, HubSettings
from federation.waiting import PLACES
from shared.errors import InvalidSettings, StoreNotStarted
from shared.supervised import INSTANCE, INSTANCE_HEADER, SUPERVISED, die_with_parent

READY_WITHIN = 60.0
LET_GO_WITHIN = 10.0
"""Seconds in which what a killed hub had started ends and lets go of its ports."""
FINISH_REQUESTS_WITHIN = "3"
"""Seconds that requests under way have when the web server stops."""
CONNECTIONS = 4096
"""How many may be open in one web process, most of them idle: a browser keeps up to six for half a minute, and each
costs some 25 KiB."""
OTHER_FILES = 256
"""What a web process has open besides."""
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
    command += ["--host", settings.host, "--port", str(settings.port)]
    command += ["--log-level", "warning", "--log-config", str(server_logs.CONFIG)]
    # Those whose bodies are awaited (federation/waiting.py) keep no thread from the others.
    threads = settings.web_threads + PLACES
    command += ["--workers", str(settings.web_processes), "--blocking-threads", str(threads)]
    # Granian accepts 1,024 and lets whoever comes then wait until one of them has been idle for half a minute.
    command += ["--backpressure", str(connections_allowed())]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", FINISH_REQUESTS_WITHIN]
    environ = {**os.environ, server_logs.FORMAT: settings.log_format}
    if SUPERVISED in environ:
        # The server's own workers are children of this process, whose number stays the same.
        environ[SUPERVISED] = str(os.getpid())
    os.execve(sys.executable, command, environ)  # noqa: S606  # no shell is meant


def connections_allowed() -> int:
    """How many connections a process may hold, after the system's soft limit of files was raised for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(files - OTHER_FILES, OTHER_FILES)


class StoreChild(Child):
    """The store that comes with the hub, started already: a killed one forgets no more than unfinished uploads."""

    def __init__(self, store: EmbeddedStore) -> None:
        super().__init__("store", (), last=True, process=store.process, started=time.monotonic())
        self.store = store

    def launch(self) -> subprocess.Popen[bytes]:
        """Begin the store again."""
        return self.store.launch()

    def ask(self) -> None:
        """End it through its guard, which alone knows the store."""
        self.store.ask()


@contextmanager
def running(
    settings: HubSettings, *, config: Path | None = None, further: Iterable[listening.Address] = ()
) -> Iterator[Supervisor]:
    """The hub's processes, ready to serve; everything that was started is stopped at the end.

    `further` are addresses that the caller will need too. Raises `InvalidSettings`, `DataFolderInUse`,
    `HubPortTaken` or `AddressUnusable` before anything is started, then `StoreNotStarted` or `click.ClickException`.
    """
    if config is not None:
        pass_on_config(config)
    try:
        # With a database and a store elsewhere, nothing else has made it yet.
        folder.make(settings.var)
    except OSError as error:
        raise InvalidSettings(faults=f"- var: 数据目录 {settings.var} 不能使用：{error}") from error
    with folder.held(settings.var) as killed:
        listening.require_free([*addresses(settings), *further], patience=LET_GO_WITHIN if killed else 0.0)
        folder.note_port(settings.var, settings.port)
        supervisor = Supervisor()
        supervisor.catch_signals()
        try:
            _start(settings, supervisor)
            yield supervisor
        finally:
            supervisor.stop()


def addresses(settings: HubSettings) -> list[listening.Address]:
    """Where the hub's own processes listen."""
    found = [(settings.host, settings.port)]
    if settings.uses_own_store:
        found.append(("127.0.0.1", settings.port + 1))
    return found


def _start(settings: HubSettings, supervisor: Supervisor) -> None:
    """Start the store, bring the database up to date, start web and worker, and wait until they serve."""
    store = embedded_store(settings)
    if store is not None:
        start_store(store)
        supervisor.keep(StoreChild(store))
    app = create_core(settings)
    schema.upgrade(app)
    tasks.prepare_queue(app)
    operations.prepare_store(app)
    instance = secrets.token_hex(8)
    supervisor.add("web", [sys.executable, "-m", "federation", "web"], {**LEAN, INSTANCE: instance})
    supervisor.add("worker", [sys.executable, "-m", "federation.worker"], LEAN)
    wait_until(lambda: answers(settings.origin_inside + "/readyz", instance), supervisor)


def embedded_store(settings: HubSettings) -> EmbeddedStore | None:
    """The store to start beside the hub, or None when another one is configured."""
    if not settings.uses_own_store:
        return None
    return EmbeddedStore(
        settings.own_store_folder,
        settings.port + 1,
        settings.store_access_key,
        settings.store_secret_key,
        allow_origin=settings.origin,
    )


def start_store(store: EmbeddedStore) -> None:
    """Start the store that comes with the hub. Raises `StoreNotStarted`."""
    try:
        store.start()
    except StoreStartFailed as error:
        raise StoreNotStarted(cause=error.cause) from error


@contextmanager
def own_store(settings: HubSettings) -> Iterator[None]:
    """The store that comes with the hub, for a command that needs it while the hub is stopped; others are left be.

    The caller holds the data folder. Raises `HubPortTaken`, `AddressUnusable` or `StoreNotStarted`.
    """
    store = embedded_store(settings)
    if store is None:
        yield
        return
    listening.require_free([("127.0.0.1", settings.port + 1)], patience=LET_GO_WITHIN)
    start_store(store)
    try:
        yield
    finally:
        store.stop()


def wait_until(ready: Callable[[], bool], supervisor: Supervisor, *, seconds: float = READY_WITHIN) -> None:
    """Wait for `ready`, keeping the children alive. Raises `click.ClickException` when it takes too long."""
    deadline = time.monotonic() + seconds
    while not supervisor.stopping.is_set() and not ready():
        supervisor.revive()
        if time.monotonic() > deadline:
            raise click.ClickException(f"{seconds:g} 秒内未能就绪，请查看上面的日志。")
        supervisor.stopping.wait(0.2)


def answers(url: str, instance: str) -> bool:
    """Whether the web process that was given the word `instance` answers 200 at `url` within two seconds."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(url, timeout=2)
        except requests.RequestException:
            return False
    return answer.status_code == 200 and answer.headers.get(INSTANCE_HEADER) == instance
