"""Documents that tell people what to type: their commands, in order."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def text_of(name: str) -> str:
    """What a document of the project says, by its path."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """The lines that a text has a reader type at a terminal."""
    blocks = "".join(re.findall(r"```console\n(.*?)```", text, re.S))
    return re.findall(r"^\$ (.+)$", blocks, re.M)
