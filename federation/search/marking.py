"""Marking in a text what was asked, and other words for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from federation.search import synonyms
from federation.search.matching import STOP_WORDS, Part, parts
from federation.search.text import IS_HAN, RUN, fold, runs, stem


def highlights(text: str, asked: str) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it matches what was asked; folding that changes lengths marks nothing."""
    folded = fold(text)
    wanted = [part for part in parts(asked) if not part.unwanted]
    if len(folded) != len(text) or not wanted:
        return [(text, False)]
    marks = [False] * len(text)
    for start, end in _spots(folded, wanted):
        marks[start:end] = [True] * (end - start)
    pieces: list[tuple[str, bool]] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marks[place] != marks[start]:
            pieces.append((text[start:place], marks[start]))
            start = place
    return pieces or [(text, False)]


def _spots(folded: str, wanted: list[Part]) -> Iterator[tuple[int, int]]:
    stems: set[str] = set()
    for part in wanted:
        for run, han in runs(fold(part.text)):
            if han:
                yield from _han_spots(folded, run)
            elif run not in STOP_WORDS or len(wanted) == 1:
                stems.add(stem(run))
        for other in synonyms.others(part.text):
            # 卡尺 in 游标卡尺 is marked as asked already.
            if fold(part.text) not in fold(other):
                yield from _term_spots(folded, fold(other))
    yield from (match.span() for match in RUN.finditer(folded) if stem(match.group()) in stems)


def _han_spots(folded: str, run: str) -> Iterator[tuple[int, int]]:
    """The whole run where it stands; where it stands nowhere, each of its bigrams."""
    whole = run in folded or len(run) < 3
    for needle in [run] if whole else [first + second for first, second in pairwise(run)]:
        places = (match.start() for match in re.finditer(f"(?={re.escape(needle)})", folded))
        yield from ((place, place + len(needle)) for place in places)


def _term_spots(folded: str, term: str) -> Iterator[tuple[int, int]]:
    """A term as it is; one Chinese character is left, since it stands in many other words."""
    if IS_HAN.match(term):
        pattern = re.escape(term) if len(term) > 1 else r"(?!)"
    else:
        pattern = rf"(?<![^\W_]){re.escape(term)}s?(?![^\W_])"
    yield from (match.span() for match in re.finditer(pattern, folded))
