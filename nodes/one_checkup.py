"""The process of one examination, begun by `nodes.web.checkup`: what it has found comes out as JSON."""

from __future__ import annotations

import json
import sys

from nodes import apart
from nodes.checkup import examining
from nodes.settings import NodeSettings


def look(settings: NodeSettings) -> int:
    """Examine the node of the settings, and write the findings in each language."""
    found = examining.examine(settings)
    json.dump({code: [one.in_words(code) for one in found] for code in apart.LANGUAGES}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(apart.run(look))
