"""Changing the hub's database behind its back, as somebody would who has its password and knows what they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text

from tests.support.engines import Database

APPEND_ONLY = ("audit_events", "audit_leaves", "audit_hashes", "audit_checkpoints", "audit_cosignatures")


@contextmanager
def behind_the_back(database: Database) -> Iterator[Connection]:
    """A connection without the application, for which no trigger and no foreign key holds; committed at the end."""
    engine = create_engine(database.url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.execute(text("PRAGMA foreign_keys=OFF"))
                for table in APPEND_ONLY:
                    for verb in ("UPDATE", "DELETE"):
                        connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
            else:
                connection.execute(text("SET session_replication_role = replica"))
            yield connection
            connection.commit()
    finally:
        engine.dispose()
