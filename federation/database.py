"""The hub's database: engine set-up, and the one place that commits."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from federation.turns import Turns
from shared import private
from shared.errors import CommonsError, DatabaseAway, DatabaseBusy, HubFull, NotMigrated

db = SQLAlchemy(session_options={"expire_on_commit": False})
reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)
"""True while a request only reads: on SQLite it then takes no write lock."""
_numbers = itertools.count(1)
_writes = deque((0,), maxlen=1)
TURN = "commons.turn"
"""Where a connection keeps whether it holds the turn to write."""
LACKING = ("42P01", "42703")
"""PostgreSQL's names for a table and a column that are not there."""
LACKING_WORDS = ("no such table", "no such column", "has no column")
"""SQLite's words for the same."""
FULL, FULL_WORDS = "53100", "is full"
"""PostgreSQL's name and SQLite's words for a disk without room."""


def init_database(app: Flask, url: str) -> None:
    """Bind the database to the application."""
    sqlite = url.startswith("sqlite")
    options: dict[str, Any] = (
        {"connect_args": {"timeout": 30}} if sqlite else {"pool_pre_ping": True, "pool_size": 10}
    )
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db.init_app(app)
    with app.app_context():
        if sqlite:
            private.begin(db.engine.url.database)
            prepare_sqlite(db.engine)


def prepare_sqlite(engine: Engine) -> None:
    """Write-ahead log, foreign keys, and transactions that take the write lock at once unless only reading.

    A transaction that began as a reader cannot always become a writer (SQLITE_BUSY at once, whatever the
    timeout); one that begins with BEGIN IMMEDIATE waits its turn. SQLite gives the lock to whoever happens to ask
    when it is free, and one that writes without a pause asks soonest: so the threads of a process queue up first.
    A turn ends when the connection goes back to the pool, however its transaction ended.
    """
    turns = Turns()

    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Connection) -> None:
        if reading_only.get():
            connection.exec_driver_sql("BEGIN")
            return
        if TURN not in connection.info:
            connection.info[TURN] = turns.take()
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def give_back(_connection: object, record: Any) -> None:
        if record.info.pop(TURN, False):
            turns.give_back()

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", give_back)


def session_is_open() -> bool:
    """Whether this request or task has asked for its session yet."""
    return bool(db.session.registry.has())


def commit() -> None:
    """Commit what this request or task did. Nobody else commits; an exception before it leaves no trace."""
    if session_is_open():
        db.session.commit()
        if not reading_only.get():
            _writes.append(next(_numbers))


def last_write() -> int:
    """A number that is another one after each transaction by which this process may have changed something."""
    return _writes[-1]


def let_others_write() -> None:
    """Commit the part of a request's work that is done, and begin anew: nothing that was read before holds any more.

    For work that may stop between its parts and be asked for again, such as records each of which stands for itself.
    """
    commit()
    db.session.remove()


@contextmanager
def unit_of_work(app: Flask, *, read_only: bool = False) -> Iterator[Session]:
    """A transaction outside a request (command, task): committed at the end, rolled back on any exception."""
    token = reading_only.set(read_only)
    try:
        with app.app_context():
            yield db.session()
            commit()
    finally:
        reading_only.reset(token)


@contextmanager
def only_reading() -> Iterator[None]:
    """Let transactions that begin within take no write lock on SQLite: they wait for nobody."""
    token = reading_only.set(True)
    try:
        yield
    finally:
        reading_only.reset(token)


@contextmanager
def own_transaction(*, read_only: bool = False) -> Iterator[Session]:
    """A short transaction beside the request's, for what must stand even when the request fails (a used nonce).

    Begin no statement on the request's own session before it: on SQLite the two would wait for each other.
    """
    token = reading_only.set(read_only)
    try:
        with Session(db.engine, expire_on_commit=False) as session, session.begin():
            yield session
    finally:
        reading_only.reset(token)


def named(error: DBAPIError) -> CommonsError | None:
    """The named error for a database that cannot be used as it is, without any SQL; None for a fault of ours."""
    if not isinstance(error, OperationalError | ProgrammingError | InterfaceError):
        return None
    said = brief(error.orig)
    if is_full(error):
        return HubFull()
    if getattr(error.orig, "sqlstate", None) in LACKING or any(words in said for words in LACKING_WORDS):
        return NotMigrated()
    if isinstance(error, ProgrammingError):
        return None
    return DatabaseBusy() if "locked" in said else DatabaseAway(cause=said)


def is_full(error: DBAPIError) -> bool:
    """Whether the database had no room on its disk: nothing of the transaction stands."""
    return getattr(error.orig, "sqlstate", None) == FULL or FULL_WORDS in brief(error.orig)


def brief(error: BaseException | None) -> str:
    """The first line of what a driver says."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
