"""How Chinese characters are said, from a small table beside the index, which its writer makes from the library.

Whoever only asks the index needs no more of pinyin than this, and is spared the 12 MB of the library.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from pathlib import Path

from federation.search import pinyin

NAME = "sounds.txt"
FIRST, LAST = 0x4E00, 0x9FFF
"""The block of characters (CJK Unified Ideographs) that the table is about."""


class Sounds:
    """The sounds of characters and words, without tones."""

    def __init__(self, table: str) -> None:
        self._said = ["", *(line.partition(" ")[0] for line in table.splitlines())]
        self._numbers = array("H", bytes(2 * (LAST - FIRST + 1)))
        for number, line in enumerate(table.splitlines(), 1):
            for sign in line.partition(" ")[2]:
                self._numbers[ord(sign) - FIRST] = number

    def syllables(self, text: str) -> list[str]:
        """Each character's syllable, in words that are known by their sound the one that it has there."""
        return list(pinyin.syllables(text, self._sound))

    def _sound(self, sign: str) -> str:
        code = ord(sign)
        return self._said[self._numbers[code - FIRST]] if FIRST <= code <= LAST else sign


def write(folder: Path) -> None:
    """Make the table in `folder` where it is missing: a line for each syllable, with the characters said so."""
    if (folder / NAME).exists():
        return
    said: dict[str, list[str]] = {}
    for sign in map(chr, range(FIRST, LAST + 1)):
        syllable = pinyin.sound(sign)
        if syllable.isascii():
            said.setdefault(syllable, []).append(sign)
    draft = folder / f"{NAME}.new"
    draft.write_text("".join(f"{one} {''.join(signs)}\n" for one, signs in sorted(said.items())), encoding="utf-8")
    draft.replace(folder / NAME)


@lru_cache(maxsize=4)
def _read(path: Path, _written: int) -> Sounds:
    return Sounds(path.read_text(encoding="utf-8"))


def sounds(folder: Path) -> Sounds | None:
    """The table beside the index, or None as long as nobody has written there."""
    path = folder / NAME
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return None
