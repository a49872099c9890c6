"""The process of one piece of work for the page's tables, begun by `nodes.background`: settings on standard input.

`check NUMBER` previews a batch, `register NUMBER` registers it, `template FILE` writes the workbook to fill in.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from nodes import apart, batch_work, template, texts
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace


def main(arguments: Sequence[str]) -> int:
    """Do the work; what hinders a batch stands in its row."""
    work, subject = arguments

    def do(settings: NodeSettings) -> int:
        if work == "template":
            template.make(Path(subject), texts.language())
        else:
            piece = {"check": batch_work.check, "register": batch_work.register}[work]
            piece(open_workplace(settings), int(subject), language=texts.language())
        return 0

    return apart.run(do)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
