"""What was seen of a table that nobody has mapped yet (see `surveys`), and by which its kind is known again."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

DIVIDERS = ("；", ";", "、", "，", ",", "/", "\n")
"""What people put between several words of one cell."""


@dataclass
class Column:
    """What one column holds: its heading and letter, examples, how many cells are filled, and its words with counts.

    `words` is empty for a column of texts; `unique` says that no value stood twice, so that it may identify.
    """

    heading: str
    letter: str
    samples: list[str] = field(default_factory=list)
    filled: int = 0
    unique: bool = True
    words: dict[str, int] = field(default_factory=dict)


def digest_of(headings: Sequence[str]) -> str:
    """By which a table of the same kind is known again: the set of its headings, wherever each stands."""
    folded = sorted({unicodedata.normalize("NFKC", heading).casefold() for heading in headings if heading})
    return hashlib.sha256("\n".join(folded).encode("utf-8")).hexdigest()


def as_json(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The columns in the form in which a batch keeps them."""
    return [asdict(column) for column in columns]


def from_json(kept: Sequence[dict[str, Any]]) -> list[Column]:
    """The columns that a batch keeps."""
    return [Column(**column) for column in kept]
