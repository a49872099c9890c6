"""What somebody who is typing may be about to ask: keywords, terms of the vocabularies, and titles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Query

from federation.search.entries import MARK, WITHIN, stored
from federation.search.index import SearchIndex
from federation.search.matching import inner, text_query
from federation.search.query import WITNESSES, arks_of
from federation.search.sounds import sounds
from federation.search.text import IS_HAN, fold, whole

LIMIT = 8
MOST_TITLES = 4
CONSIDERED = 40
COUNTED = 10_000
"""Resources under a term up to which they are counted one by one; of more, nobody misses those that are gone."""
SHARED = 50
"""A term that more resources have than this belongs to none of them."""
LEAST_LATIN = 3
"""Letters that one must have typed before titles are looked for by pinyin: fewer are in too many of them."""


@dataclass(frozen=True)
class Suggestion:
    """Something that can be asked; `count` resources are under this term, 0 for the title of one of them.

    `arks` are some of these: whoever shows it looks whether any is public still. A term of more than SHARED resources
    has none.
    """

    text: str
    count: int = 0
    arks: Sequence[str] = ()


def suggest(index: SearchIndex, typed: str, *, language: str = "zh", limit: int = LIMIT) -> list[Suggestion]:
    """What begins like `typed`, or has a word that does, or is said so in pinyin or initials; terms before titles."""
    beginning = fold(typed).strip()
    if not whole(beginning) or any(sign in typed for sign in '"“”「」' + MARK):
        return []
    terms = list(_terms(index, beginning, limit))
    titles = list(_titles(index, beginning, language, MOST_TITLES)) if len(terms) < limit else []
    return [*terms, *titles][:limit]


def _terms(index: SearchIndex, beginning: str, limit: int) -> Iterator[Suggestion]:
    """Terms that begin so, then those with a word that does; of several words, the last is completed."""
    searcher = index.searcher()
    found = searcher.terms_with_prefix("suggest", beginning, limit=CONSIDERED)
    before = ""
    if not found and " " in beginning:
        before, _, last = beginning.rpartition(" ")
        narrowed = text_query(index, before)
        found = searcher.terms_with_prefix("suggest", last, narrowed, limit=CONSIDERED) if last and narrowed else []
    terms = [(token, *_written(token), count) for token, count in found]
    told: set[str] = set()
    for token, term, _within, count in sorted(terms, key=lambda one: (one[2], -one[3], len(one[1]))):
        left, arks = (0, ()) if whole(term) in told else _left(index, searcher, token, count)
        if left:
            told.add(whole(term))
            yield Suggestion(f"{before} {term}".strip(), count if before else left, arks)
        if len(told) == limit:
            return


def _written(token: str) -> tuple[str, bool]:
    """The term that a token of the index suggests, and whether what is typed begins a word within it."""
    term = token.partition(MARK)[2]
    return term.removeprefix(WITHIN), term.startswith(WITHIN)


def _left(index: SearchIndex, searcher: tantivy.Searcher, token: str, count: int) -> tuple[int, Sequence[str]]:
    """How many of the resources that a token was written for are in the index still, and a few of them.

    The engine's own number is of all that were ever written until it tidies up, which may be never: a word of a
    resource that was taken down for that word would be offered on. Narrowed by a query, it counts what is left.
    """
    query = Query.const_score_query(Query.term_query(index.schema, "suggest", token), 1.0)
    found: Any = searcher.search(query, limit=WITNESSES, count=count <= COUNTED)
    left = int(found.count or 0) if count <= COUNTED else count * bool(found.hits)
    return left, arks_of(searcher, found.hits) if left <= SHARED else ()


def _titles(index: SearchIndex, beginning: str, language: str, limit: int) -> Iterator[Suggestion]:
    searcher = index.searcher()
    query = _in_titles(index, beginning)
    shown: set[str] = set()
    for _, address in searcher.search(query, limit=limit, count=False).hits:
        document = searcher.doc(address)
        titles = json.loads(stored(document, "payload"))["title"]
        in_order = [titles[name] for name in sorted(titles, key=lambda name: name != language)]
        text = next((one for one in in_order if _has(index, one, beginning)), "")
        if text and text not in shown:
            shown.add(text)
            yield Suggestion(text, arks=[str(document.get_first("ark"))])


def _has(index: SearchIndex, title: str, beginning: str) -> bool:
    """Whether a title has what was typed, as characters, as pinyin or as initials."""
    folded, table = fold(title), sounds(index.folder)
    if all(word in folded for word in beginning.split()):
        return True
    syllables = table.syllables(folded) if table and beginning.isascii() else []
    return beginning in "".join(syllables) or beginning in "".join(one[:1] for one in syllables)


def _in_titles(index: SearchIndex, beginning: str) -> Query:
    """Titles that have these characters anywhere, the last word not yet finished; or that are said so in pinyin."""
    tokens, schema = inner(beginning), index.schema
    if IS_HAN.search(beginning[-1]) and len(tokens[-1]) > 1:
        one = len(tokens) == 1
        return (
            Query.term_query(schema, "title", tokens[0]) if one else Query.phrase_query(schema, "title", list(tokens))
        )
    query = Query.phrase_prefix_query(schema, "title", list(tokens))
    if beginning.isascii() and beginning.isalpha() and len(beginning) >= LEAST_LATIN:
        said = Query.regex_query(schema, "pinyin", f"{beginning}.*")
        return Query.boolean_query([(tantivy.Occur.Should, query), (tantivy.Occur.Should, said)])
    return query
