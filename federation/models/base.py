"""What every table of the hub has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import DateTime, Dialect, MetaData, String, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import JSON, TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment, always aware and UTC in Python, on engines with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC. Raises `ValueError` for a naive moment, which would be some unknown zone's."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, with its zone put back where the engine lost it."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Parent of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Instant, dict[str, Any]: JSON, list[Any]: JSON, str: String}


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the same columns with one statement, for which nothing is done twice.

    The unit of work would cost several times the insert itself, and a statement that looks at each row anew as much
    again. Raises `ValueError` for a column whose default is a function, which nobody would call.
    """
    if not rows:
        return
    connection = session.connection()
    insert = _prepared(cast(Table, model.__table__), tuple(rows[0]), connection.dialect)
    columns = [
        [insert.constant[name]] * len(rows)
        if name in insert.constant
        else _bound([row[name] for row in rows], process)
        for name, process in insert.columns.items()
    ]
    given: list[Any] = list(zip(*columns, strict=True))
    if not insert.positional:
        given = [dict(zip(insert.columns, values, strict=True)) for values in given]
    connection.exec_driver_sql(insert.statement, given)


@dataclass(frozen=True)
class _Insert:
    """A statement as the driver takes it: its columns in order, each with what makes a value one of the engine's.

    `constant` has the defaults of the columns that no row gives.
    """

    statement: str
    columns: Mapping[str, Callable[[Any], Any] | None]
    constant: Mapping[str, Any]
    positional: bool


@lru_cache(maxsize=256)
def _prepared(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Insert:
    compiled = table.insert().compile(dialect=dialect, column_keys=list(names))
    defaults: dict[str, Any] = {column.name: column.default for column in compiled.insert_prefetch}
    missing = [name for name, default in defaults.items() if not default.is_scalar]
    if missing:
        raise ValueError(f"{table.name}: rows must give {missing}")
    processes = {name: _process(table, name, dialect) for name in compiled.positiontup or (*names, *defaults)}
    constant = {name: _bound([default.arg], processes[name])[0] for name, default in defaults.items()}
    return _Insert(str(compiled), processes, constant, compiled.positiontup is not None)


def _process(table: Table, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)


def _bound(values: list[Any], process: Callable[[Any], Any] | None) -> list[Any]:
    """Values as the engine has them; neighbours in a column, such as a moment, are often the very same."""
    if process is None:
        return values
    last, bound, found = object(), None, []
    for value in values:
        if value is not last:
            last, bound = value, process(value)
        found.append(bound)
    return found


def insert_missing(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of the rows that are not there yet; one that another transaction is just inserting is waited for.

    The rows come in one order everywhere, or two who insert the same wait for each other in a circle.
    """
    if rows:
        insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
        session.execute(insert(cast(Table, model.__table__)).on_conflict_do_nothing(), list(rows))


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)
