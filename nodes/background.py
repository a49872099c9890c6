"""Work in a process of its own, for the page and its schedules: what it loads and holds goes when it ends.

The settings go in through standard input, since the key's passphrase belongs neither on a command line nor in a
file; that pipe stays open, and by its end the process knows that this one has gone. How far a round or a harvest is
stands in the database (`nodes.rounds`, `nodes.sources`); what hinders it from beginning at all comes out as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any, cast

from nodes.settings import NodeSettings

LOOK = "look"
"""What `nodes.one_harvest` is told in the place of a source's number."""


def begin(settings: NodeSettings, *, kind: str, begun_by: str) -> subprocess.Popen[bytes]:
    """Start a round; the process ends with 0 when all went well, and never outlives this one."""
    return _started(settings, "nodes.one_round", kind, begun_by)


def begin_harvest(settings: NodeSettings, *, number: int, begun_by: str) -> subprocess.Popen[bytes]:
    """Start a harvest of the source with this number; as `begin`."""
    return _started(settings, "nodes.one_harvest", str(number), begun_by)


def first_look(settings: NodeSettings, asked: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """What a first look sees of a source: `seen`, or an `error` in each language; neither when it takes too long."""
    process = _started(settings, "nodes.one_harvest", LOOK, "page")
    try:
        said, _ = process.communicate(json.dumps(asked).encode() + b"\n", timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {}
    return _understood(said)


def said_by(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a process that has ended says of why: a sentence for each language, or nothing."""
    said, _ = process.communicate()
    return _understood(said)


def _started(settings: NodeSettings, module: str, *arguments: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pipe = cast("IO[bytes]", process.stdin)
    # One that has ended already is seen by how it ended.
    with suppress(BrokenPipeError):
        pipe.write(json.dumps(asdict(settings)).encode() + b"\n")
        pipe.flush()
    return process


def _understood(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
