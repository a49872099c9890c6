"""The language of commands: Chinese unless COMMONS_LANGUAGE or the locale says otherwise; English by catalogue."""

from __future__ import annotations

import gettext
import os
from functools import lru_cache
from pathlib import Path

from shared.wording import Words

FOLDER = Path(__file__).with_name("translations")


def language() -> str:
    """`zh` or `en`."""
    said = os.environ.get("COMMONS_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "zh"
    return "en" if said.lower().startswith("en") else "zh"


@lru_cache(maxsize=2)
def catalogue(name: str) -> gettext.NullTranslations:
    """The texts in a language; Chinese is what stands in the source."""
    if name == "zh":
        return gettext.NullTranslations()
    return gettext.translation("messages", FOLDER, languages=[name], fallback=True)


def later(text: str) -> str:
    """`text` unchanged, noted for the catalogue: it is put into the user's language where it is shown."""
    return text


def _(text: str) -> str:
    """`text` in the user's language."""
    return catalogue(language()).gettext(text)


def in_ones_language(words: str) -> str:
    """`words` in the user's language, if they are in both."""
    return words.zh if isinstance(words, Words) and language() == "zh" else str(words)
