"""Where this node's page is served, for whoever wants to open it or must not disturb it.

The page notes its address in the data folder. That is a hint, not a lock: who reads it asks there, and only an answer
by this node's own name counts, so what a killed process has left does no harm.
"""

from __future__ import annotations

import http.client
import json
from contextlib import suppress
from pathlib import Path

from nodes.key_files import write_private
from shared.canonical import digest

FILE = "served.json"
PATH = "/alive"
SECONDS = 3.0
"""How long an answer is waited for: it comes from this machine."""


def name_of(folder: Path) -> str:
    """The name by which the pages of different nodes on one machine are told apart: 12 hexadecimal digits."""
    return digest(str(folder.resolve()).encode())[:12]


def address(host: str, port: int) -> str:
    """The page's address; that of IPv6 in brackets (RFC 3986, 3.2.2)."""
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def note(folder: Path, host: str, port: int) -> None:
    """Write down where the page is; on a full disk it is served without."""
    with suppress(OSError):
        write_private(folder / FILE, json.dumps({"host": host, "port": port}).encode())


def forget(folder: Path) -> None:
    """The page is not there any more."""
    with suppress(OSError):
        (folder / FILE).unlink()


def find(folder: Path) -> str | None:
    """The address at which this node's page answers now; None when it is not served."""
    try:
        noted = json.loads((folder / FILE).read_bytes())
        host, port = str(noted["host"]), int(noted["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return address(host, port) if _answers(host, port, name_of(folder)) else None


def _answers(host: str, port: int, name: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", PATH)
        said = json.loads(connection.getresponse().read(1000))
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return isinstance(said, dict) and said.get("node") == name
