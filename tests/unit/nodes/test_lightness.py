"""What the node's page does not load while it only shows what there is: it stays open all day."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from nodes.app import create_app
from nodes.database import Database
from nodes.settings import NodeSettings

HEAVY = (
    *(
        "cryptography",
        "requests",
        "filetype",
        "uuid6",
        "openpyxl",
        "pypdf",
        "defusedxml",
        "tinytag",
        "feedparser",
        "filelock",
        "webbrowser",
    ),
    *(
        "nodes.rounds",
        "nodes.harvesting",
        "nodes.checkup",
        "nodes.services",
        "nodes.backups.making",
        "nodes.hub_client",
    ),
)
LOADED = f"import sys, nodes.app, nodes.server; print([name for name in {HEAVY!r} if name in sys.modules])"


def test_the_page_loads_nothing_that_it_needs_only_to_sign_to_register_or_to_speak_with_the_hub() -> None:
    assert subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_a_command_that_serves_the_page_loads_no_tls_which_it_does_not_speak_and_may_load_it_later() -> None:
    code = "import sys, nodes.__main__, nodes.commands.serving; before = 'ssl' in sys.modules; import requests, ssl; "
    code += "requests.Session().mount('https://x/', requests.adapters.HTTPAdapter()); sys.exit(before)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_command_that_serves_the_page_loads_nothing_that_it_does_not_run_and_may_load_it_later() -> None:
    code = "import sys, nodes.__main__, nodes.commands.serving, nodes.memory; "
    code += "before = [name for name in nodes.memory.UNUSED if name in sys.modules]; "
    code += "from sqlalchemy.util import concurrency; import asyncio, html, urllib.request, http.server; "
    code += "asyncio.run(asyncio.sleep(0)); urllib.request.Request('http://x/'); "
    code += "assert concurrency.asyncio.CancelledError is asyncio.CancelledError; "
    code += "assert http.server.html.escape('<') == html.escape('<'); sys.exit(bool(before))"
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
