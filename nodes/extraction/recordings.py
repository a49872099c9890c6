"""Sound and film: how long they play, and what their tags say; of formats that have no reader here, nothing."""

from __future__ import annotations

import re
from pathlib import Path

from tinytag import TinyTag

from nodes.extraction.facts import Facts

SUFFIXES = frozenset(TinyTag.SUPPORTED_FILE_EXTENSIONS)
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def read(path: Path) -> Facts:
    """Duration in seconds, title, artist and year."""
    tag = TinyTag.get(path)
    day = _DAY.match(tag.year or "")
    return Facts(
        seconds=tag.duration or 0.0,
        title=tag.title or "",
        authors=(tag.artist,) if tag.artist else (),
        created=day[0] if day and day[0] != "0000" else "",
    )
