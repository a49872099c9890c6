"""A reader who stops reading, in front of the web server that is shipped: the answer ends, and so does its thread."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import eventually
from tests.support.stores import free_port

APPLICATION = """
import os
from pathlib import Path
from federation.stalling import Impatient

def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/zip"), ("Content-Length", str(2**40))])
    return pieces(Path(os.environ["SEEN"]) / environ["PATH_INFO"].strip("/"))

def pieces(seen):
    try:
        while True:
            seen.touch()
            yield bytes(65536)
    finally:
        seen.with_suffix(".ended").touch()

app = Impatient(endless, seconds=1)
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "endless.py").write_text(APPLICATION)
    found = free_port()
    command = [sys.executable, "-m", "granian", "endless:app", "--interface", "wsgi", "--log-level", "critical"]
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path.cwd()}", "SEEN": str(tmp_path)}
    process = subprocess.Popen([*command, "--port", str(found), "--blocking-threads", "4"], env=environ)
    try:
        eventually(lambda: listens(found))
        yield found
    finally:
        process.terminate()
        process.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0


def asking(port: int, path: str) -> socket.socket:
    """A connection on which an answer has begun."""
    found = socket.create_connection(("127.0.0.1", port), timeout=20)
    found.sendall(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert b" 200 " in found.recv(4096)
    return found


def test_whoever_stops_reading_is_let_go_and_whoever_reads_is_not(port: int, tmp_path: Path) -> None:
    asking(port, "first").close()
    with asking(port, "stalled"), asking(port, "reading") as reading:

        def ended() -> bool:
            reading.recv(2**20)
            return (tmp_path / "stalled.ended").exists()

        eventually(ended)
        assert not (tmp_path / "reading.ended").exists()
        assert reading.recv(4096)
