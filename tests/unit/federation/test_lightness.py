"""What the hub's web process loads before anybody has asked for it: memory that every process of every host takes."""

from __future__ import annotations

import subprocess
import sys

SELDOM = ("lxml", "feedgenerator", "stream_zip", "Crypto", "urllib3", "requests", "openpyxl", "pygal")
"""Libraries for harvesters, feeds, archives, links, and reports."""


def test_the_web_process_loads_nothing_for_what_is_seldom_asked() -> None:
    program = f"import sys, federation.app; print([name for name in {SELDOM!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
