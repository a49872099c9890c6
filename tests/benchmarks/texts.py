"""Generated records with words as frequent as in real texts: the shared data when it is there, else the demo's."""

from __future__ import annotations

import json
import random
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import rjieba

from shared.record import EVIDENCE_TYPES
from shared.vocabularies import vocabulary
from tests.support.records import make_record

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
REAL = {
    "csl/records.jsonl": ("title", "abstract", "keywords"),
    "laws/metrology_core.jsonl": ("title", "text", "articles"),
    "laws/metrology_related.jsonl": ("title", "text", "articles"),
    "classical/classical_passages.jsonl": ("text",),
}
SEED = 20


def corpus() -> Iterator[str]:
    """The texts that the frequencies are learnt from."""
    if DATA.is_dir():
        for name, fields in REAL.items():
            with (DATA / name).open(encoding="utf-8") as lines:
                for line in lines:
                    found = json.loads(line)
                    yield from (_flat(found.get(field, "")) for field in fields)
    else:
        for path in sorted((ROOT / "config" / "demo").glob("*/resources/*.toml")):
            found = tomllib.loads(path.read_text(encoding="utf-8"))
            yield from (found.get(name, {}).get("zh", "") for name in ("title", "summary", "description"))


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        value = list(value.values())
    return "\n".join(map(_flat, value)) if isinstance(value, list) else ""


class Words:
    """Draws words and texts by their frequency; the same seed gives the same texts."""

    def __init__(self, seed: int = SEED) -> None:
        counts = Counter(word for text in corpus() for word in rjieba.cut(text, True) if word.isprintable())
        self._all, self._weights = _cumulative(counts)
        content = {word: count for word, count in counts.items() if len(word) > 1 and word.isalpha()}
        self._content, self._content_weights = _cumulative(content)
        self._random = random.Random(seed)
        self._codes = {
            "types": [code for code in vocabulary("types").terms if code not in EVIDENCE_TYPES],
            **{name: list(vocabulary(name).terms) for name in ("themes", "disciplines", "audiences", "licenses")},
        }

    def text(self, words: int, longest: int) -> str:
        """Running text of about so many words, punctuation among them."""
        return "".join(self._random.choices(self._all, cum_weights=self._weights, k=words))[:longest].strip() or "度"

    def keywords(self, count: int) -> list[str]:
        """Different words of two characters and more."""
        drawn = self._random.choices(self._content, cum_weights=self._content_weights, k=count)
        return list(dict.fromkeys(word[:60] for word in drawn))

    def record(self, **changes: Any) -> dict[str, Any]:
        """A record of ordinary length with a link and no file."""
        few = self._random.randint
        return make_record(
            title={"zh": "".join(self.keywords(few(2, 5)))[:100]},
            summary={"zh": self.text(few(30, 60), 1000)},
            description={"zh": self.text(few(60, 160), 5000)},
            keywords=self.keywords(few(3, 6)),
            type=self._code("types"),
            themes=[self._code("themes")],
            disciplines=[self._code("disciplines")],
            audiences=[self._code("audiences")],
            license=self._code("licenses"),
            **changes,
        )

    def questions(self, count: int) -> list[tuple[str, str]]:
        """What people ask: one word mostly, sometimes two, sometimes within a type; (text, type or empty)."""
        asked = []
        for _ in range(count):
            words = self.keywords(1 if self._random.random() < 0.7 else 2)
            asked.append((" ".join(words), self._code("types") if self._random.random() < 0.25 else ""))
        return asked

    def _code(self, name: str) -> str:
        """A code of a vocabulary, the first ones more often: facets in real collections are that uneven."""
        codes = self._codes[name]
        return codes[min(int(self._random.expovariate(0.4)), len(codes) - 1)]


def _cumulative(counts: dict[str, int]) -> tuple[list[str], list[int]]:
    ordered = sorted(counts.items())
    return [word for word, _ in ordered], list(accumulate(count for _, count in ordered))
