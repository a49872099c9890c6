"""The node's database: opened and brought up to date in one step; the one place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from shared import private

MIGRATIONS = Path(__file__).with_name("migrations")
HEAD = "0008"
"""The newest migration (a test compares it with the folder), so that an up-to-date node need not look."""


class Database:
    """One node's SQLite file.

    Without `kept_open` it is opened for each transaction and let go of after it: the page is looked at now and then,
    and between that it shall hold neither the file nor memory for its contents.
    """

    def __init__(self, path: Path, *, kept_open: bool = True) -> None:
        private.begin(path)
        self.engine = _engine(path, kept_open=kept_open)
        if self._standing() != HEAD:
            self._upgrade()

    def _standing(self) -> str | None:
        """The migration that the file is at; None for a new one."""
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return str(connection.scalar(text("SELECT version_num FROM alembic_version")))

    def _upgrade(self) -> None:
        # Alembic takes a fifth of a second to load, and nearly every start finds nothing to do.
        from alembic import command  # noqa: PLC0415  # see above
        from alembic.config import Config  # noqa: PLC0415  # see above

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def unit_of_work(self, *, read_only: bool = False) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back on any exception."""
        options = {"begin": "BEGIN" if read_only else "BEGIN IMMEDIATE"}
        with Session(self.engine.execution_options(**options), expire_on_commit=False) as session:
            yield session
            session.commit()

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()


def _engine(path: Path, *, kept_open: bool) -> Engine:
    options = {"timeout": 30, "check_same_thread": False}
    pool = None if kept_open else NullPool
    engine = create_engine(f"sqlite:///{path}", connect_args=options, poolclass=pool)

    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        # A writer takes its lock at once and waits its turn; a reader that turned writer could not.
        connection.exec_driver_sql(str(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE")))

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)
    return engine


def integrity(session: Session) -> bool:
    """Whether SQLite finds its file sound."""
    return bool(session.scalar(text("PRAGMA quick_check")) == "ok")
