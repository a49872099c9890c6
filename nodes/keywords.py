"""Keywords suggested from a text: terms that are known already, and terms that the text itself shows to be ones.

Known are the terms of the vocabularies, the keywords that the institution used before, and those that a file names.
For the rest, runs of Chinese characters are cut at words that no term holds (`CUTS`), and every n-gram of 2 to 10
characters that stands there twice, or in the title beside a cut, is weighed by

* its C-value (Frantzi, Ananiadou and Mima, 2000): how often it stands there, less how often, on average, as a part
  of longer ones that repeat, times the logarithm of its length;
* the entropy of its boundaries (Jin and Tanaka-Ishii, 2006): whether different characters, or ends, come before and
  after it. A part of a longer word always has the same neighbours;
* its place: what the title says, or what stands between two cuts, counts more, what any text says (`GENERAL`) less.

Latin terms are the runs of words between stop words (RAKE: Rose et al., 2010), by their length and how often they
stand there. Weights were set on 500 of the 1,000 Chinese abstracts of CSL and tried on the other 500
(docs/architecture.md has the figures).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from nodes.keyword_words import CUTS, GENERAL, STOP
from nodes.models import Version
from shared.vocabularies import vocabulary

MOST = 10
"""Suggestions."""
MOST_TEXT = 8_000
"""Characters of text that are looked at."""
EARLIER = 300
"""Versions whose keywords are known: the last registered."""
SHORTEST, LONGEST = 2, 10
"""Characters of a Chinese term."""
MOST_WORDS = 3
"""Words of an English one."""
IN_TITLE, WHOLE, BORDER, TWO, GENERALLY, KNOWN = 2.0, 0.5, 0.4, 0.6, 0.4, 1.0
"""Weights: of the title; of standing between two cuts; of boundaries that tell nothing; of two characters only, which
are mostly a part of a term; of general words; and of what is known to be a keyword."""
OVERLAPS = 1
"""Better suggestions that one may be a part of, or have as a part."""
VOCABULARIES = ("themes", "disciplines", "occasions")
HAN_RUN = re.compile("[\u3400-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9+./'’-]*(?: [A-Za-z][A-Za-z0-9+./'’-]*)*")
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)[!-~]+|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|\b[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/[!-~]*",
    re.I | re.A,
)
"""Addresses of pages and of people: their parts are no words."""
CONTRACTED = ("n't", "'re", "'ve", "'ll", "'d", "'m")
"""Ends of words that are two."""


def suggest(title: str, body: str, *, known: Iterable[str] = (), said: Sequence[str] = ()) -> list[str]:
    """The best `MOST` keywords for a text, the best first.

    `known` are terms that others have used; `said` are keywords that a file names itself, which come first.
    """
    title, body = (_ADDRESS.sub(" ; ", words[:MOST_TEXT]) for words in (title, body))
    weighed = weigh(title, body)
    whole = f"{title}\n{body}"
    for term in _labels(known):
        times = whole.count(term) if len(term) > 1 else 0
        if times:
            weighed[term] = weighed.get(term, 0.0) + KNOWN * math.log2(1 + times) * (IN_TITLE if term in title else 1)
    ranked = sorted(weighed, key=lambda term: (-weighed[term], term))
    return list(dict.fromkeys([*said, *_apart(ranked)]))[:MOST]


def earlier(session: Session) -> list[str]:
    """The keywords of what was registered last; a bounded number of versions is looked at."""
    latest = select(Version).order_by(sql("versions.rowid DESC")).limit(EARLIER)
    found = (word for version in session.scalars(latest) for word in version.content.get("keywords", ()))
    return list(dict.fromkeys(found))


def weigh(title: str, body: str) -> dict[str, float]:
    """The weight of each candidate that the text itself shows."""
    titles, pieces = list(_pieces(title)), [*_pieces(title), *_pieces(body)]
    counts = Counter(piece[start:end] for piece in pieces for start, end in _grams(len(piece)))
    edges = {
        piece[start:end] for piece in titles for start, end in _grams(len(piece)) if not start or end == len(piece)
    }
    titled = {piece[start:end] for piece in titles for start, end in _grams(len(piece))}
    nested, parts = _nested(counts)
    candidates = {gram for gram, count in counts.items() if gram not in parts and (count > 1 or gram in edges)}
    # Signs that somebody has leant on are no term; 星星 may be one.
    candidates = {gram for gram in candidates if len(gram) == SHORTEST or len(set(gram)) > 1}
    borders, whole = _borders(pieces, candidates), set(pieces)
    weights = {}
    for gram in candidates:
        # One that stands alone at least once is worth a little, however often it is a part of others.
        value = math.log2(len(gram)) * (max(0.0, counts[gram] - nested.get(gram, 0.0)) + 1)
        border = BORDER + borders[gram] + WHOLE * (gram in whole)
        weights[gram] = value * border * _usual(gram) * (IN_TITLE if gram in titled else 1.0)
    return weights | _latin(title, body)


def _borders(pieces: Sequence[str], candidates: Collection[str]) -> dict[str, float]:
    """The entropy of what comes before or after each candidate, the lower; each end of a piece differs from all."""
    before: dict[str, Counter[str]] = defaultdict(Counter)
    after: dict[str, Counter[str]] = defaultdict(Counter)
    for number, piece in enumerate(pieces):
        for start, end in _grams(len(piece)):
            gram = piece[start:end]
            if gram in candidates:
                before[gram][piece[start - 1] if start else f"^{number}"] += 1
                after[gram][piece[end] if end < len(piece) else f"${number}"] += 1
    return {gram: min(_entropy(before[gram]), _entropy(after[gram])) for gram in candidates}


@cache
def _cut() -> re.Pattern[str]:
    """Any of `CUTS`, the longest first; the page that stays open compiles it when it first suggests something."""
    return re.compile("|".join(sorted(map(re.escape, CUTS), key=len, reverse=True)))


def _pieces(words: str) -> Iterator[str]:
    """The runs of Chinese characters, cut at words that no term holds."""
    for run in HAN_RUN.findall(words):
        yield from (piece for piece in _cut().split(run) if len(piece) >= SHORTEST)


def _grams(length: int) -> Iterator[tuple[int, int]]:
    for start in range(length - SHORTEST + 1):
        for end in range(start + SHORTEST, min(length, start + LONGEST) + 1):
            yield start, end


def _nested(counts: Mapping[str, int]) -> tuple[dict[str, float], set[str]]:
    """How often each n-gram is, on average, within a longer one that repeats; and those that are nowhere else."""
    total: Counter[str] = Counter()
    longer: Counter[str] = Counter()
    parts: set[str] = set()
    for gram, count in counts.items():
        if count > 1:
            for start, end in _grams(len(gram)):
                part = gram[start:end]
                if part != gram:
                    total[part] += count
                    longer[part] += 1
                    parts |= {part} if counts[part] == count else set()
    return {gram: total[gram] / longer[gram] for gram in total}, parts


def _entropy(neighbours: Mapping[str, int]) -> float:
    """Shannon's entropy in bits."""
    total = sum(neighbours.values())
    return -sum(count / total * math.log2(count / total) for count in neighbours.values())


