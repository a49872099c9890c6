"""Texts as file names that any system takes."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, count
from unicodedata import normalize

from shared.record import MAX_NAME
from shared.validation import plain

MAX_SUFFIX = 10
"""Characters of what may follow the last dot: more is no suffix but a part of the name."""
_NOT_IN_NAMES = str.maketrans('/\\<>:"|?*', "／＼＜＞：＂｜？＊")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def file_name(text: str) -> str:
    """`text` as a file name that any system takes: reserved signs full width, at most `MAX_NAME` characters."""
    name: str = plain(_BREAKS.sub(" ", text)).translate(_NOT_IN_NAMES).strip().rstrip(". ")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > MAX_SUFFIX:
        stem, dot, suffix = name, "", ""
    # What was cut may have been what a joiner joined.
    return str(plain(stem[: MAX_NAME - len(dot + suffix)])).rstrip(". ") + dot + suffix


def folded(name: str) -> str:
    """What two names of one record must not have in common: case and form do not tell them apart."""
    return normalize("NFC", normalize("NFC", name).casefold())


def numbered(name: str, taken: Collection[str]) -> str:
    """`name`, with the first number that sets it apart from those `taken` (folded), as file managers do it."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > MAX_SUFFIX:
        stem, dot, suffix = name, "", ""
    ends = chain([dot + suffix], (f" ({number}){dot}{suffix}" for number in count(2)))
    made = (stem[: MAX_NAME - len(end)] + end for end in ends)
    return next(one for one in made if folded(one) not in taken)
