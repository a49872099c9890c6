"""The other end of `nodes.background`: settings on standard input, work, and what came of it as JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable

from nodes import faults
from nodes.settings import NodeSettings
from shared.errors import CommonsError

LANGUAGES = ("zh", "en")


def run(work: Callable[[NodeSettings], int]) -> int:
    """Do the work with the settings that come in; its exit code. What hindered it is written as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    settings = NodeSettings(**json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_the_page, name="watch", daemon=True).start()
    try:
        return work(settings)
    except Exception as error:  # the page must be able to say that it failed, whatever the cause
        named = faults.named(error, settings.folder)
        json.dump({language: named.message(language) for language in LANGUAGES}, sys.stdout)
        return named.exit_code


def _end_with_the_page() -> None:
    """Wait for the end of standard input, which comes when the process that began this one has gone."""
    sys.stdin.read()
    os._exit(CommonsError.exit_code)
