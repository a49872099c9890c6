"""Other users of the machine read neither the hub's data nor a node's; what an operator has opened stays open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.core import create_core
from federation.database import db, unit_of_work
from federation.folder import make
from federation.schema import upgrade
from federation.settings import load_settings
from federation.tasks import queue
from nodes.settings import NodeSettings
from nodes.workplace import initialise, open_workplace
from shared import private
from tests.support.processes import HubProcess


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """The permissions of a file or folder."""
    return path.stat().st_mode & 0o777


def a_hub(var: Path) -> None:
    """Tables and a queue in `var`."""
    app = create_core(load_settings(environ={"COMMONS_VAR": str(var)}))
    upgrade(app)
    with unit_of_work(app, read_only=True):
        assert {mode(path) for path in var.glob("hub.sqlite*")} == {0o600}
    queue(app).huey.storage.close()
    with app.app_context():
        db.engine.dispose()


@pytest.mark.only_on("sqlite")
def test_the_data_of_a_running_hub_is_for_its_owner_only(live_hub: HubProcess) -> None:
    assert mode(live_hub.var) == 0o700
    databases = list(live_hub.var.glob("*.sqlite*"))
    assert {path.name for path in databases} >= {"hub.sqlite", "hub.sqlite-wal", "queue.sqlite"}
    assert {path.name: mode(path) for path in databases} == {path.name: 0o600 for path in databases}


@pytest.mark.only_on("sqlite")
def test_a_data_folder_that_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.mkdir()
    var.chmod(0o750)
    a_hub(var)
    assert mode(var) == 0o750
    assert mode(var / "queue.sqlite") == 0o600


@pytest.mark.only_on("sqlite")
def test_a_database_that_an_operator_has_opened_to_a_group_stays_open(tmp_path: Path) -> None:
    a_hub(tmp_path / "var")
    database = tmp_path / "var" / "hub.sqlite"
    database.chmod(0o640)
    make(tmp_path / "var")
    private.begin(database)
    assert mode(database) == 0o640


def test_a_node_s_folder_and_database_are_for_its_owner_only(tmp_path: Path) -> None:
    node = initialise(NodeSettings(data=str(tmp_path / "node")))
    with node.database.unit_of_work():
        assert {mode(path) for path in node.folder.glob("node.sqlite*")} == {0o600}
    node.database.close()
    assert mode(node.folder) == 0o700


def test_a_node_s_folder_that_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    folder.mkdir()
    folder.chmod(0o770)
    initialise(NodeSettings(data=str(folder))).database.close()
    (folder / "node.sqlite").chmod(0o660)
    open_workplace(NodeSettings(data=str(folder))).database.close()
    assert (mode(folder), mode(folder / "node.sqlite")) == (0o770, 0o660)
