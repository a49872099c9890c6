"""Texts of others, told apart by language: a record has a Chinese and an English text, a source has what it has."""

from __future__ import annotations

import re
from collections.abc import Iterable

HAN = re.compile(r"[\u3400-\u9fff]")
CHINESE = ("zh", "chi", "zho", "cmn", "lzh")
OTHERS_WITH_HAN = ("ja", "jpn", "ko", "kor")
Said = tuple[str, str]
"""The language that a source gives for a text (empty for none), and the text."""


def by_language(name: str, said: Iterable[Said]) -> dict[str, list[str]]:
    """`said` under `name`, and apart under `name_zh` and `name_en`; what is empty is left out.

    A text without a language, or in another one, is Chinese when it has Chinese characters, else it stands in for
    English: a record needs one of the two.
    """
    made: dict[str, list[str]] = {name: [], f"{name}_zh": [], f"{name}_en": []}
    for language, text in said:
        plain = text.strip()
        if plain:
            made[name].append(plain)
            made[f"{name}_{'zh' if is_chinese(language, plain) else 'en'}"].append(plain)
    return {key: texts for key, texts in made.items() if texts}


def is_chinese(language: str, text: str) -> bool:
    """Whether a text is Chinese, by what is said of it, or else by its characters."""
    tag = re.split(r"[-_]", language.strip().lower(), maxsplit=1)[0]
    if tag in CHINESE:
        return True
    return bool(HAN.search(text)) and tag not in ("en", "eng", *OTHERS_WITH_HAN)
