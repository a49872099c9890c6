"""Controlled vocabularies: versioned lists of codes with Chinese and English labels.

The lists are TOML files in the folder of the same name. An operator can add lists or terms of the same
form (for example GB/T 32844—2025) with `extend_from`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).with_suffix("")
OF_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "type": "types",
        "themes": "themes",
        "disciplines": "disciplines",
        "audiences": "audiences",
        "occasions": "occasions",
        "stage": "stages",
        "license": "licenses",
    }
)
"""The vocabulary of each field of a record that has one."""


@dataclass(frozen=True)
class Term:
    """One entry of a vocabulary; `plain` explains it in plain words where that is needed (licences)."""

    code: str
    zh: str
    en: str
    valid_from: date
    parent: str | None = None
    plain: Mapping[str, str] = field(default_factory=dict)
    uri: str | None = None

    def label(self, language: str) -> str:
        """The label in `language` ("zh…" or anything else for English)."""
        return self.zh if language.startswith("zh") else self.en

    def in_plain_words(self, language: str) -> str:
        """The explanation in `language`, or the empty string when the term needs none."""
        return self.plain.get("zh" if language.startswith("zh") else "en", "")


@dataclass(frozen=True)
class Vocabulary:
    """A named, versioned list of terms in their order of display."""

    name: str
    version: str
    zh: str
    en: str
    terms: Mapping[str, Term]

    def __contains__(self, code: object) -> bool:
        return code in self.terms

    def __iter__(self) -> Iterator[Term]:
        return iter(self.terms.values())

    def label(self, code: str, language: str) -> str:
        """The label of `code`; the code itself when an older list had it and this one has not."""
        term = self.terms.get(code)
        return term.label(language) if term else code

    def title(self, language: str) -> str:
        """What the whole list is called in `language`."""
        return self.zh if language.startswith("zh") else self.en


def load(path: Path) -> Vocabulary:
    """Read one vocabulary file. Raises `ValueError` naming the file when its form is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        terms = {entry["code"]: Term(**entry) for entry in data["terms"]}
        if len(terms) != len(data["terms"]):
            raise ValueError("a code stands twice")
        label = data["label"]
        return Vocabulary(data["name"], data["version"], label["zh"], label["en"], MappingProxyType(terms))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: not a vocabulary file: {error}") from error


_loaded: dict[str, Vocabulary] = {v.name: v for v in map(load, sorted(FOLDER.glob("*.toml")))}


def vocabulary(name: str) -> Vocabulary:
    """The vocabulary called `name`. Raises `KeyError` when there is none."""
    return _loaded[name]


def extend_from(folder: Path) -> None:
    """Add an operator's own files: a new name adds a vocabulary, a known one adds to its terms."""
    for path in sorted(folder.glob("*.toml")):
        extra = load(path)
        known = _loaded.get(extra.name)
        if known:
            terms = MappingProxyType({**known.terms, **extra.terms})
            extra = Vocabulary(known.name, f"{known.version}+{extra.version}", known.zh, known.en, terms)
        _loaded[extra.name] = extra
