"""What is searched of a published version: from its record to a document of the index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from federation.models.events import FeedEntry
from federation.models.institutions import Institution
from federation.models.resources import Resource, ResourceVersion
from federation.search.documents import SearchDocument
from shared.vocabularies import vocabulary

EVER = 9999
"""A period that is open on one side goes on to this year, or from that before our era."""
SUGGESTED = {"type": "types", "themes": "themes", "disciplines": "disciplines", "occasions": "occasions"}
"""Of which fields the terms' labels are suggested to those who type, with their vocabularies."""


def document(
    entry: FeedEntry, version: ResourceVersion, resource: Resource, institution: Institution, *, uses: int = 0
) -> SearchDocument:
    """What is indexed of a published version that was used so often."""
    record = version.record
    shown = {
        "title": record["title"],
        "summary": record["summary"],
        "type": record["type"],
        "license": record["license"],
        "institution": institution.code,
        "names": institution.names,
        "keywords": record.get("keywords", []),
        "at": entry.at.isoformat(),
    }
    first, last = _period(record.get("coverage", {}).get("period", {}))
    return SearchDocument(
        ark=resource.ark or "",
        record_id=resource.id,
        titles=record["title"],
        summaries=tuple(record["summary"].values()),
        descriptions=record.get("description", {}),
        keywords=tuple(record.get("keywords", ())),
        creators=tuple(agent["name"] for agent in [*record.get("creators", ()), *record.get("contributors", ())]),
        identifiers=(resource.ark or "", *(one["value"] for one in record.get("identifiers", ()))),
        extra_text="\n".join(_further_words(record, institution.names)),
        terms=(*institution.names.values(), *_labels(record, SUGGESTED)),
        type=record["type"],
        themes=tuple(record["themes"]),
        disciplines=tuple(record.get("disciplines", ())),
        audiences=tuple(record.get("audiences", ())),
        occasions=tuple(record.get("occasions", ())),
        institution=institution.code,
        license=record["license"],
        published_at=entry.at,
        period_from=first,
        period_until=last,
        created_year=_year(record.get("created", "")),
        uses=uses,
        payload=json.dumps(shown, ensure_ascii=False),
    )


def _period(said: Mapping[str, Any]) -> tuple[int | None, int | None]:
    if "from" not in said and "until" not in said:
        return None, None
    return said.get("from", -EVER), said.get("until", EVER)


def _year(created: str) -> int | None:
    """The year of an EDTF date, astronomical as ISO 8601 has it."""
    digits = 5 if created.startswith("-") else 4
    return int(created[:digits]) if created else None


def _further_words(record: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """Words by which people look for a resource beside its own texts: type, occasions, period, place, institution."""
    coverage = record.get("coverage", {})
    for part in ("period", "place"):
        yield from coverage.get(part, {}).get("name", {}).values()
    yield from _labels(record, {"type": "types", "occasions": "occasions"})
    yield from names.values()


def _labels(record: Mapping[str, Any], fields: Mapping[str, str]) -> Iterator[str]:
    for field, name in fields.items():
        known, said = vocabulary(name), record.get(field, ())
        for code in (said,) if isinstance(said, str) else said:
            yield from (known.label(code, "zh"), known.label(code, "en"))
