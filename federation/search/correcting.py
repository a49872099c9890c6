"""What was meant where little is found: words with wrong letters, characters that only sound right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from tantivy import Query

from federation.search import synonyms
from federation.search.entries import stored
from federation.search.index import SearchIndex
from federation.search.matching import parts, phrase
from federation.search.sounds import Sounds, sounds
from federation.search.text import RUN, fold, runs, stem

LEAST_LETTERS, TWO_WRONG = 4, 8
"""Letters of a word that can be mended, and of one in which two may be wrong."""
LONGEST_WINDOW, SHORTEST_WINDOW = 6, 2
LOOKED_AT = 10
"""Resources in which the right word is looked for."""


def corrected(index: SearchIndex, text: str) -> str:
    """`text` with words in it that resources have, in place of such as none has; empty when there are none.

    Quoted phrases and what is not wanted stay: they are meant as they stand.
    """
    typed = parts(text)
    mended = []
    for part in typed:
        if part.quoted or part.unwanted or synonyms.others(part.text):
            mended.append(part.as_typed())
            continue
        folded = fold(part.text)
        pieces, done = [], 0
        for match in RUN.finditer(folded):
            pieces += [folded[done : match.start()], _instead(index, match.group())]
            done = match.end()
        now = "".join([*pieces, folded[done:]])
        mended.append(part.as_typed() if now == folded else now)
    return " ".join(mended) if mended != [part.as_typed() for part in typed] else ""


def _instead(index: SearchIndex, piece: str) -> str:
    [(run, han)] = runs(piece)
    if han:
        return _said_the_same(index, run)
    if run.isalpha() and len(run) >= LEAST_LETTERS and not _is_known(index, run):
        return _spelt_nearly(index, run)
    return run


def _is_known(index: SearchIndex, word: str) -> bool:
    searcher = index.searcher()
    return bool(searcher.doc_freq("text", stem(word)) or searcher.doc_freq("pinyin", word))


def _spelt_nearly(index: SearchIndex, word: str) -> str:
    """The word nearest to it that resources have, the more frequent one of two; itself when there is none."""
    token, most = stem(word), 2 if len(word) >= TWO_WRONG else 1
    near = Query.fuzzy_term_query(index.schema, "text", token, distance=most, transposition_cost_one=True)
    seen: Counter[str] = Counter()
    for text in _texts(index, near):
        seen.update({one for one, _ in runs(fold(text)) if one.isalpha() and distance(stem(one), token) <= most})
    searcher = index.searcher()
    ranked = sorted(seen, key=lambda one: (distance(stem(one), token), -searcher.doc_freq("text", stem(one)), one))
    return ranked[0] if ranked else word


def _said_the_same(index: SearchIndex, run: str) -> str:
    """The run with that part of it put right which no resource has, and which sounds like something that one has."""
    table = sounds(index.folder)
    if table is None or _is_somewhere(index, run):
        return run
    searcher, syllables = index.searcher(), table.syllables(run)
    for length in range(min(len(run), LONGEST_WINDOW), SHORTEST_WINDOW - 1, -1):
        for start in range(len(run) - length + 1):
            window = run[start : start + length]
            said = "".join(syllables[start : start + length])
            if not searcher.doc_freq("pinyin", said) or _is_somewhere(index, window):
                continue
            for right in _words_said(index, table, said, length):
                return run[:start] + right + run[start + length :]
    return run


def _words_said(index: SearchIndex, table: Sounds, said: str, length: int) -> Iterator[str]:
    """Words of titles and keywords of so many characters that are said so, the most frequent first."""
    seen: Counter[str] = Counter()
    for text in _texts(index, Query.term_query(index.schema, "pinyin", said)):
        for run, han in runs(fold(text)):
            syllables = table.syllables(run) if han else []
            spans = [slice(start, start + length) for start in range(len(syllables) - length + 1)]
            seen.update({run[span] for span in spans if "".join(syllables[span]) == said})
    yield from (window for window, _ in seen.most_common())


def _is_somewhere(index: SearchIndex, run: str) -> bool:
    if len(run) == SHORTEST_WINDOW:
        return bool(index.searcher().doc_freq("text", run))
    return len(run) < SHORTEST_WINDOW or bool(index.searcher().search(phrase(index, run), limit=1, count=False).hits)


def _texts(index: SearchIndex, query: Query) -> Iterator[str]:
    """Titles, keywords and other texts of the first resources found."""
    searcher = index.searcher()
    for _, address in searcher.search(query, limit=LOOKED_AT, count=False).hits:
        document = searcher.doc(address)
        shown = json.loads(stored(document, "payload"))
        longer = json.loads(stored(document, "descriptions"))
        said = (shown["title"], shown["summary"], shown["names"], longer)
        yield "\n".join([*shown["keywords"], *(text for texts in said for text in texts.values())])


def distance(one: str, other: str) -> int:
    """How many letters must be added, left out, changed, or swapped with the next to make one word of the other.

    The optimal string alignment distance, which tantivy's automaton counts too.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i, *([0] * len(other))]
        for j, instead in enumerate(other, 1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != instead))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == instead:
                row[j] = min(row[j], before[j - 2] + 1)
        before = above
    return row[-1]
