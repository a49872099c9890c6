"""Alembic's environment: the hub's own metadata and engine, with or without the application around it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import text

from federation.database import db
from federation.models.base import Instant
from federation.models.registry import metadata

LOCK = 0x636F6D6D6F6E73
"""Any number that nobody else locks: the letters `commons`."""


def render_item(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """In migrations a moment is what the engine stores, so that they stand without our code."""
    if kind == "type" and isinstance(value, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """Whether a table is the hub's: the task queue's may stand in the same database."""
    return not (kind == "table" and (name or "").startswith("huey_"))


def run() -> None:
    """Migrate on one connection, in one transaction where the engine can (both of ours can)."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render_item,
            include_object=is_ours,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Hosts that start together migrate one after the other; the second finds nothing to do.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            context.run_migrations()


run()
