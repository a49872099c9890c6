"""Having a file read in a process apart, and believing nothing of what comes out of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from nodes.extraction.facts import Facts, facts_from

SECONDS = 20
"""How long one file may take."""
MAX_ANSWER = 1024**2
"""Bytes that are read of what the process says."""
AT_ONCE = 2
KEPT = ("PATH", "SYSTEMROOT", "PYTHONPATH", "PYTHONHOME", "PYTHONUTF8", "LD_LIBRARY_PATH", "TEMP", "TMP")
"""The environment that Python needs; passphrases and the like stay here."""
_turns = threading.BoundedSemaphore(AT_ONCE)


def read(path: Path, *, seconds: int = SECONDS) -> Facts:
    """The facts of a file; empty when it is damaged, takes too long, or is of a kind that nobody reads.

    Two files are read at a time; a third waits its turn.
    """
    with _turns:
        return _read(path, seconds)


def _read(path: Path, seconds: int) -> Facts:
    process = subprocess.Popen(
        [sys.executable, "-m", "nodes.extraction.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in KEPT if name in os.environ},
    )
    clock = threading.Timer(seconds, process.kill)
    clock.start()
    try:
        asked, answer = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        with suppress(OSError), asked:
            asked.write(json.dumps({"path": str(path), "seconds": seconds}).encode() + b"\n")
        with answer:
            said = answer.read(MAX_ANSWER + 1)
    finally:
        clock.cancel()
        process.kill()
        process.wait()
    return _understood(said)


def _understood(said: bytes) -> Facts:
    """What the process said, or nothing when it did not finish; its exit code adds nothing to that."""
    try:
        return facts_from(json.loads(said[:MAX_ANSWER]))
    except ValueError:
        return Facts()
