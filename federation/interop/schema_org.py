"""A resource as schema.org says it, in JSON-LD: a primary type with LearningResource beside it (LRMI)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from federation.catalogue import Page, PublicFile
from federation.days import ZONE
from federation.interop.places import Places
from federation.models.institutions import Institution
from shared.vocabularies import vocabulary

LEARNING = "LearningResource"
PRIMARY = {
    "article": "Article",
    "book": "Book",
    "document": "DigitalDocument",
    "photo": "Photograph",
    "image": "VisualArtwork",
    "audio": "AudioObject",
    "video": "VideoObject",
    "animation": "VideoObject",
    "game": "Game",
    "slides": "PresentationDigitalDocument",
    "course": "Course",
    "profile": "Article",
    "dataset": "Dataset",
    "regulation": "Legislation",
}
"""Our types that have one of their own; all others are works."""
WORK, DATASET = "CreativeWork", "Dataset"
MEDIA = {"VideoObject": "video/", "AudioObject": "audio/", "ImageObject": "image/"}
"""Types of schema.org for what is seen and heard, and how the media types of their files begin."""
RELATIONS = {
    "is-part-of": "isPartOf",
    "has-part": "hasPart",
    "is-based-on": "isBasedOn",
    "is-translation-of": "translationOfWork",
    "references": "citation",
    "is-related-to": "isRelatedTo",
}
NOT_OF_WORKS = {"isRelatedTo": "mentions"}
"""What schema.org knows of products alone, and what it says of works instead."""


def primary_type(code: str) -> str:
    """The type of schema.org for one of our vocabulary `types`."""
    return PRIMARY.get(code, WORK)


def describe(page: Page, places: Places) -> dict[str, Any]:
    """The JSON-LD document of a public resource."""
    record, entry = page.record, page.entry
    kind = primary_type(entry.type)
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": [kind, LEARNING],
        "@id": places.cite,
        "url": places.page,
        "identifier": [entry.ark, *_identifiers(record)],
        "name": _texts(record["title"]),
        "abstract": _texts(record["summary"]),
        "description": _texts(record.get("description") or record["summary"]),
        "inLanguage": list(record["language"]),
        "learningResourceType": _label("types", entry.type),
        "about": [_term(name, code) for name in ("themes", "disciplines") for code in record.get(name, ())],
        "audience": [_audience(code) for code in record.get("audiences", ())],
        "keywords": list(record.get("keywords", ())),
        "creator": _people(record.get("creators", ())),
        "contributor": _people(record.get("contributors", ())),
        "publisher": _organisation(entry.institution, places.institution),
        "copyrightHolder": _named(record.get("rights_holder")),
        "license": licence_address(record["license"]),
        **_access(page),
        **_created(record.get("created", "")),
        "datePublished": _moment(page.history[-1].at) if page.history else None,
        "dateModified": _moment(entry.at),
        "version": str(page.version),
        "thumbnailUrl": places.picture,
        **_files(page, places, kind),
        **_coverage(record.get("coverage", {})),
        **_related(page, places),
    }
    return {name: value for name, value in said.items() if value not in (None, "", [], {})}


def licence_address(code: str) -> str:
    """The address of a licence; its code for one that has none."""
    term = vocabulary("licenses").terms.get(code)
    return term.uri if term and term.uri else code


def _texts(said: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@language": tag, "@value": text} for tag, text in said.items()]


def _label(name: str, code: str) -> list[dict[str, str]]:
    known = vocabulary(name)
    return _texts({"zh": known.label(code, "zh"), "en": known.label(code, "en")})


def _term(name: str, code: str) -> dict[str, Any]:
    """What a resource is about has to be a thing, and a list of lists is none in JSON-LD."""
    return {"@type": "DefinedTerm", "termCode": code, "name": _label(name, code)}


def _audience(code: str) -> dict[str, Any]:
    return {"@type": "EducationalAudience", "audienceType": _label("audiences", code)}


def _people(said: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "@type": "Person",
            "name": one["name"],
            **({"affiliation": _named(one["affiliation"])} if one.get("affiliation") else {}),
        }
        for one in said
    ]


def _named(name: str | None) -> dict[str, str] | None:
    return {"@type": "Organization", "name": name} if name else None


def _organisation(institution: Institution, address: str) -> dict[str, Any]:
    return {
        "@type": "Organization",
        "name": _texts(institution.names),
        "url": address,
    }


def _identifiers(record: Mapping[str, Any]) -> list[Any]:
    return [
        one["value"]
        if one["scheme"] == "uri"
        else {
            "@type": "PropertyValue",
            "propertyID": one["scheme"],
            "value": one["value"],
        }
        for one in record.get("identifiers", ())
    ]


def _moment(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def _created(said: str) -> dict[str, str]:
    """A date of ISO 8601; what is about or uncertain (EDTF) is none, and `temporal` may be any text."""
    return {"temporal" if said.endswith(("~", "?")) else "dateCreated": said}


def _access(page: Page) -> dict[str, Any]:
    """Whether anybody may have it all now, for nothing; under an embargo not yet, and from which day on."""
    if all(file.open for file in page.files):
        return {"isAccessibleForFree": True}
    day = date.fromisoformat(page.record["embargo_until"])
    opens = {
        "zh": f"文件自 {day.isoformat()} 起免费开放。",
        "en": f"The files are free to anyone from {day.isoformat()} on.",
    }
    return {"isAccessibleForFree": False, "conditionsOfAccess": _texts(opens)}


def _files(page: Page, places: Places, kind: str) -> dict[str, Any]:
    """The files that are open; a work that is itself a video or a sound leads to the first that is one of them."""
    opened = [file for file in page.files if file.name in places.files]
    if kind == DATASET:
        return {"distribution": [_file(file, places.files[file.name], "DataDownload") for file in opened]}
    said: dict[str, Any] = {"encoding": [_file(file, places.files[file.name], _media_type(file)) for file in opened]}
    if kind in MEDIA:
        said["uploadDate"] = _moment(page.entry.at)
        main = next((file for file in opened if file.media_type.startswith(MEDIA[kind])), None)
        if main is not None:
            said |= {"contentUrl": places.files[main.name], "encodingFormat": main.media_type}
    return said


def _media_type(file: PublicFile) -> str:
    return next((kind for kind, start in MEDIA.items() if file.media_type.startswith(start)), "MediaObject")


def _file(file: PublicFile, address: str, kind: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "@type": kind,
        "name": file.name,
        "contentUrl": address,
        "encodingFormat": file.media_type,
        "contentSize": f"{file.size} B",
        "sha256": file.sha256,
    }
    return said | ({"description": _texts(file.alt)} if file.alt else {})


def _coverage(said: Mapping[str, Any]) -> dict[str, Any]:
    period, place = said.get("period"), said.get("place")
    found: dict[str, Any] = {}
    if period:
        years = [_year(period[end]) if end in period else ".." for end in ("from", "until")]
        known = "from" in period or "until" in period
        found["temporalCoverage"] = "/".join(years) if known else _texts(period["name"])
    if place:
        found["spatialCoverage"] = {"@type": "Place", "name": _texts(place["name"])}
        if "latitude" in place:
            found["spatialCoverage"]["geo"] = {
                "@type": "GeoCoordinates",
                "latitude": place["latitude"],
                "longitude": place["longitude"],
            }
    return found


def _year(number: int) -> str:
    """A year in ISO 8601: four digits, with a sign before the year 0."""
    return f"{'-' if number < 0 else ''}{abs(number):04}"


def _related(page: Page, places: Places) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for one in page.relations:
        name = RELATIONS.get(one.type, "isRelatedTo")
        address = places.related[one.entry.ark]
        kind = primary_type(one.entry.type)
        found.setdefault(NOT_OF_WORKS.get(name, name), []).append({"@type": kind, "@id": address})
    return found
