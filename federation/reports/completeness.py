"""How much of what can be said of a resource is said of it: a plain share, the same for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Record = Mapping[str, Any]
PICTURES = ("image/",)

ASKED: Mapping[str, Callable[[Record], bool]] = {
    "title_en": lambda record: "en" in record["title"],
    "summary_en": lambda record: "en" in record["summary"],
    "description": lambda record: bool(record.get("description")),
    "disciplines": lambda record: bool(record.get("disciplines")),
    "audiences": lambda record: bool(record.get("audiences")),
    "keywords": lambda record: len(record.get("keywords", ())) >= 3,
    "creators": lambda record: bool(record.get("creators")),
    "created": lambda record: bool(record.get("created")),
    "rights_holder": lambda record: bool(record.get("rights_holder")),
    "alt": lambda record: all(file.get("alt") for file in record.get("files", ()) if _is_picture(file)),
}
"""What is asked, each counting alike; all of it is optional in the record."""


def completeness(record: Record) -> float:
    """The share of what is asked that the record answers, from 0 to 1."""
    return sum(1 for answered in ASKED.values() if answered(record)) / len(ASKED)


def _is_picture(file: Mapping[str, Any]) -> bool:
    return str(file.get("media_type", "")).startswith(PICTURES)
