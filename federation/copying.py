"""Moving a hub's database to another engine: every row of every table, in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Connection, Engine, Integer, Table, create_engine, delete, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from federation.database import db, prepare_sqlite
from federation.models.events import Counter
from federation.models.registry import metadata

AT_ONCE = 2000
"""Rows that are in memory together."""


@dataclass(frozen=True)
class Copied:
    """How many rows of a table were copied."""

    table: str
    rows: int


def copy_database(app: Flask, source_url: str) -> list[Copied]:
    """Copy all rows of the database at `source_url` into the application's, which has its tables and no rows.

    The source is read as it stands at one moment and keeps all it has; stop the hub first, else what it writes
    afterwards stays behind. Raises `click.ClickException` for a source that cannot be read or has other tables, for
    a target that is not empty, and when the counts differ at the end; then the target is as it was.
    """
    source = _open(source_url)
    try:
        with app.app_context(), source.connect() as here, db.engine.begin() as there:
            _check(here, there)
            return copy_rows(here, there)
    finally:
        source.dispose()


def copy_rows(
    here: Connection, there: Connection, *, tell: Callable[[int], object] = lambda _rows: None
) -> list[Copied]:
    """Copy all rows into a database that has this version's tables and nothing in them, in the caller's transactions.

    `tell` hears of the rows as they are copied. Raises `click.ClickException` when the counts differ at the end.
    """
    # A fresh database has its counters at zero; the source's take their place.
    there.execute(delete(Counter))
    done = [Copied(table.name, _copy(here, there, table, tell)) for table in metadata.sorted_tables]
    _set_sequences(there)
    _compare(there, done)
    return done


def first_filled(there: Connection) -> str:
    """The first table of ours that has rows, empty when none has; counters at zero and missing tables have none."""
    standing = set(inspect(there).get_table_names())
    for table in metadata.sorted_tables:
        wanted = select(func.count()).select_from(table)
        if table is Counter.__table__:
            wanted = wanted.where(table.c.value != 0)
        if table.name in standing and there.scalar(wanted):
            return table.name
    return ""


def count_rows(here: Connection) -> int:
    """How many rows there are to copy."""
    return sum(here.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables)


def _open(url: str) -> Engine:
    """The source, of which one connection sees one moment only."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed, isolation_level="REPEATABLE READ")
        if not Path(parsed.database or "").is_file():
            raise click.ClickException(f"没有这个数据库文件：{parsed.database}")
        source = create_engine(parsed)
    except (ArgumentError, ImportError) as error:
        raise click.ClickException("来源应为 SQLAlchemy 数据库地址，如 sqlite:////数据目录/hub.sqlite") from error
    prepare_sqlite(source)
    return source


def _check(here: Connection, there: Connection) -> None:
    """That both have this version's tables, and the target nothing in them. Raises `click.ClickException`."""
    revisions = [MigrationContext.configure(one).get_current_revision() for one in (here, there)]
    if revisions[0] is None or revisions[0] != revisions[1]:
        raise click.ClickException("两边的表不是同一版本：请先对来源和目标都运行 commons-hub migrate。")
    filled = first_filled(there)
    if filled:
        raise click.ClickException(f"目标数据库不是空的（{filled} 中已有数据），没有复制。")


def _copy(here: Connection, there: Connection, table: Table, tell: Callable[[int], object]) -> int:
    """Copy one table; those that it refers to come before it."""
    count = 0
    for rows in _rows(here, table):
        there.execute(table.insert(), rows)
        count += len(rows)
        tell(len(rows))
    return count


def _rows(here: Connection, table: Table) -> Iterator[list[Mapping[str, Any]]]:
    found = here.execution_options(yield_per=AT_ONCE).execute(select(table).order_by(*table.primary_key))
    for part in found.mappings().partitions(AT_ONCE):
        yield [dict(row) for row in part]


def _set_sequences(there: Connection) -> None:
    """Let numbers that PostgreSQL gives begin after those that were copied; SQLite goes on from the largest."""
    if there.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        key = table.autoincrement_column
        if key is None or not isinstance(key.type, Integer):
            continue
        sequence = there.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": key.name})
        largest = there.scalar(select(func.max(key)))
        if sequence is not None and largest is not None:
            there.execute(text("SELECT setval(:s, :n)"), {"s": sequence, "n": largest})


def _compare(there: Connection, done: list[Copied]) -> None:
    """That what arrived is what was read, row for row. Raises `click.ClickException`."""
    tables = metadata.tables
    for copied in done:
        if there.scalar(select(func.count()).select_from(tables[copied.table])) != copied.rows:
            raise click.ClickException(f"{copied.table} 的行数对不上，没有复制。")
