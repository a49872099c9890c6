"""The database of a backup: one SQLite file in one form, whichever engine the hub runs on.

So a backup of SQLite can be restored into PostgreSQL and the other way round, anybody can look into it, and no
program of the database's is needed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, NullPool, create_engine, delete, event, func, select
from sqlalchemy.exc import DBAPIError

from federation import copying, schema
from federation.database import brief, db, init_database, only_reading
from federation.models.registry import metadata
from federation.models.usage import UsageSalt
from shared.errors import BackupDamaged, FileUnwritable, NotMigrated
from shared.wording import Words

Begin = Callable[[str, int], Callable[[int], object]]
"""Starts a bar with a name and a total; gives what is told of each step."""
_FULL = Words("the disk is full", "磁盘已满")


def write(app: Flask, target: Path, begin: Begin) -> dict[str, int]:
    """Write all rows of the hub's database, as of one moment, into a new file; how many there are of each table.

    The hub goes on meanwhile: nothing here makes a writer wait. Raises `NotMigrated` or `FileUnwritable`.
    """
    if not schema.is_current(app):
        raise NotMigrated()
    try:
        with one_moment(app) as here:
            if here.dialect.name == "sqlite":
                # SQLite's own copy has the same form and takes a fifteenth of the time.
                _vacuum(Path(here.engine.url.database or ""), target)
            else:
                migrate(target)
                with _engine(target) as engine, engine.begin() as there:
                    copying.copy_rows(here, there, tell=begin("复制数据库", copying.count_rows(here)))
    except (DBAPIError, sqlite3.Error) as error:
        if "is full" not in brief(error.orig if isinstance(error, DBAPIError) else error):
            raise
        raise FileUnwritable(name=target, cause=_FULL) from error
    _leave_out(target)
    with reading(target) as written:
        return {
            table.name: written.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }


def _leave_out(target: Path) -> None:
    """Take the day's salt out of the copy, so that nobody can tell from a backup who the visitors were."""
    with closing(sqlite3.connect(target)) as copy, copy:
        copy.execute("PRAGMA secure_delete=ON")
        copy.execute(str(delete(UsageSalt)))


@contextmanager
def one_moment(app: Flask) -> Iterator[Connection]:
    """A connection to the hub's database that sees one moment only, and for which no writer waits."""
    with only_reading(), app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


@contextmanager
def reading(file: Path) -> Iterator[Connection]:
    """A connection that reads a backup's database and leaves its folder as it is; the medium may be read-only."""
    with _engine(file, "?mode=ro&immutable=1") as engine, engine.connect() as connection:
        yield connection


def migrate(file: Path) -> None:
    """Bring a copy of a backup's database, or a new file, to this version's tables."""
    app = Flask("backup")
    init_database(app, f"sqlite:///{file}")
    schema.upgrade(app)
    with app.app_context():
        db.engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        # One plain file, without a log beside it.
        connection.execute("PRAGMA journal_mode=DELETE")


def check(file: Path, *, migration: str, tables: Mapping[str, int]) -> None:
    """Read all of a backup's database and compare it with what its manifest says. Raises `BackupDamaged`."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            wrong = list(_faults(connection, migration, tables))
    except sqlite3.Error as error:
        wrong = [brief(error)]
    if wrong:
        raise BackupDamaged(folder=file.parent, name=file.name, cause=wrong[0])


def stored_objects(file: Path) -> Iterator[tuple[str, int]]:
    """Digest and size of every stored object in a backup's database, by digest, whatever version wrote it."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        yield from connection.execute("SELECT sha256, size FROM stored_objects ORDER BY sha256")


def _faults(connection: sqlite3.Connection, migration: str, tables: Mapping[str, int]) -> Iterator[str]:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        yield found[0]
        return
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        yield Words("rows refer to rows that are not there", "有的行指向不存在的行")
    if connection.execute("SELECT version_num FROM alembic_version").fetchall() != [(migration,)]:
        yield Words("it is of another migration", "迁移编号不符")
    standing = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, rows in tables.items():
        counted = table in standing and connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608  # a table that stands in the file
        if counted is False or counted != rows:
            yield Words(f"{table} does not have {rows} rows", f"{table} 不是 {rows} 行")


def _vacuum(source: Path, target: Path) -> None:
    """Copy an SQLite database as of one moment."""
    with closing(sqlite3.connect(source, timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


@contextmanager
def _engine(file: Path, query: str = "") -> Iterator[Engine]:
    """An engine on one file that nobody else uses; what it writes is brought to the disk when all of it stands."""
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(file.as_uri() + query, uri=True), poolclass=NullPool
    )

    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("synchronous=OFF",) if query else ("journal_mode=OFF", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        yield engine
    finally:
        engine.dispose()
