"""The process of one round, begun by `nodes.background`: settings on standard input, then the round."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Sequence

from nodes import background, faults, rounds
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace
from shared.errors import CommonsError

WAIT_SECONDS = 20.0
"""How long a synchronisation looks whether the hub has read the files."""


def main(arguments: Sequence[str]) -> int:
    """Go the round; the exit code is 0 when all went well. What hindered it is written as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    kind, begun_by = arguments
    settings = NodeSettings(**json.loads(sys.stdin.readline()))
    threading.Thread(target=background.end_with_the_page, name="watch", daemon=True).start()
    try:
        workplace = open_workplace(settings)
        if kind == rounds.RECONCILE:
            good = rounds.reconcile(workplace, begun_by=begun_by).equal
        else:
            good = rounds.synchronise(workplace, begun_by=begun_by, wait=WAIT_SECONDS).good
    except Exception as error:  # the page must be able to say that it failed, whatever the cause
        named = faults.named(error, settings.folder)
        json.dump({language: named.message(language) for language in rounds.LANGUAGES}, sys.stdout)
        return named.exit_code
    return 0 if good else CommonsError.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
