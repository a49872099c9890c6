"""What people type becomes Query objects: words, phrases, pinyin, synonyms; never the engine's query language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import tantivy

from federation.search import synonyms
from federation.search.index import SearchIndex
from federation.search.text import MAX_TOKEN, SINGLE, cut, fold, grams, is_symbol, runs, whole
from shared.characters import VISIBLE

MAX_TEXT, MAX_PARTS = 200, 12
WEIGHTS = {"title": 0.3, "keywords": 0.3, "text": 1.0}
PHRASE, ALONE, WHOLE, PINYIN, FUZZY = 0.5, 0.3, 3.0, 2.0, 0.3
EXACT, SYNONYM, SYNONYM_WITHIN = 20.0, 0.05, 0.4
"""What has the very term stands before what has another word for it: it gets points that no synonym reaches."""
BIGRAMS_NEEDED, PARTS_NEEDED = 0.34, 0.6
PART = re.compile(r'(?P<minus>(?:^|(?<=\s))[-－])?(?:["“”「](?P<quoted>[^"“”」]+)["“”」]|(?P<plain>[^\s"“”「」]+))')
STOP_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with")
)
Query = tantivy.Query
SHOULD, MUST, MUST_NOT = tantivy.Occur.Should, tantivy.Occur.Must, tantivy.Occur.MustNot


@dataclass(frozen=True)
class Part:
    """A word as typed, a quoted phrase, or the words of one term; `unwanted` has a minus before it."""

    text: str
    quoted: bool = False
    unwanted: bool = False

    def as_typed(self) -> str:
        """How one types it."""
        return ("-" if self.unwanted else "") + (f'"{self.text}"' if self.quoted else self.text)


def parts(text: str) -> list[Part]:
    """What was typed, in parts: those that together are a term with synonyms are one."""
    found = [
        Part(match.group("quoted") or match.group("plain"), match.group("quoted") is not None, bool(match["minus"]))
        for match in list(PART.finditer(text[:MAX_TEXT]))[:MAX_PARTS]
    ]
    joined: list[Part] = []
    while found:
        length = _term_length(found)
        joined.append(found[0] if length == 1 else Part(" ".join(part.text for part in found[:length])))
        del found[:length]
    return joined


def _term_length(found: Sequence[Part]) -> int:
    for length in range(min(len(found), synonyms.longest()), 1, -1):
        some = found[:length]
        plain = not any(part.quoted or part.unwanted for part in some)
        if plain and synonyms.others(" ".join(part.text for part in some)):
            return length
    return 1


def is_wordless(text: str) -> bool:
    """Whether something was typed of which nothing can be looked for: symbols and emoji only."""
    typed = parts(text)
    telling = [part for part in typed if not part.unwanted] or typed
    return VISIBLE.search(text) is not None and not any(inner(part.text) for part in telling)


def text_query(index: SearchIndex, text: str, *, needed: float = PARTS_NEEDED) -> Query | None:
    """The query for what a person typed, or None when nothing was; what is `is_wordless` finds nothing.

    Of three parts and more, the share `needed` must be found; of two, both. With `needed` 0 any one will do.
    """
    if is_wordless(text):
        return Query.empty_query()
    typed = parts(text)
    wanted = [part for part in typed if not part.unwanted]
    telling = [part for part in wanted if part.quoted or fold(part.text) not in STOP_WORDS] or wanted
    must = _made(index, telling)
    unwanted = _made(index, [part for part in typed if part.unwanted])
    if not must and not unwanted:
        return None
    plain = len(must) > 1 and not any(part.quoted or part.unwanted for part in typed)
    helping = [*_made(index, [part for part in wanted if part not in telling]), *_together(index, wanted)]
    return Query.boolean_query(
        [
            (MUST, _as_whole(index, text, _most(must, needed)) if plain else _most(must, needed)),
            *((SHOULD, query) for query in helping),
            *((MUST_NOT, query) for query in unwanted),
        ]
    )


def _as_whole(index: SearchIndex, text: str, parted: Query) -> Query:
    """What has all that was typed for one keyword or title is found by that too."""
    return Query.boolean_query([(SHOULD, parted), (SHOULD, _whole(index, text))])


def _made(index: SearchIndex, some: Sequence[Part]) -> list[Query]:
    made = (_part(index, part) for part in some)
    return [query for query in made if query is not None]


def _most(wanted: Sequence[Query], share: float) -> Query:
    """Most of the parts that were typed must be found; resources that have all of them come first."""
    if len(wanted) < 2:
        return wanted[0] if wanted else Query.all_query()
    needed = 2 if len(wanted) == 2 and share else max(1, round(len(wanted) * share))
    return Query.boolean_query([(SHOULD, query) for query in wanted], minimum_number_should_match=needed)


def _together(index: SearchIndex, wanted: Sequence[Part]) -> Iterator[Query]:
    """Words that are not Chinese count more where they stand together as typed."""
    tokens: list[str] = []
    for part in (*wanted, None):
        plain = part is not None and not part.quoted and not any(han for _, han in runs(fold(part.text)))
        if part is not None and plain:
            tokens += grams(part.text)
            continue
        if len(tokens) > 1:
            yield Query.boost_query(_phrase(index, tokens), PHRASE)
        tokens = []


def _part(index: SearchIndex, part: Part) -> Query | None:
    """One part as typed: every run of it must be found, or else another word for it."""
    folded = fold(part.text)
    tokens = inner(part.text)
    if not tokens:
        return None
    if part.quoted:
        return _substring(index, tokens, folded)
    others = synonyms.others(part.text)
    made = [_run(index, run, han, within=not others) for run, han in runs(folded)]
    if others and len(made) > 1:
        # Several words that are one term, such as a name: its words far apart are something else.
        made = [_phrase(index, tokens)]
    identifier = Query.boost_query(Query.term_query(index.schema, "identifiers", folded.strip()), 10.0)
    together = made[0] if len(made) == 1 else Query.boolean_query([(MUST, query) for query in made])
    either = [(SHOULD, together), (SHOULD, identifier), (SHOULD, _whole(index, part.text))]
    if others:
        symbol = is_symbol(part.text)
        either += [(SHOULD, Query.boost_query(_term(index, other), 1.0 if symbol else SYNONYM)) for other in others]
        # A letter by itself is in every text, so there it is what the symbol stands for that counts as the very term.
        meant = others if symbol else (part.text,)
        either += [(SHOULD, Query.const_score_query(_term(index, term), EXACT)) for term in meant]
    return Query.boolean_query(either)


def _whole(index: SearchIndex, text: str) -> Query:
    """What has exactly this for a keyword or a title is about it; elsewhere it is only mentioned."""
    return Query.boost_query(Query.term_query(index.schema, "exact", whole(text)[:MAX_TOKEN]), WHOLE)


def _term(index: SearchIndex, term: str) -> Query:
    """A term exactly: its phrase, or for one Chinese character, the word that it is by itself."""
    if fold(term) in SINGLE:
        return Query.term_query(index.schema, "alone", fold(term))
    tokens = inner(term)
    return _anywhere(index, tokens[0]) if len(tokens) == 1 else _phrase(index, tokens)


def inner(text: str) -> list[str]:
    """The tokens of a text without the closing single character of its last run, which others may follow."""
    tokens = grams(text)
    if len(tokens) > 1 and len(tokens[-1]) == 1 and tokens[-2].endswith(tokens[-1]) and not tokens[-1].isascii():
        tokens.pop()
    return tokens


def _substring(index: SearchIndex, tokens: Sequence[str], folded: str) -> Query:
    """The exact substring, in any field."""
    if len(tokens) > 1:
        return _phrase(index, tokens)
    single = len(tokens[0]) == 1 and not tokens[0].isascii()
    return _han(index, folded, within=False) if single else _anywhere(index, tokens[0])


def phrase(index: SearchIndex, text: str) -> Query:
    """What has exactly these words or characters somewhere."""
    return _phrase(index, inner(text))


def _phrase(index: SearchIndex, tokens: Sequence[str]) -> Query:
    if len(tokens) == 1:
        return _anywhere(index, tokens[0])
    phrases = {name: Query.phrase_query(index.schema, name, list(tokens)) for name in WEIGHTS}
    return Query.boolean_query([(SHOULD, Query.boost_query(phrases[name], w)) for name, w in WEIGHTS.items()])


def _anywhere(index: SearchIndex, token: str) -> Query:
    return Query.boolean_query(
        [(SHOULD, Query.boost_query(Query.term_query(index.schema, name, token), w)) for name, w in WEIGHTS.items()]
    )


def _run(index: SearchIndex, run: str, han: bool, *, within: bool) -> Query:
    return _han(index, run, within=within) if han else _latin(index, run)


def _han(index: SearchIndex, run: str, *, within: bool) -> Query:
    """A Chinese run: most of its bigrams must be there; as one phrase counts more.

    With `within`, a term inside of the run may also be another word for it.
    """
    if len(run) == 1:
        prefixes = [Query.regex_query(index.schema, name, re.escape(run) + ".?") for name in WEIGHTS]
        alone = Query.boost_query(Query.term_query(index.schema, "alone", run), ALONE)
        return Query.boolean_query([(SHOULD, query) for query in (*prefixes, alone)])
    bigrams = [first + second for first, second in pairwise(run)]
    if len(bigrams) == 1:
        return _anywhere(index, bigrams[0])
    needed = max(1, int(len(bigrams) * BIGRAMS_NEEDED))
    loose = Query.boolean_query(
        [(SHOULD, _anywhere(index, bigram)) for bigram in bigrams], minimum_number_should_match=needed
    )
    exact = Query.boolean_query([(MUST, loose), (SHOULD, Query.boost_query(_phrase(index, bigrams), PHRASE))])
    instead = _instead(index, run) if within else []
    if not instead:
        return exact
    return Query.boolean_query([(SHOULD, query) for query in (exact, *instead)])


def _instead(index: SearchIndex, run: str) -> list[Query]:
    """The run with the longest term in it put in other words; the dictionary knows that 办公升级 has no 公升."""
    known = synonyms.within(run)
    terms = sorted(known.intersection(cut(run)), key=len) if known else []
    if not terms:
        return []
    rest = [piece for piece in run.split(terms[-1], 1) if len(piece) > 1]
    kept = [_han(index, piece, within=False) for piece in rest]
    return [
        Query.boost_query(
            Query.boolean_query([(MUST, query) for query in (_term(index, other), *kept)]), SYNONYM_WITHIN
        )
        for other in synonyms.others(terms[-1])
    ]


def _latin(index: SearchIndex, run: str) -> Query:
    """A Latin word or number: as it is, as pinyin of a title, or, when no text has it, with one letter wrong."""
    [token] = grams(run) or [run]
    clauses = [(SHOULD, _anywhere(index, token))]
    if run.isascii() and run.isalpha():
        clauses.append((SHOULD, Query.boost_query(Query.term_query(index.schema, "pinyin", run), PINYIN)))
        if len(token) >= 5 and not index.searcher().doc_freq("text", token):
            near = Query.fuzzy_term_query(index.schema, "text", token, distance=1)
            clauses.append((SHOULD, Query.boost_query(near, FUZZY)))
    return Query.boolean_query(clauses)
