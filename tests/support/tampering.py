"""Changing the hub's database behind its back, as somebody would who has its password and knows what they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text

from tests.support.engines import Database


@contextmanager
def behind_the_back(database: Database) -> Iterator[Connection]:
    """A connection without the application, for which no trigger and no foreign key holds; committed at the end.

    The triggers are there again afterwards: who knows what they do leaves no trace.
    """
    engine = create_engine(database.url)
    try:
        with engine.connect() as connection:
            guards: list[str] = []
            if engine.dialect.name == "sqlite":
                connection.execute(text("PRAGMA foreign_keys=OFF"))
                guards = _drop_triggers(connection)
            else:
                connection.execute(text("SET session_replication_role = replica"))
            yield connection
            for guard in guards:
                connection.exec_driver_sql(guard)
            connection.commit()
    finally:
        engine.dispose()


def _drop_triggers(connection: Connection) -> list[str]:
    """What makes them again."""
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _sql in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [sql for _name, sql in found]
