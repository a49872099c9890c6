"""Work in a process of its own, for the page and its schedule: what it loads and holds goes when it ends.

The settings go in through standard input, since the key's passphrase belongs neither on a command line nor in a
file; that pipe stays open, and by its end the process knows that this one has gone. How far a round is stands in
the database (`nodes.rounds`), and so does how far a batch is (`nodes.batch_work`); what hinders a round from
beginning at all comes out as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any, cast

from nodes.settings import NodeSettings
from shared.errors import CommonsError


def begin(settings: NodeSettings, *, kind: str, begun_by: str) -> subprocess.Popen[bytes]:
    """Start a round; the process ends with 0 when all went well, and never outlives this one."""
    return _start(settings, ["nodes.one_round", kind, begun_by], dict(os.environ))


def begin_batch_work(settings: NodeSettings, work: str, subject: str, *, language: str) -> subprocess.Popen[bytes]:
    """Start a piece of work for the page's tables (see `nodes.one_batch`), which speaks `language`."""
    return _start(settings, ["nodes.one_batch", work, subject], {**os.environ, "COMMONS_LANGUAGE": language})


def end_with_the_page() -> None:
    """For such a process: wait for the end of standard input, which comes when the one that began this has gone."""
    sys.stdin.read()
    os._exit(CommonsError.exit_code)


def _start(settings: NodeSettings, words: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environ)
    )
    pipe = cast("IO[bytes]", process.stdin)
    # One that has ended already is seen by how it ended.
    with suppress(BrokenPipeError):
        pipe.write(json.dumps(asdict(settings)).encode() + b"\n")
        pipe.flush()
    return process


def said_by(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a process that has ended says of why: a sentence for each language, or nothing."""
    said, _ = process.communicate()
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
