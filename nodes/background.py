"""Work in a process of its own, for the page and its schedules: what it loads and holds goes when it ends.

The settings go in through standard input, since the key's passphrase belongs neither on a command line nor in a
file; that pipe stays open, and by its end the process knows that this one has gone (`nodes.apart` is its other end).
How far a round, a harvest or a batch is stands in the database (`nodes.rounds`, `nodes.sources`, `nodes.batch_work`);
what hinders a process from beginning at all, and what it has found out, comes out as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from typing import IO, Any, cast

from nodes.settings import NodeSettings
from shared.errors import RoundInterrupted
from shared.settings import LANGUAGE

LOOKED_AT = 20
"""Seconds for which a person is kept waiting for each answer."""

LOOK = "look"
"""What `nodes.one_harvest` is told in the place of a source's number."""


def begin(settings: NodeSettings, *, kind: str, begun_by: str) -> subprocess.Popen[bytes]:
    """Start a round; the process ends with 0 when all went well, and never outlives this one."""
    return start(settings, "nodes.one_round", kind, begun_by)


def begin_batch_work(settings: NodeSettings, work: str, subject: str, *, language: str) -> subprocess.Popen[bytes]:
    """Start a piece of work for the page's tables (see `nodes.one_batch`), which speaks `language`."""
    return start(settings, "nodes.one_batch", work, subject, language=language)


def begin_harvest(settings: NodeSettings, *, number: int, begun_by: str) -> subprocess.Popen[bytes]:
    """Start a harvest of the source with this number; as `begin`."""
    return start(settings, "nodes.one_harvest", str(number), begun_by)


def first_look(settings: NodeSettings, asked: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """What a first look sees of a source: `seen`, or an `error` in each language; neither when it takes too long."""
    process = start(settings, "nodes.one_harvest", LOOK, "page")
    try:
        said, _ = process.communicate(json.dumps(asked).encode() + b"\n", timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {}
    return _understood(said)


def said_by(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a process that has ended says: of why it could not, a sentence for each language; or nothing."""
    said, _ = process.communicate()
    return _understood(said)


def start(settings: NodeSettings, module: str, *words: str, language: str = "") -> subprocess.Popen[bytes]:
    """Start a module of ours with the settings; it speaks `language`, and never outlives this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **({LANGUAGE: language} if language else {})},
    )
    pipe = cast("IO[bytes]", process.stdin)
    # One that has ended already is seen by how it ended.
    with suppress(BrokenPipeError):
        pipe.write(json.dumps(asdict(settings)).encode() + b"\n")
        pipe.flush()
    return process


def join(settings: NodeSettings, asked: dict[str, Any], *, language: str) -> dict[str, Any]:
    """Do what `nodes.one_joining` does, and wait for it: empty, or the error's code and its words in each language.

    What the hub itself says of it is in `language`.

    Somebody looks at the page meanwhile: it is not as patient with the hub as a round is.
    """
    hasty = replace(settings, attempts=1, timeout=min(settings.timeout, LOOKED_AT), patience=LOOKED_AT)
    said = "".join(json.dumps(one) + "\n" for one in (asdict(hasty), asked))
    done = subprocess.run(
        [sys.executable, "-m", "nodes.one_joining"],
        input=said.encode(),
        stdout=subprocess.PIPE,
        env={**os.environ, LANGUAGE: language},
        check=False,
    )
    return _understood(done.stdout, lost=_unsaid())


def _unsaid() -> dict[str, Any]:
    error = RoundInterrupted()
    return {"code": error.code, "zh": error.message("zh"), "en": error.message("en")}


def _understood(said: bytes, lost: dict[str, Any] | None = None) -> dict[str, Any]:
    """The object that was written; `lost`, or an empty one, when it is none."""
    try:
        found = json.loads(said)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else lost or {}
