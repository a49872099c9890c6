"""The real commands as real processes: a hub with its web server, worker and store; nodes on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
from sqlalchemy.orm import Session

from federation import auditlog, enrolment, people
from federation.core import create_core
from federation.database import db, unit_of_work
from federation.settings import load_settings
from federation.tasks import queue
from nodes import joining
from nodes.hub_client import HubClient
from nodes.settings import NodeSettings
from nodes.workplace import initialise
from tests.support import forked
from tests.support.daemons import free_ports
from tests.support.engines import POSTGRESQL, Database, engine, new_database
from tests.support.hub import Hub
from tests.support.stores import ACCESS_KEY, SECRET_KEY, running_store

PASSWORD = "a-long-test-password-1"


def surroundings() -> dict[str, str]:
    """The environment without what is said to the tests alone: a hub does not start with a setting unknown to it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COMMONS_TEST_")}


@dataclass
class Command:
    """A command line program with its environment; `run` gives what it said and how it ended.

    Within the tests it is forked from the loaded program (see `forked`) unless it is to be `started`.
    """

    module: str
    environ: dict[str, str]
    options: tuple[str, ...] = ()
    python: str = sys.executable
    started: bool = False
    folder: Path | None = None
    """Where it is called, if not in the test's own folder."""

    def run(
        self, *words: str, check: int | None = 0, timeout: float = 120, merged: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; `check` is the exit code that is expected (None: any).

        What is said on both streams can be `merged` into one, as a terminal shows it.
        """
        words = (*self.options, *words)
        environ = {**surroundings(), "COMMONS_LANGUAGE": "zh", **self.environ}
        started = self.started or self.python != sys.executable
        options: dict[str, Any] = {"timeout": timeout, "cwd": self.folder}
        done = None if started else forked.run(self.module, words, environ, merged=merged, **options)
        if done is None:
            done = subprocess.run(
                [self.python, "-m", self.module, *words],
                env=environ if self.folder is None else {"PYTHONPATH": os.getcwd(), **environ},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                text=True,
                check=False,
                **options,
            )
        if check is not None and done.returncode != check:
            raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *words: str, check: int | None = 0) -> Any:
        """Run with --json and read the document."""
        return json.loads(self.run(*words, "--json", check=check).stdout)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start without waiting."""
        return subprocess.Popen(
            [self.python, "-m", self.module, *self.options, *words],
            env={**surroundings(), "COMMONS_LANGUAGE": "zh", **self.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def commands_of(hub: Hub) -> Command:
    """The program in the place of a hub of the test's process."""
    names = ("database_url", "queue_url", "var", "public_origin")
    names += tuple(f"store_{name}" for name in ("endpoint", "access_key", "secret_key", "incoming_bucket"))
    names += ("store_public_bucket",)
    return Command("federation", {f"COMMONS_{name.upper()}": str(getattr(hub.settings, name)) for name in names})


@dataclass
class HubProcess:
    """A running `commons-hub up`."""

    var: Path
    port: int
    command: Command
    database: Database
    process: subprocess.Popen[str] | None = None
    log: Path = field(default_factory=Path)

    @property
    def origin(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **options: Any) -> requests.Response:
        """A public request."""
        return requests.get(self.origin + path, timeout=30, **options)

    @contextmanager
    def services(self) -> Iterator[Session]:
        """The hub's own services beside its processes: what a test only needs to be there costs no command."""
        app = create_core(load_settings(environ=self.command.environ))
        try:
            with unit_of_work(app) as session:
                yield session
        finally:
            queue(app).huey.storage.close()
            with app.app_context():
                db.engine.dispose()

    def institution(self, code: str) -> str:
        """Register an institution; its invitation."""
        names = {"kind": "institute", "name_zh": f"{code}院", "name_en": code}
        with self.services() as session:
            made = enrolment.create_institution(session, code=code, actor=auditlog.OPERATOR, **names)
            return enrolment.invite(session, made, days=1, actor=auditlog.OPERATOR)

    def reviewer(self, name: str) -> None:
        """Add a reviewer."""
        person = {"display_name": name, "password": PASSWORD, "role": people.REVIEWER}
        with self.services() as session:
            people.create_user(session, name=name, institution=None, actor=auditlog.OPERATOR, **person)

    def node(self, folder: Path, code: str) -> Command:
        """A node that has joined as institution `code`."""
        workplace = initialise(NodeSettings(data=str(folder)))
        client = HubClient(self.origin, workplace.key, workplace.settings)
        joining.join(workplace, client, token=self.institution(code), node_name=code)
        client.session.close()
        workplace.database.close()
        return Command("nodes", {"COMMONS_NODE_DATA": str(folder)})

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "federation", "up"],
                env={**surroundings(), **self.command.environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            # Whose port it is takes long to find out: it is asked when somebody answers, and then the answer counts.
            if self._ready() and self._listens() and self._ready():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8")[-4000:])

    def _ready(self) -> bool:
        try:
            return self.get("/readyz").status_code == 200
        except requests.RequestException:
            return False

    def _listens(self) -> bool:
        """Whether it is this start that has the port: what a killed one left behind answers for a moment longer."""
        assert self.process is not None
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
            sockets = [socket for member in family for socket in member.net_connections("tcp")]
        except psutil.NoSuchProcess:
            return False
        return any(socket.status == psutil.CONN_LISTEN and socket.laddr.port == self.port for socket in sockets)

    def stop(self) -> None:
        """Stop it in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)


@contextmanager
def running_hub_process(var: Path, **environ: str) -> Iterator[HubProcess]:
    """A hub with everything it needs, stopped at the end."""
    port = free_ports(2)
    # A worker that tries its LibreOffice takes a good part of a second; what it is for has tests of its own.
    quiet = {"COMMONS_LOG_LEVEL": "WARNING", "COMMONS_OFFICE": "", "COMMONS_LINK_DAYS": "0"}
    settings = {"COMMONS_VAR": str(var), "COMMONS_PORT": str(port), **quiet, **environ}
    with new_database(var, migrated=False) as database:
        if engine() == POSTGRESQL:
            settings = {**abroad(var, port, database), **settings}
        hub = HubProcess(var, port, Command("federation", settings), database, log=var.with_suffix(".log"))
        try:
            hub.start()
            yield hub
        finally:
            hub.stop()


def abroad(var: Path, port: int, database: Database) -> dict[str, str]:
    """The settings of a hub whose database and store are elsewhere: nothing but configuration differs."""
    with running_store(var) as store:
        kept = store.settings()
    return {
        "COMMONS_MODE": "distributed",
        "COMMONS_PUBLIC_ORIGIN": f"http://127.0.0.1:{port}",
        "COMMONS_DATABASE_URL": database.url,
        "COMMONS_QUEUE_URL": database.queue_url,
        "COMMONS_SECRET_KEY": "for-tests-only-0123456789-0123456789",
        "COMMONS_AUDIT_KEY": "for-tests-only-9876543210-9876543210",
        "COMMONS_STORE_ENDPOINT": kept.endpoint,
        "COMMONS_STORE_ACCESS_KEY": ACCESS_KEY,
        "COMMONS_STORE_SECRET_KEY": SECRET_KEY,
        "COMMONS_STORE_INCOMING_BUCKET": kept.incoming_bucket,
        "COMMONS_STORE_PUBLIC_BUCKET": kept.public_bucket,
    }


def eventually(check: Any, *, seconds: float = 20.0) -> Any:
    """The first true answer of `check`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {found!r}")
        time.sleep(0.1)
