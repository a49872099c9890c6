"""The process of one round, begun by `nodes.background`: settings on standard input, then the round."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from nodes import apart, rounds
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace
from shared.errors import CommonsError

WAIT_SECONDS = 20.0
"""How long a synchronisation looks whether the hub has read the files."""


def main(arguments: Sequence[str]) -> int:
    """Go the round; the exit code is 0 when all went well. What hindered it is written as JSON."""
    kind, begun_by = arguments

    def go(settings: NodeSettings) -> int:
        workplace = open_workplace(settings)
        if kind == rounds.RECONCILE:
            good = rounds.reconcile(workplace, begun_by=begun_by).equal
        else:
            good = rounds.synchronise(workplace, begun_by=begun_by, wait=WAIT_SECONDS).good
        return 0 if good else CommonsError.exit_code

    return apart.run(go)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
