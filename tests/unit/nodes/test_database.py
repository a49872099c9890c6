"""The node's database brings itself up to date, after it has been copied; one of a newer program is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from nodes import sqlite_copy
from nodes.database import COPY, HEAD, MIGRATIONS, Database
from shared.errors import DatabaseFromNewer

CONFIG = Config()
CONFIG.set_main_option("script_location", str(MIGRATIONS))
SCRIPTS = ScriptDirectory.from_config(CONFIG)
BEFORE = str(SCRIPTS.get_revision(HEAD).down_revision)
"""The migration of the version before this one."""


def standing(path: Path) -> str:
    return str(ask(path, "SELECT version_num FROM alembic_version"))


def ask(path: Path, query: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute(query).fetchone()
        connection.commit()
        return row[0] if row else None


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A database of the version before this one, with one resource in it."""
    path = tmp_path / "node.sqlite"
    database = Database(path)
    with database.engine.begin() as connection:
        CONFIG.attributes["connection"] = connection
        command.downgrade(CONFIG, BEFORE)
    database.close()
    ask(
        path, "INSERT INTO resources (id, latest_version, ark, created_at) VALUES ('r', 1, '', '2026-11-26 00:00:00')"
    )
    return path


def test_the_newest_migration_is_the_one_that_the_program_knows_for_its_own() -> None:
    assert SCRIPTS.get_current_head() == HEAD


def test_an_older_database_is_brought_up_to_date_and_its_copy_is_as_it_was(older: Path) -> None:
    older.with_name(COPY.format("0000")).touch()
    Database(older).close()
    copy = older.with_name(COPY.format(BEFORE))
    assert list(older.parent.glob(COPY.format("*"))) == [copy], "the one before it goes"
    assert (standing(older), standing(copy)) == (HEAD, BEFORE)
    assert ask(older, "SELECT id FROM resources") == ask(copy, "SELECT id FROM resources") == "r"
    assert sqlite_copy.is_sound(copy)
    assert [path.name for path in older.parent.glob("*.sqlite.*")] == [], "no draft, and no log"


def test_an_upgrade_that_cannot_be_copied_before_does_not_begin(older: Path) -> None:
    older.with_name(COPY.format(BEFORE)).mkdir()
    with pytest.raises(OSError, match="node"):
        Database(older)
    assert standing(older) == BEFORE


def test_a_database_of_a_newer_program_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    Database(path).close()
    ask(path, "UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(DatabaseFromNewer) as raised:
        Database(path)
    assert "请升级本程序" in raised.value.message("zh")
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*before*"))


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "计量 100%?#&节点"
    folder.mkdir()
    Database(folder / "node.sqlite").close()
    assert standing(folder / "node.sqlite") == HEAD
