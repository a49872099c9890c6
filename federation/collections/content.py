"""What a revision of a collection says: its words, its days, and its resources in order.

Rules of our own; the texts are maps of language (BCP 47) → text, as in a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from marshmallow import ValidationError, validates_schema

from shared.errors import InvalidRequest
from shared.record import ONE_DAY, Day, RecordId
from shared.validation import Fault, LanguageMap, Many, Part, Strict, Term, field_errors

COLLECTION, CAMPAIGN = "collection", "campaign"
KINDS = (COLLECTION, CAMPAIGN)
MAX_ITEMS = 100
MAX_TITLE, MAX_INTRODUCTION, MAX_NOTE = 120, 5000, 500


class ItemSchema(Strict):
    """A resource by its record id, and a word on it."""

    resource = RecordId(required=True)
    note = LanguageMap(MAX_NOTE)


class ContentSchema(Strict):
    """One revision."""

    title = LanguageMap(MAX_TITLE, required=True)
    introduction = LanguageMap(MAX_INTRODUCTION)
    occasion = Term("occasions")
    begins_on = Day(10, pattern=ONE_DAY)
    ends_on = Day(10, pattern=ONE_DAY)
    cover = RecordId()
    items = Many(Part(ItemSchema), MAX_ITEMS)

    @validates_schema
    def _days(self, data: Mapping[str, Any], **_: Any) -> None:
        for name in ("begins_on", "ends_on"):
            if data.get(name, "1") < "1":
                raise ValidationError({name: [Fault("bad_day")]})
        if "begins_on" in data and "ends_on" in data and data["ends_on"] < data["begins_on"]:
            raise ValidationError({"ends_on": [Fault("days_backwards")]})

    @validates_schema
    def _once(self, data: Mapping[str, Any], **_: Any) -> None:
        seen: set[str] = set()
        for number, item in enumerate(data.get("items", ())):
            if item["resource"] in seen:
                raise ValidationError({"items": {number: [Fault("twice_in_collection")]}})
            seen.add(item["resource"])


_SCHEMA = ContentSchema()


@dataclass(frozen=True)
class Item:
    """A resource by its record id, and a word on it by language (may be empty)."""

    resource_id: str
    note: Mapping[str, str]


@dataclass(frozen=True)
class Content:
    """What a revision says; `cover` is the id of the resource whose picture stands for all, empty for the first."""

    title: Mapping[str, str]
    introduction: Mapping[str, str]
    occasion: str
    begins_on: date | None
    ends_on: date | None
    cover: str
    items: Sequence[Item]

    @property
    def resource_ids(self) -> list[str]:
        """The resources in order."""
        return [item.resource_id for item in self.items]

    def document(self) -> dict[str, Any]:
        """The form that is kept: without what is empty."""
        items = [{"resource": one.resource_id, "note": dict(one.note)} for one in self.items]
        said: dict[str, Any] = {
            "title": dict(self.title),
            "introduction": dict(self.introduction),
            "occasion": self.occasion,
            "begins_on": self.begins_on.isoformat() if self.begins_on else "",
            "ends_on": self.ends_on.isoformat() if self.ends_on else "",
            "cover": self.cover,
            "items": [{name: value for name, value in one.items() if value} for one in items],
        }
        return {name: value for name, value in said.items() if value}


def read(document: Mapping[str, Any]) -> Content:
    """The content of a kept document, or of one that a form made. Raises `InvalidRequest` that names each fault."""
    faults = list(field_errors(_SCHEMA.validate(dict(document))))
    if faults:
        raise InvalidRequest(errors=faults)
    return Content(
        title=document["title"],
        introduction=document.get("introduction", {}),
        occasion=document.get("occasion", ""),
        begins_on=_day(document.get("begins_on")),
        ends_on=_day(document.get("ends_on")),
        cover=document.get("cover", ""),
        items=[Item(one["resource"], one.get("note", {})) for one in document.get("items", ())],
    )


def without(content: Content, place: int) -> Content:
    """The content without the resource at a place (from 0); the same for a place that there is not."""
    items = [one for number, one in enumerate(content.items) if number != place]
    kept = {one.resource_id for one in items}
    return replace(content, items=items, cover=content.cover if content.cover in kept else "")


def moved(content: Content, place: int, by: int) -> Content:
    """The content with the resource at a place moved by some places; the same when that leads beyond an end."""
    items, to = list(content.items), place + by
    if 0 <= place < len(items) and 0 <= to < len(items):
        items.insert(to, items.pop(place))
    return replace(content, items=items)


def with_more(content: Content, resource_ids: Sequence[str]) -> Content:
    """The content with further resources at its end; one that is there already stays where it is."""
    known = set(content.resource_ids)
    fresh = [Item(one, {}) for one in dict.fromkeys(resource_ids) if one not in known]
    return replace(content, items=[*content.items, *fresh])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
