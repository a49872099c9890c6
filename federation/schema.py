"""Bringing the database to this version's tables, and knowing whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from federation.database import db, only_reading

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(app: Flask) -> None:
    """Apply the migrations that are missing; does nothing when there are none."""
    with app.app_context():
        command.upgrade(_config(), "head")


def is_current(app: Flask) -> bool:
    """Whether the database has this version's tables."""
    with only_reading(), app.app_context(), db.engine.connect() as connection:
        standing = MigrationContext.configure(connection).get_current_revision()
    return standing == head()


def head() -> str:
    """The number of this version's last migration."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def knows(revision: str) -> bool:
    """Whether a migration is one of this version's: that of a newer program is not."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
