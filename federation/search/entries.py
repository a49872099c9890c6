"""How a document stands in the index: its fields, and the tokens in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

import tantivy

from federation.search.documents import FACETS, YEARS, SearchDocument
from federation.search.pinyin import LONGEST, pinyin, readings
from federation.search.text import IS_HAN, MAX_TOKEN, cut, fold, folded_grams, runs, standing_alone, whole

ORDERED = {"zh": "title_zh", "en": "title_en"}
"""By which field titles are put in order for readers of a language."""
MAX_STORED = 6000
"""Characters of a description that are kept for showing where the words are."""
MARK = "\t"
"""Stands in a suggestion between what is typed and what is suggested."""
MAX_TERM = 40
WITHIN = "~"
"""Stands after `MARK` where the beginning is that of a word within the term."""


def schema() -> tantivy.Schema:
    """The fields of the index."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("ark", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("payload", "descriptions"):
        builder.add_bytes_field(name, stored=True)
    for name in ("title", "keywords", "text"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("alone", "pinyin"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("identifiers", "exact", "suggest"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (*FACETS, *ORDERED.values()):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("published_at", "uses"):
        builder.add_unsigned_field(name, fast=True)
    for name in YEARS:
        builder.add_integer_field(name, fast=True)
    return builder.build()


def stored(document: tantivy.Document, name: str) -> str:
    """A text of a document that was found, as it was brought."""
    found: Any = document.get_first(name)
    return bytes(found).decode()


def entry(document: SearchDocument) -> tantivy.Document:
    """A document as the engine takes it."""
    titles, keywords = fold(_joined(document.titles.values())), fold(_joined(document.keywords))
    rest = fold(
        _joined((*document.summaries, *document.descriptions.values(), *document.creators, document.extra_text))
    )
    terms = (*document.keywords, *document.terms)
    of_title, of_keywords = folded_grams(titles), folded_grams(keywords)
    made = tantivy.Document(
        ark=document.ark,
        payload=document.payload.encode(),
        descriptions=json.dumps(_cut_off(document), ensure_ascii=False).encode(),
        title=" ".join(of_title),
        keywords=" ".join(of_keywords),
        text=" ".join(chain(of_title, of_keywords, folded_grams(rest))),
        alone=" ".join(standing_alone(f"{titles}\n{keywords}\n{rest}")),
        pinyin=" ".join(pinyin(f"{titles}\n{keywords}")),
        exact=sorted({whole(text)[:MAX_TOKEN] for text in (*document.titles.values(), *terms)} - {""}),
        identifiers=[fold(value).strip() for value in document.identifiers],
        suggest=sorted(set(chain.from_iterable(map(suggestions, terms)))),
    )
    for name in FACETS:
        values = getattr(document, name)
        for value in (values,) if isinstance(values, str) else values:
            made.add_text(name, value)
    for language, name in ORDERED.items():
        made.add_text(name, _in_order(document, language))
    made.add_unsigned("published_at", max(0, int(document.published_at.timestamp())))
    made.add_unsigned("uses", document.uses)
    for name in YEARS:
        if getattr(document, name) is not None:
            made.add_integer(name, getattr(document, name))
    return made


@lru_cache(maxsize=16384)
def suggestions(term: str) -> tuple[str, ...]:
    """For each beginning by which somebody may come to a term: that, `MARK`, and the term as it is written.

    Beginnings are the whole, what follows each word in it, and for Chinese pinyin and initials.
    """
    if not 1 < len(term) <= MAX_TERM or MARK in term:
        return ()
    folded = fold(term).strip()
    starts = {0, *(start for run, han in runs(folded) for start in _starts(folded, run, han))}
    written = [f"{folded[start:]}{MARK}{WITHIN if start else ''}{term}" for start in starts]
    said = readings(folded) if IS_HAN.search(folded) and len(folded) <= LONGEST else ()
    return (*written, *(f"{one}{MARK}{term}" for one in said))


def _starts(folded: str, run: str, han: bool) -> Iterator[int]:
    begun = folded.find(run)
    yield begun
    if han:
        for word in cut(run):
            yield folded.find(word, begun)


def _in_order(document: SearchDocument, language: str) -> str:
    """The title by which it is put in order: Chinese by pinyin, which is how dictionaries do it."""
    text = document.titles.get(language) or next(iter(document.titles.values()))
    beginning = fold(text).strip(" 《“\"'（(")[:LONGEST]
    return readings(beginning)[0] if IS_HAN.search(beginning) else beginning


def _cut_off(document: SearchDocument) -> dict[str, str]:
    return {language: text[:MAX_STORED] for language, text in document.descriptions.items()}


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(texts)
