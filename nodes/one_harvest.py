"""The process of one harvest, or of a first look, begun by `nodes.background`: all it needs is on standard input."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence

from nodes import faults, sources
from nodes.background import LOOK
from nodes.harvesting import looking, running
from nodes.settings import NodeSettings
from nodes.sources import Options
from nodes.workplace import open_workplace
from shared.errors import CommonsError


def main(arguments: Sequence[str]) -> int:
    """Harvest the source with the number that is named, or look at one; what hindered it is written as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    what, begun_by = arguments
    settings = NodeSettings(**json.loads(sys.stdin.readline()))
    try:
        workplace = open_workplace(settings)
        if what == LOOK:
            asked = json.loads(sys.stdin.readline())
            options = Options(**asked["options"])
            seen = looking.look(workplace, kind=asked["kind"], address=asked["address"], options=options)
            json.dump({"seen": seen}, sys.stdout)
            return 0
        threading.Thread(target=_end_with_the_page, name="watch", daemon=True).start()
        running.run(workplace, int(what), begun_by=begun_by)
    except Exception as error:  # the page must be able to say that it failed, whatever the cause
        named = faults.named(error, settings.folder)
        said = {language: named.message(language) for language in sources.LANGUAGES}
        json.dump({"error": said} if what == LOOK else said, sys.stdout)
        return named.exit_code
    return 0


def _end_with_the_page() -> None:
    """Wait for the end of standard input, which comes when the process that began this one has gone."""
    sys.stdin.read()
    os._exit(CommonsError.exit_code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
