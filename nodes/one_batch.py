"""The process of one piece of work for the page's tables, begun by `nodes.background`: settings on standard input.

`check NUMBER` previews a batch, `register NUMBER` registers it, `template FILE` writes the workbook to fill in.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from nodes import background, batch_work, template, texts
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace


def main(arguments: Sequence[str]) -> int:
    """Do the work; what hinders it stands in the batch's row, or goes up as an exception."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    work, subject = arguments
    settings = NodeSettings(**json.loads(sys.stdin.readline()))
    threading.Thread(target=background.end_with_the_page, name="watch", daemon=True).start()
    if work == "template":
        template.make(Path(subject), texts.language())
        return 0
    do = {"check": batch_work.check, "register": batch_work.register}[work]
    do(open_workplace(settings), int(subject), language=texts.language())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
