"""A collection as schema.org says it, in JSON-LD: a Collection of works; of a campaign also when it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from federation.collections.content import CAMPAIGN
from federation.collections.reading import Shown
from federation.days import ZONE
from federation.interop.schema_org import LEARNING, licence_address, primary_type
from shared.vocabularies import vocabulary


def describe(shown: Shown, *, page: str, parts: Sequence[str], curator: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON-LD document; `parts` are the permanent addresses of its resources in order."""
    said = shown.content
    texts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": ["Collection", LEARNING],
        "@id": page,
        "url": page,
        "name": _texts(said.title),
        "description": _texts(said.introduction),
        "publisher": dict(curator),
        "collectionSize": len(shown.items),
        "isAccessibleForFree": True,
        "dateModified": shown.at.astimezone(ZONE).date().isoformat(),
        "license": sorted({licence_address(one.entry.record["license"]) for one in shown.items}),
        "about": _event(shown),
        "hasPart": [
            {"@type": primary_type(one.entry.type), "@id": address, "name": _texts(one.entry.record["title"])}
            for one, address in zip(shown.items, parts, strict=True)
        ],
    }
    return {name: value for name, value in texts.items() if value not in (None, "", [], {})}


def _event(shown: Shown) -> dict[str, Any] | None:
    said = shown.content
    if shown.collection.kind != CAMPAIGN or said.begins_on is None or said.ends_on is None:
        return None
    known = vocabulary("occasions")
    names = {tag: known.label(said.occasion, tag) for tag in ("zh", "en")} if said.occasion else said.title
    return {
        "@type": "Event",
        "name": _texts(names),
        "startDate": said.begins_on.isoformat(),
        "endDate": said.ends_on.isoformat(),
    }


def _texts(said: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@language": tag, "@value": text} for tag, text in said.items()]
