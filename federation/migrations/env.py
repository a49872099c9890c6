"""Alembic's environment: the hub's own metadata and engine, with or without the application around it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from federation.database import db
from federation.models.base import Instant
from federation.models.registry import metadata


def render_item(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    """In migrations a moment is what the engine stores, so that they stand without our code."""
    if kind == "type" and isinstance(value, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate on one connection, in one transaction where the engine can (both of ours can)."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render_item,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
