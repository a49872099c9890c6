"""The record of a resource: the one contract between nodes and hub (DESIGN 3)."""

from __future__ import annotations

import re
import uuid
from calendar import isleap, monthrange
from collections.abc import Mapping
from itertools import islice
from typing import Any
from unicodedata import normalize

from marshmallow import ValidationError, validates_schema

from shared.canonical import canonical
from shared.characters import CONTROLS
from shared.errors import FieldError, InvalidRecord, RecordTooLarge
from shared.validation import (
    LANGUAGE_TAG,
    MAX_FAULTS,
    Checked,
    Degrees,
    Fault,
    LanguageMap,
    Many,
    Part,
    Strict,
    Term,
    Text,
    WebAddress,
    Whole,
    field_errors,
    refuse,
)

MAX_RECORD_BYTES = 256 * 1024
MAX_FILES = 200
MAX_FILE_BYTES = 50 * 1024**3
EVIDENCE_TYPES = frozenset({"document", "photo", "artefact"})
EVIDENCE_THEMES = frozenset({"red-metrology", "history"})
EDTF = re.compile(r"-?[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?[~?]?")
"""Extended Date/Time Format (ISO 8601-2): level 0 dates, negative years, about (~) and uncertain (?)."""
WHOLE_DAY = re.compile(r"(-?[0-9]{4})-([0-9]{2})-([0-9]{2})")
ONE_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
LEAP_YEAR = 2000
"""Stands for all leap years, also those before year 1, which Python's calendar does not have."""
SHA256 = r"[0-9a-f]{64}"
MEDIA_TYPE = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"
FORBIDDEN_IN_NAMES = re.compile(r'[/\\<>:"|?*\t\n\r]')
MAX_NAME = 200


def is_record_id(value: Any) -> bool:
    """Whether this is a UUIDv7 (RFC 9562 §5.7) in its canonical lower-case form."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value and uuid.UUID(value).version == 7
    except ValueError:
        return False


class RecordId(Checked):
    """A UUIDv7 (RFC 9562 §5.7) in its canonical lower-case form."""

    def check(self, value: Any) -> None:
        """Raise for anything else."""
        if not is_record_id(value):
            refuse("bad_id")


class Day(Text):
    """A date as `pattern` says; where it names a day, the (proleptic Gregorian) calendar has that day."""

    def __init__(self, maximum: int, *, pattern: str, **kwargs: Any) -> None:
        super().__init__(maximum, pattern=pattern, fault="bad_date", **kwargs)

    def check(self, value: Any) -> None:
        """Raise for what is no date, and for 30 February."""
        super().check(value)
        whole = WHOLE_DAY.match(value)
        if whole:
            year, month, day = (int(part) for part in whole.groups())
            if day > monthrange(LEAP_YEAR if isleap(year) else LEAP_YEAR + 1, month)[1]:
                refuse("bad_date", value=value)


class FileName(Checked):
    """A name under which a file can be saved on any system: no path, no controls, no reserved signs."""

    def check(self, value: Any) -> None:
        """Raise for a name that would be a path, or that some system cannot hold."""
        if not isinstance(value, str):
            refuse("wrong_type", expected="text")
        if len(value) > MAX_NAME:
            refuse("too_long", max=MAX_NAME, length=len(value))
        if not value.strip(". ") or value[-1] in ". " or value[0] == " ":
            refuse("bad_file_name")
        if FORBIDDEN_IN_NAMES.search(value) or CONTROLS.search(value):
            refuse("bad_file_name")


class AgentSchema(Strict):
    """Somebody who made or helped to make the resource."""

    name = Text(200, required=True)
    role = Term("agent-roles")
    affiliation = Text(200)


class PeriodSchema(Strict):
    """A span of time by name, with years (astronomical: 1 BC is 0) where they are known."""

    name = LanguageMap(200, required=True)
    from_ = Whole(-9999, 9999, data_key="from")
    until = Whole(-9999, 9999)

    @validates_schema
    def _forwards(self, data: Mapping[str, Any], **_: Any) -> None:
        if "from_" in data and "until" in data and data["from_"] > data["until"]:
            raise ValidationError({"until": [Fault("period_backwards")]})


class PlaceSchema(Strict):
    """A place by name, with WGS 84 coordinates in degrees where they are known."""

    name = LanguageMap(200, required=True)
    latitude = Degrees(90)
    longitude = Degrees(180)

    @validates_schema
    def _both(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("latitude" in data) != ("longitude" in data):
            raise ValidationError([Fault("incomplete_coordinates")])


class CoverageSchema(Strict):
    """What time and place the resource is about."""

    period = Part(PeriodSchema)
    place = Part(PlaceSchema)


class EvidenceSchema(Strict):
    """考证: what was consulted, how it was verified, and by whom."""

    source = Text(2000, required=True)
    method = Text(2000, required=True)
    verified_by = Text(200, required=True)


class FileSchema(Strict):
    """One file: its name, use, type, size in bytes and SHA-256; `alt` says what an image shows."""

    name = FileName(required=True)
    role = Term("file-roles", required=True)
    media_type = Text(255, pattern=MEDIA_TYPE, fault="bad_media_type", required=True)
    size = Whole(0, MAX_FILE_BYTES, required=True)
    sha256 = Text(64, pattern=SHA256, fault="bad_digest", required=True)
    alt = LanguageMap(2000)


class LinkSchema(Strict):
    """A place on the web where the resource is, or that it speaks of."""

    url = WebAddress(required=True)
    label = Text(300)


class RelationSchema(Strict):
    """A relation to another record of the federation, by its id."""

    type = Term("relation-types", required=True)
    target = RecordId(required=True)


class IdentifierSchema(Strict):
    """Another name of the same resource: DOI, CSTR, GB/T 41132, the institution's own."""

    scheme = Term("identifier-schemes", required=True)
    value = Text(500, required=True)


