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
from tests.support.ceph import Ceph, running_ceph
from tests.support.postgres import Postgres, running_postgres
from tests.support.stores import ACCESS_KEY, SECRET_KEY, shared_ceph

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ENGINES = (SQLITE, POSTGRESQL)
CHOICE, SERVER = "COMMONS_TEST_ENGINE", "COMMONS_TEST_POSTGRESQL_PORT"
TEMPLATE = "commons_template"


def engine() -> str:
    """The engine that was chosen. Raises `ValueError` for one that there is not."""
    chosen = os.environ.get(CHOICE) or SQLITE
    if chosen not in ENGINES:
        raise ValueError(f"{CHOICE} is one of {', '.join(ENGINES)}, not {chosen}")
    return chosen


@contextmanager
def running_engines() -> Iterator[None]:
    """The servers of the chosen engine, for this process and those that it starts."""
    if engine() == SQLITE or SERVER in os.environ:
        yield
        return
    with ExitStack() as stack:
        # Not below pytest's folders, which are closed to the account that PostgreSQL runs under.
        folder = Path(tempfile.mkdtemp(prefix="commons-engines-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)
        for name in ("ceph", "postgresql"):
            (folder / name).mkdir()
        ceph = stack.enter_context(running_ceph(folder / "ceph", access_key=ACCESS_KEY, secret_key=SECRET_KEY))
        postgres = stack.enter_context(running_postgres(folder / "postgresql"))
        _make_template(postgres)
        stack.enter_context(_announced(ceph, postgres))
        yield


@contextmanager
def _announced(ceph: Ceph, postgres: Postgres) -> Iterator[None]:
    said = {SERVER: str(postgres.port), **shared_ceph(ceph)}
    os.environ.update(said)
    try:
        yield
    finally:
        for name in said:
            del os.environ[name]


def _make_template(postgres: Postgres) -> None:
    """A database that has all tables: copying it takes a tenth of the time of making them."""
    postgres.create(TEMPLATE)
    app = Flask("template")
    init_database(app, postgres.url(TEMPLATE))
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

    On PostgreSQL it has all tables, unless it is not to be `migrated`; on SQLite it is an empty file in `folder`.
    """
    made = Database(folder / "hub.sqlite", f"hub_{uuid.uuid4().hex}")
    if engine() == SQLITE:
        yield made
        return
    _server().create(made.name, TEMPLATE if migrated else "template0")
    try:
        yield made
    finally:
        _server().drop(made.name)


def _server() -> Postgres:
    return Postgres(int(os.environ[SERVER]))
