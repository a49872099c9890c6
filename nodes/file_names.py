"""Texts as file names that any system takes."""

from __future__ import annotations

import re

from shared.record import MAX_NAME
from shared.validation import plain

_NOT_IN_NAMES = str.maketrans('/\\<>:"|?*', "／＼＜＞：＂｜？＊")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def file_name(text: str) -> str:
    """`text` as a file name that any system takes: reserved signs full width, at most `MAX_NAME` characters."""
    name: str = plain(_BREAKS.sub(" ", text)).translate(_NOT_IN_NAMES).strip().rstrip(". ")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, dot, suffix = name, "", ""
    # What was cut may have been what a joiner joined.
    return str(plain(stem[: MAX_NAME - len(dot + suffix)])).rstrip(". ") + dot + suffix
