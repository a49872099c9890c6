"""Alembic's environment for the node: the connection that the database hands over."""

from __future__ import annotations

from alembic import context

from nodes.models import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
