"""`commons-node` alone: a node that is not there yet is made and shown in a browser; one that runs is only shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from nodes import served
from nodes.backups import making
from tests.support.local_page import Node
from tests.support.processes import Command, eventually
from tests.support.stores import free_port


@pytest.fixture
def recorder(tmp_path: Path) -> dict[str, str]:
    """A browser that writes down what it is to show, on a machine with a screen."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/shown\n')
    script.chmod(0o755)
    return {"BROWSER": f"{script} %s", "DISPLAY": ":99"}


@pytest.fixture
def running(node: Node) -> Iterator[str]:
    """The address at which the page of `node` is served, as it has noted down."""
    server = make_server("127.0.0.1", 0, node.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    served.note(node.workplace.folder, "127.0.0.1", server.server_port)
    yield served.address("127.0.0.1", server.server_port)
    server.shutdown()
    server.server_close()
    thread.join()


def command(folder: Path, **environ: str) -> Command:
    return Command("nodes", {"COMMONS_NODE_DATA": str(folder), **environ})


def test_a_first_time_user_without_a_node_gets_one_and_sees_it(tmp_path: Path, recorder: dict[str, str]) -> None:
    port = free_port()
    process = command(tmp_path / "我的 节点", COMMONS_NODE_PORT=str(port), **recorder).start()
    try:
        shown = eventually(lambda: (tmp_path / "shown").exists() and (tmp_path / "shown").read_text())
        assert shown.strip() == f"http://127.0.0.1:{port}/"
        assert requests.get(shown.strip(), timeout=10).status_code == 200
        assert served.find(tmp_path / "我的 节点") == shown.strip()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert served.find(tmp_path / "我的 节点") is None, "what it has left behind misleads nobody"


def test_a_page_that_is_served_already_is_only_opened(
    node: Node, running: str, recorder: dict[str, str], tmp_path: Path
) -> None:
    done = command(node.workplace.folder, **recorder).run()
    assert done.stdout.strip() == f"本机网页已经在运行：{running}"
    assert (tmp_path / "shown").read_text().strip() == running


@pytest.mark.parametrize(("words", "screen"), [(("--no-browser",), ":99"), ((), "")])
def test_no_browser_is_opened_when_none_is_wanted_or_none_can_be_seen(
    node: Node, running: str, recorder: dict[str, str], tmp_path: Path, words: tuple[str, ...], screen: str
) -> None:
    environ = {**recorder, "DISPLAY": screen, "WAYLAND_DISPLAY": ""}
    assert running in command(node.workplace.folder, **environ).run(*words).stdout
    assert not (tmp_path / "shown").exists()


@pytest.mark.parametrize(
    "noted", ["", "{}", '{"host": "127.0.0.1", "port": "x"}', '{"host": "127.0.0.1", "port": 1}']
)
def test_a_note_that_is_wrong_or_old_is_no_page(tmp_path: Path, noted: str) -> None:
    (tmp_path / served.FILE).write_text(noted)
    assert served.find(tmp_path) is None


def test_another_node_s_page_at_the_noted_address_is_not_taken_for_this_one(running: str, tmp_path: Path) -> None:
    (tmp_path / served.FILE).write_text(json.dumps({"host": "127.0.0.1", "port": int(running.split(":")[2][:-1])}))
    assert served.find(tmp_path) is None


def test_a_node_whose_page_is_served_is_not_replaced_by_a_backup(node: Node, running: str, tmp_path: Path) -> None:
    making.make(node.workplace, tmp_path / "backups", with_files=False)
    said: Any = command(node.workplace.folder).run("restore", str(tmp_path / "backups"), "--force", check=5)
    assert running in said.stderr
    assert not list(node.workplace.folder.glob("before-restore-*"))
