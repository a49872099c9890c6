"""How hard the Chinese summary is to read, by two measures that an author can check by counting.

Specialist terms are those of `specialist_terms.txt`. One that is explained where it stands, as in “溯源（即……）” or
“不确定度是指……”, does not count, nor does the same term a second time. Sentences end at 。！？；… or a new line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from federation.findings.finding import DOUBT, NOTE, Finding, Record

TERMS = Path(__file__).with_name("specialist_terms.txt")
MOST_TERMS = 3.0
"""Unexplained terms in 100 characters."""
MOST_CHARACTERS = 40.0
"""Characters in a sentence, on average."""
FEWEST_CHARACTERS = 20
"""Below that a share says nothing: one term is a twentieth."""
FEWEST_TERMS = 2
"""One hard word alone makes no hard text."""
EXPLAINED = re.compile(r"[”」』]?\s*(?:[（(]|——|，?(?:即|就是|指的是|是指|指|也叫|又称|俗称|意思是))")
SENTENCE_END = re.compile(r"[。！？!?；;…\n]+")
SPECIALISTS = frozenset({"professionals"})


@dataclass(frozen=True)
class Reading:
    """A text's measures: terms left unexplained, and the mean length of its sentences in characters."""

    terms: tuple[str, ...]
    characters: int
    sentences: int

    @property
    def density(self) -> float:
        """Unexplained terms in 100 characters."""
        return 100 * len(self.terms) / self.characters if self.characters else 0.0

    @property
    def length(self) -> float:
        """Characters of a sentence, on average."""
        return self.characters / self.sentences if self.sentences else 0.0


def plain_language(record: Record) -> Iterator[Finding]:
    """A Chinese summary with many unexplained terms or long sentences, unless it is for specialists alone."""
    text = record["summary"].get("zh", "")
    audiences = set(record.get("audiences", ()))
    if not text or (audiences and audiences <= SPECIALISTS):
        return
    reading = read(text)
    if reading.characters < FEWEST_CHARACTERS:
        return
    if reading.density > MOST_TERMS and len(reading.terms) >= FEWEST_TERMS:
        yield Finding(
            "jargon",
            DOUBT,
            f"每百字有 {reading.density:.1f} 个没有解释的专业术语（建议不超过 {MOST_TERMS:g} 个）："
            + "、".join(reading.terms),
            f"{reading.density:.1f} unexplained specialist terms in 100 characters (better at most {MOST_TERMS:g}): "
            + ", ".join(reading.terms),
            "/summary/zh",
        )
    if reading.length > MOST_CHARACTERS:
        yield Finding(
            "long_sentences",
            NOTE,
            f"平均每句 {reading.length:.0f} 字（建议不超过 {MOST_CHARACTERS:g} 字）。",
            f"{reading.length:.0f} characters in a sentence on average (better at most {MOST_CHARACTERS:g}).",
            "/summary/zh",
        )


def read(text: str) -> Reading:
    """Measure a Chinese text."""
    found: dict[str, bool] = {}
    for match in _pattern().finditer(text):
        term = match.group()
        found[term] = found.get(term, False) or EXPLAINED.match(text, match.end()) is not None
    sentences = [piece for piece in SENTENCE_END.split(text) if piece.strip()]
    characters = sum(not sign.isspace() for sign in text)
    return Reading(tuple(term for term, explained in found.items() if not explained), characters, len(sentences))


@cache
def specialist_terms() -> tuple[str, ...]:
    """The terms, the longest first, so that the whole of one is found and not a part."""
    lines = (line.strip() for line in TERMS.read_text(encoding="utf-8").splitlines())
    return tuple(sorted({line for line in lines if line and not line.startswith("#")}, key=len, reverse=True))


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, specialist_terms())))
