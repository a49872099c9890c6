"""Other words for the same thing; used when something is asked, never when it is indexed.

They come from `synonyms.txt`, which the project keeps, from `quantities.txt`, which is made from QUDT's labels, and
from the operator's own file, if there is one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from federation.search.text import is_symbol, whole

FOLDER = Path(__file__).parent
OWN = FOLDER / "synonyms.txt"
MADE = FOLDER / "quantities.txt"
MOST_TERMS, MOST_GROUPS = 50, 20_000
_added: list[Path] = []

LONGEST_WITHIN = 12
"""Characters of the longest terms that are looked for inside of what was asked."""


@dataclass(frozen=True)
class Group:
    """Terms that mean the same; `asked` are understood when somebody types them, but not looked for."""

    sought: tuple[str, ...]
    asked: tuple[str, ...]


def use(path: Path) -> None:
    """Add an operator's own list. Raises `ValueError`, with the line, for a file that is none."""
    read(path)
    if path not in _added:
        _added.append(path)
        _read_anew()


def forget() -> None:
    """Use the project's lists alone again."""
    _added.clear()
    _read_anew()


def _read_anew() -> None:
    for cached in (groups, longest, _table):
        cached.cache_clear()


def read(path: Path) -> tuple[Group, ...]:
    """Every group of a file, in its order. Raises `ValueError`, with the line, for a file that is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} 不是 UTF-8 文本，请另存为 UTF-8") from error
    found = [
        (number, _group(line)) for number, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"
    ]
    for number, group in found:
        count = len(group.sought) + len(group.asked)
        if not group.sought or not 2 <= count <= MOST_TERMS:
            raise ValueError(f"{path.name} 第 {number} 行：用 | 分开至少两个、至多 {MOST_TERMS} 个词")
    if len(found) > MOST_GROUPS:
        raise ValueError(f"{path.name} 有 {len(found)} 组，至多 {MOST_GROUPS} 组")
    return tuple(group for _, group in found)


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """Every group of every file, in their order."""
    return tuple(group for path in (OWN, MADE, *_added) for group in read(path))


def others(text: str) -> tuple[str, ...]:
    """What else to look for when `text` is asked: the other terms of its groups, none when it is no term."""
    return _table().get(term_key(text), ())


def within(run: str) -> set[str]:
    """The terms of two characters and more that stand somewhere in a folded Chinese run."""
    known = _table()
    lengths = range(2, LONGEST_WITHIN + 1)
    pieces = {run[start : start + length] for length in lengths for start in range(len(run) - length + 1)}
    return {piece for piece in pieces if known.get(piece)}


@lru_cache(maxsize=1)
def longest() -> int:
    """Of how many words, as typed with blanks between them, the longest term consists."""
    return max(len(term.split()) for group in groups() for term in (*group.sought, *group.asked))


def term_key(text: str) -> str:
    """What all spellings of a term have in common; a symbol of one letter keeps its case: `k` is not kelvin."""
    if is_symbol(text.strip()):
        return unicodedata.normalize("NFKC", text.strip())
    return whole(text)


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, ...]]:
    return table(groups())


def table(some: Iterable[Group]) -> dict[str, tuple[str, ...]]:
    """What else to look for, by the `term_key` of what is asked."""
    found: dict[str, dict[str, str]] = {}
    for group in some:
        sought = {term_key(term): term for term in group.sought}
        for term in (*group.sought, *group.asked):
            key = term_key(term)
            found.setdefault(key, {}).update({other: said for other, said in sought.items() if other != key})
    return {key: tuple(others.values()) for key, others in found.items()}


def _group(line: str) -> Group:
    sought, _, asked = line.partition("<")
    return Group(_terms(sought), _terms(asked))


def _terms(text: str) -> tuple[str, ...]:
    return tuple(term.strip() for term in text.split("|") if term.strip())
