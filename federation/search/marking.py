"""Marking in a text what was asked, and other words for it; and cutting out the place where most of it is."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from federation.search import synonyms
from federation.search.matching import STOP_WORDS, Part, parts
from federation.search.text import IS_HAN, RUN, fold, runs, stem

Pieces = list[tuple[str, bool]]
BEGINNING = re.compile(r"[。！？；\n]|[.!?;] ")
"""After what a new thought begins: a good place to cut."""
BEFORE = 40
"""Characters before the first mark in which such a place is looked for."""


def highlights(text: str, asked: str) -> Pieces:
    """`text` in pieces, each with whether it matches what was asked."""
    marks = _marks(text, [part for part in parts(asked) if not part.unwanted])
    return _pieces(text, marks, 0, len(text))


def snippet(texts: Sequence[str], asked: str, limit: int) -> Pieces:
    """About `limit` characters of the text in which most of what was asked stands, from the place where it does.

    The first text, from its beginning, unless a place elsewhere has more of it.
    """
    wanted = [part for part in parts(asked) if not part.unwanted]
    best: tuple[int, Pieces] = (-1, [("", False)])
    for text in texts:
        marks = _marks(text, wanted)
        start, end = _place(text, marks, limit)
        found = _pieces(text, marks, start, end)
        score = len({fold(piece) for piece, marked in found if marked})
        if score > best[0]:
            if start:
                found.insert(0, ("…", False))
            if end < len(text):
                found.append(("…", False))
            best = score, found
        if score >= len(wanted):
            break
    return best[1]


def _place(text: str, marks: Sequence[bool], limit: int) -> tuple[int, int]:
    """From where to where to cut `limit` characters out, so that most marks are within."""
    if len(text) <= limit:
        return 0, len(text)
    counted = [0, *accumulate(marks)]
    last = len(text) - limit
    within = [counted[place + limit] - counted[place] for place in range(last + 1)]
    most = max(within)
    if within[0] == most:
        return 0, limit
    first = marks.index(True, within.index(most))
    before = max(0, first - BEFORE)
    breaks = [match.end() for match in BEGINNING.finditer(text, before, first)]
    start = min(breaks[-1] if breaks else max(before, first - BEFORE // 2), last)
    return start, start + limit


def _marks(text: str, wanted: Sequence[Part]) -> list[bool]:
    """For each character, whether it belongs to what was asked."""
    marks = [False] * len(text)
    if not wanted:
        return marks
    folded = fold(text)
    if len(folded) == len(text):
        for start, end in _spots(folded, wanted):
            marks[start:end] = [True] * (end - start)
        return marks
    # Some characters are written out when folded, such as … and ℃: where each began is kept.
    lengths = [len(unicodedata.normalize("NFKC", sign).lower()) for sign in text]
    if sum(lengths) != len(folded):
        return marks
    begins = list(accumulate(lengths, initial=0))
    for start, end in _spots(folded, wanted):
        for place in range(bisect_right(begins, start) - 1, bisect_right(begins, end - 1)):
            marks[place] = True
    return marks


def _pieces(text: str, marks: Sequence[bool], start: int, end: int) -> Pieces:
    pieces: Pieces = []
    begun = start
    for place in range(start + 1, end + 1):
        if place == end or marks[place] != marks[begun]:
            pieces.append((text[begun:place], marks[begun]))
            begun = place
    return pieces or [(text[start:end], False)]


def _spots(folded: str, wanted: Sequence[Part]) -> Iterator[tuple[int, int]]:
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
    if stems:
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
