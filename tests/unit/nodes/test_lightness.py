"""What the node's page does not load while it only shows what there is: it stays open all day."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from nodes.app import create_app
from nodes.database import Database
from nodes.settings import NodeSettings

HEAVY = ("cryptography", "requests", "nodes.rounds", "filetype", "uuid6", "openpyxl")


@pytest.mark.parametrize("heavy", HEAVY)
def test_the_page_loads_nothing_that_it_needs_only_to_sign_to_register_or_to_speak_with_the_hub(heavy: str) -> None:
    code = f"import sys, nodes.app; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_database_that_is_up_to_date_is_opened_without_the_migrations(tmp_path: Path) -> None:
    """They weigh a fifth of the node; each start would load them if this version's number were not known."""
    Database(tmp_path / "node.sqlite").close()
    code = "import sys; from pathlib import Path; from nodes.database import Database; Database(Path(sys.argv[1])); "
    code += "sys.exit('alembic' in sys.modules)"
    opened = subprocess.run([sys.executable, "-c", code, str(tmp_path / "node.sqlite")], check=False)
    assert opened.returncode == 0


def test_the_page_holds_the_database_only_while_it_reads_it(tmp_path: Path) -> None:
    app = create_app(NodeSettings(data=str(tmp_path / "node")))
    assert app.test_client().get("/").status_code == 200
    held = {Path(one.path).name for one in psutil.Process().open_files() if Path(one.path).is_relative_to(tmp_path)}
    assert not {name for name in held if name.startswith("node.sqlite")}
    app.config["SYNCER"].stop()
