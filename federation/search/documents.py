"""What is indexed of one published resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FACETS = ("type", "themes", "disciplines", "audiences", "occasions", "institution", "license")
YEARS = ("period_from", "period_until", "created_year")
"""Years are astronomical, as in records: 1 BC is 0."""


@dataclass(frozen=True, kw_only=True)
class SearchDocument:
    """A resource's texts in all its languages, its facets, and the payload that a result list shows (JSON).

    `titles` come by language; `terms` are what is suggested to those who type, beside titles; `uses` counts views
    and downloads. A period that is open on one side goes on for ever there.
    """

    ark: str
    record_id: str
    titles: Mapping[str, str]
    summaries: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    creators: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    extra_text: str = ""
    terms: tuple[str, ...] = ()
    type: str
    themes: tuple[str, ...] = ()
    disciplines: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    occasions: tuple[str, ...] = ()
    institution: str
    license: str
    published_at: datetime
    period_from: int | None = None
    period_until: int | None = None
    created_year: int | None = None
    uses: int = 0
    payload: str
