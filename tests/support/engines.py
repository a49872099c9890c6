"""Which database and object store the tests run on: COMMONS_TEST_ENGINE is `sqlite` (with rclone) or `postgresql`
(with Ceph).

The servers of the latter are started once for a test run, by whoever starts it; pytest-xdist's workers find their
addresses in the environment. Each hub has a database and buckets of its own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from federation import schema
from federation.database import db, init_database
from tests.support.ceph import running_ceph
from tests.support.postgres import Postgres, running_postgres
from tests.support.stores import ACCESS_KEY, SECRET_KEY, shared_ceph

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ENGINES = (SQLITE, POSTGRESQL)
CHOICE, SERVER = "COMMONS_TEST_ENGINE", "COMMONS_TEST_POSTGRESQL_PORT"
TABLES = "COMMONS_TEST_TABLES"
"""Where the SQLite file with all tables and no rows is."""
TEMPLATE = "commons_template"


def engine() -> str:
    """The engine that was chosen. Raises `ValueError` for one that there is not."""
    chosen = os.environ.get(CHOICE) or SQLITE
    if chosen not in ENGINES:
        raise ValueError(f"{CHOICE} is one of {', '.join(ENGINES)}, not {chosen}")
    return chosen


@contextmanager
def running_engines() -> Iterator[None]:
    """The servers of the chosen engine, for this process and those that it starts, and a database to copy."""
    if {SERVER, TABLES} & os.environ.keys():
        yield
        return
    with ExitStack() as stack:
        # Not below pytest's folders, which are closed to the account that PostgreSQL runs under.
        folder = Path(tempfile.mkdtemp(prefix="commons-engines-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        if engine() == SQLITE:
            _make_tables(f"sqlite:///{folder / 'tables.sqlite'}")
            stack.enter_context(_announced({TABLES: str(folder / "tables.sqlite")}))
        else:
            stack.enter_context(_announced(stack.enter_context(_servers(folder))))
        yield


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, str]]:
    """PostgreSQL and Ceph, and what the tests must know of them."""
    for name in ("ceph", "postgresql"):
        (folder / name).mkdir()
    with (
        running_ceph(folder / "ceph", access_key=ACCESS_KEY, secret_key=SECRET_KEY) as ceph,
        running_postgres(folder / "postgresql") as postgres,
    ):
        postgres.create(TEMPLATE)
        _make_tables(postgres.url(TEMPLATE))
        yield {SERVER: str(postgres.port), **shared_ceph(ceph)}


@contextmanager
def own_postgres() -> Iterator[None]:
    """A PostgreSQL that the block has to itself, in the place of the one that all share: it may be killed."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="commons-postgres-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        postgres = stack.enter_context(running_postgres(folder))
        postgres.create(TEMPLATE)
        _make_tables(postgres.url(TEMPLATE))
        shared = os.environ[SERVER]
        stack.callback(os.environ.__setitem__, SERVER, shared)
        os.environ[SERVER] = str(postgres.port)
        yield


@contextmanager
def _announced(said: dict[str, str]) -> Iterator[None]:
    os.environ.update(said)
    try:
        yield
    finally:
        for name in said:
            del os.environ[name]


def _make_tables(url: str) -> None:
    """A database that has all tables: copying it takes a tenth of the time of making them."""
    app = Flask("template")
    init_database(app, url)
    schema.upgrade(app)
    with app.app_context():
        db.engine.dispose()


@dataclass(frozen=True)
class Database:
    """A hub's database on the chosen engine; `name` is that of the PostgreSQL database, `file` that of SQLite."""

    file: Path
    name: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"sqlite:///{self.file}" if engine() == SQLITE else _server().url(self.name)

    @property
    def queue_url(self) -> str:
        """The address of the task queue beside it."""
        return f"sqlite:///{self.file.with_name('queue.sqlite')}" if engine() == SQLITE else self.url

    def back_up(self, target: Path) -> None:
        """Keep a consistent copy, while the hub runs."""
        if engine() == POSTGRESQL:
            _server().dump(self.name, target)
            return
        with sqlite3.connect(self.file) as live, sqlite3.connect(target) as copy:
            live.backup(copy)
        live.close()
        copy.close()

    def put_back(self, source: Path) -> None:
        """Restore a copy; the hub must be stopped."""
        if engine() == POSTGRESQL:
            _server().restore(self.name, source)
            return
        for ending in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + ending).unlink(missing_ok=True)
        shutil.copy(source, self.file)

    def content(self) -> bytes:
        """All that stands in it, as bytes to search for what must not be there."""
        if engine() == SQLITE:
            return b"".join(path.read_bytes() for path in self.file.parent.glob(f"{self.file.name}*"))
        with tempfile.TemporaryDirectory() as folder:
            _server().dump(self.name, Path(folder) / "dump", form="plain")
            return (Path(folder) / "dump").read_bytes()


@contextmanager
def new_database(folder: Path, *, migrated: bool = True) -> Iterator[Database]:
    """A database for one hub, removed at the end.

    It has all tables unless it is not to be `migrated`; on SQLite it is a file in `folder`.
    """
    made = Database(folder / "hub.sqlite", f"hub_{uuid.uuid4().hex}")
    if engine() == SQLITE:
        if migrated:
            shutil.copy(os.environ[TABLES], made.file)
        yield made
        return
    _server().create(made.name, TEMPLATE if migrated else "template0")
    try:
        yield made
    finally:
        _server().drop(made.name)


def _server() -> Postgres:
    return Postgres(int(os.environ[SERVER]))
