"""Other words for the same thing, from `synonyms.txt`; used when something is asked, never when it is indexed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from federation.search.text import is_symbol, whole

FILE = Path(__file__).with_name("synonyms.txt")

LONGEST_WITHIN = 12
"""Characters of the longest terms that are looked for inside of what was asked."""


@dataclass(frozen=True)
class Group:
    """Terms that mean the same; `asked` are understood when somebody types them, but not looked for."""

    sought: tuple[str, ...]
    asked: tuple[str, ...]


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """Every group of the file, in its order."""
    lines = (line.strip() for line in FILE.read_text(encoding="utf-8").splitlines())
    return tuple(_group(line) for line in lines if line and not line.startswith("#"))


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
    found: dict[str, dict[str, str]] = {}
    for group in groups():
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
