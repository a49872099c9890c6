"""What is indexed of one published resource."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

FACETS = ("type", "themes", "disciplines", "audiences", "institution", "license")


@dataclass(frozen=True, kw_only=True)
class SearchDocument:
    """A resource's texts in all its languages, its facets, and the payload that a result list shows (JSON)."""

    ark: str
    record_id: str
    titles: tuple[str, ...]
    summaries: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    extra_text: str = ""
    type: str
    themes: tuple[str, ...] = ()
    disciplines: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    institution: str
    license: str
    language: tuple[str, ...] = ()
    published_at: datetime
    payload: str