def _usual(gram: str) -> float:
    return (TWO if len(gram) == SHORTEST else 1.0) * (GENERALLY if gram in GENERAL else 1.0)


def _latin(title: str, body: str) -> dict[str, float]:
    """Weights of Latin terms of one to three words; a single word must repeat, or be a name or an abbreviation."""
    counts: Counter[str] = Counter()
    titled = {term.lower() for term in _terms(title)}
    for term in [*_terms(title), *_terms(body)]:
        counts[term] += 1
    return {
        term: math.log2(1 + len(term.split())) * count * (IN_TITLE if term.lower() in titled else 1.0)
        for term, count in counts.items()
        if count > 1 or " " in term or term.lower() in titled or term.isupper()
    }


def _terms(words: str) -> Iterator[str]:
    for run in _LATIN.findall(words):
        term: list[str] = []
        for word in [*run.split(), "the"]:
            if not _stops(word.lower().replace("’", "'").strip(".-/'")):
                term.append(word.strip(".-/'’"))
                continue
            if 0 < len(term) <= MOST_WORDS and len(" ".join(term)) > SHORTEST:
                yield " ".join(term)
            term = []


def _stops(word: str) -> bool:
    return word in STOP or word.removesuffix("'s") in STOP or word.endswith(CONTRACTED)


def _labels(known: Iterable[str]) -> Iterator[str]:
    """All that is known to be a keyword."""
    yield from dict.fromkeys(known)
    for name in VOCABULARIES:
        for term in vocabulary(name):
            yield from (term.zh, term.en)


def _apart(ranked: Iterable[str]) -> Iterator[str]:
    """The terms but for those that are a part of, or have as a part, more than `OVERLAPS` better ones."""
    chosen: list[str] = []
    for term in ranked:
        if sum(term in other or other in term for other in chosen) <= OVERLAPS:
            chosen.append(term)
            yield term
        if len(chosen) >= MOST:
            return
