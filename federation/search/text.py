"""Text as the index sees it: the same steps for what is indexed and what is asked.

NFKC, lower case, traditional to simplified; then overlapping Chinese bigrams (any substring is found as a phrase
of them), and lightly stemmed Latin words. The dictionary's words say which single characters stand alone, and where
words begin; for ranking they make no difference (docs/architecture.md has the figures).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import opencc

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"[{HAN}]+|°[cf](?![^\W_{HAN}])|[^\W_{HAN}]+(?:['’][^\W_{HAN}]+)*")
"""A degree sign belongs to its letter: `°C` is not the letter c."""
_HAN_OR_NOT = re.compile(rf"([{HAN}]+)|{RUN.pattern}")
IS_HAN = re.compile(rf"[{HAN}]")
LIKE_DEGREE = re.compile(r"[º˚](?=[CF])")
"""The ordinal sign and the ring, which some keyboards give for the degree sign; NFKC would make a letter of one."""
DICTIONARY = Path(__file__).with_name("terms.txt")
MAX_TOKEN = 60
SINGLE = frozenset("米秒克吨升斤尺磅秤")
"""Units and things of one character: words where the dictionary leaves them standing alone, as in 米的定义."""
TERM_FREQUENCY = 1000
"""How common a term of the field counts: enough to be kept whole."""
SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"))


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    # Loaded at the first use: its dictionary takes 30 MB, and a web process may never need it.
    import rjieba  # noqa: PLC0415  # see above

    segmenter = rjieba
    for term in dictionary():
        segmenter.add_word(term, TERM_FREQUENCY, "n")
    return segmenter


@lru_cache(maxsize=1)
def dictionary() -> tuple[str, ...]:
    """The field's terms, which a general dictionary cuts apart."""
    lines = DICTIONARY.read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def fold(text: str) -> str:
    """One form for all ways of writing: compatibility forms, case, traditional characters; no lone surrogates."""
    sound = LIKE_DEGREE.sub("°", text.encode("utf-8", "replace").decode("utf-8"))
    return str(_simplifier().convert(unicodedata.normalize("NFKC", sound).lower()))


def runs(folded: str) -> Iterator[tuple[str, bool]]:
    """Runs of Chinese characters or of other letters and digits; the flag says which is Chinese."""
    for match in _HAN_OR_NOT.finditer(folded):
        yield match.group(), match.lastindex == 1


def grams(text: str) -> list[str]:
    """The tokens of a text in order: bigrams of Chinese runs, each closed by its last character, and stems.

    The closing single character lets a search for one character be a search for a prefix.
    """
    return folded_grams(fold(text))


def folded_grams(folded: str) -> list[str]:
    """The same of a text that is folded already."""
    tokens: list[str] = []
    for run, han in runs(folded):
        if han:
            tokens += [run[place : place + 2] for place in range(len(run))]
        else:
            tokens.append(stem(run[:MAX_TOKEN]))
    return tokens


def standing_alone(folded: str) -> list[str]:
    """The `SINGLE` characters in a folded text that are words of their own."""
    return [word for run, han in runs(folded) if han for word in _alone(run)]


@lru_cache(maxsize=16384)
def whole(text: str) -> str:
    """A title or keyword as one token: its runs, folded and stemmed, whatever stands between them."""
    return " ".join(run if han else stem(run) for run, han in runs(fold(text)))


def cut(run: str) -> list[str]:
    """The dictionary words of two characters and more in a Chinese run."""
    return [word for word in _segmenter().cut_for_search(run, True) if len(word) > 1]


def is_symbol(text: str) -> bool:
    """Whether this is one letter that is not Chinese, such as the symbol of a unit."""
    normal = unicodedata.normalize("NFKC", text)
    return len(normal) == 1 and normal.isalpha() and not IS_HAN.match(normal)


def _alone(run: str) -> list[str]:
    return [word for word in _segmenter().cut(run, True) if word in SINGLE] if SINGLE.intersection(run) else []


def stem(word: str) -> str:
    """An English word without its plural ending; what is short or has digits stays."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending, instead in SUFFIXES:
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word[:-1] if word.endswith("s") and word[-2] not in "suis" else word