class WithdrawnSchema(Strict):
    """Why the resource is no longer offered; a version that has this is a tombstone."""

    reason = Text(2000, required=True)


def lacks_evidence(record: Mapping[str, Any]) -> bool:
    """Whether a record must have evidence (考证) by its type and themes, and has none."""
    sensitive = EVIDENCE_THEMES.intersection(record.get("themes", ()))
    return record.get("type") in EVIDENCE_TYPES and bool(sensitive) and not record.get("evidence")


def lacks_content(record: Mapping[str, Any]) -> bool:
    """Whether a record has neither a file nor a link."""
    return not record.get("files") and not record.get("links")


class RecordSchema(Strict):
    """One version of one resource."""

    id = RecordId(required=True)
    version = Whole(1, 1_000_000, required=True)
    title = LanguageMap(300, required=True)
    summary = LanguageMap(2000, required=True)
    description = LanguageMap(50_000)
    type = Term("types", required=True)
    themes = Many(Term("themes"), 9, minimum=1, unique=True, required=True)
    disciplines = Many(Term("disciplines"), 13, unique=True)
    audiences = Many(Term("audiences"), 12, unique=True)
    occasions = Many(Term("occasions"), 20, unique=True)
    stage = Term("stages")
    keywords = Many(Text(100), 50, unique=True)
    language = Many(
        Text(35, pattern=LANGUAGE_TAG.pattern, fault="bad_language"),
        20,
        minimum=1,
        unique=True,
        required=True,
    )
    creators = Many(Part(AgentSchema), 100)
    contributors = Many(Part(AgentSchema), 100)
    created = Day(12, pattern=EDTF.pattern)
    coverage = Part(CoverageSchema)
    license = Term("licenses", required=True)
    rights_holder = Text(500)
    evidence = Many(Part(EvidenceSchema), 50)
    files = Many(Part(FileSchema), MAX_FILES)
    links = Many(Part(LinkSchema), 100)
    relations = Many(Part(RelationSchema), 500)
    identifiers = Many(Part(IdentifierSchema), 50)
    embargo_until = Day(10, pattern=ONE_DAY)
    withdrawn = Part(WithdrawnSchema)

    @validates_schema
    def _evidence(self, data: Mapping[str, Any], **_: Any) -> None:
        if lacks_evidence(data):
            raise ValidationError({"evidence": [Fault("evidence_missing")]})

    @validates_schema
    def _content(self, data: Mapping[str, Any], **_: Any) -> None:
        if lacks_content(data):
            raise ValidationError({"files": [Fault("content_missing")]})

    @validates_schema
    def _names(self, data: Mapping[str, Any], **_: Any) -> None:
        seen: set[str] = set()
        for number, entry in enumerate(data.get("files", ())):
            # macOS writes é as two signs; its disks, and what we send out, take both spellings for one name.
            folded = normalize("NFC", normalize("NFC", entry["name"]).casefold())
            if folded in seen:
                raise ValidationError({"files": {number: {"name": [Fault("duplicate", {"value": entry["name"]})]}}})
            seen.add(folded)

    @validates_schema
    def _sizes(self, data: Mapping[str, Any], **_: Any) -> None:
        sizes: dict[str, int] = {}
        for number, entry in enumerate(data.get("files", ())):
            size = sizes.setdefault(entry["sha256"], entry["size"])
            if size != entry["size"]:
                raise ValidationError({"files": {number: {"size": [Fault("sizes_disagree", {"size": size})]}}})


_SCHEMA = RecordSchema()


def faults(data: Any) -> list[FieldError]:
    """The faults of a record, the first MAX_FAULTS of them; an empty list when it is good."""
    messages = (
        _SCHEMA.validate(data)
        if isinstance(data, dict)
        else {"_schema": [Fault("wrong_type", {"expected": "object"})]}
    )
    return list(islice(field_errors(messages), MAX_FAULTS))


def check(data: Any) -> bytes:
    """The canonical bytes of a good record. Raises `InvalidRecord`, `RecordTooLarge` or `InvalidJson`."""
    found = faults(data)
    if found:
        raise InvalidRecord(found)
    encoded = canonical(data)
    if len(encoded) > MAX_RECORD_BYTES:
        raise RecordTooLarge(limit=MAX_RECORD_BYTES, size=len(encoded))
    return encoded


def is_tombstone(record: Mapping[str, Any]) -> bool:
    """Whether this version says that the resource is withdrawn."""
    return "withdrawn" in record
