"""What a resource's page shows because of its type: a course's lessons, the way through a course, what to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from federation import catalogue
from federation.catalogue import Entry, Page, PublicFile
from federation.database import db
from federation.storage.disposition import base_type

COURSE = "course"
FOR_A_GROUP = frozenset({"activity-kit", "lesson", "training"})
"""Types with which somebody gets ready for a group of people."""
PRINTED = ("application/pdf", "image/")
FOR_USE = frozenset({"main", "supplement"})
"""Roles of files that are used with the group; a cover or a caption is not handed out."""


@dataclass(frozen=True)
class Way:
    """Where a lesson stands in the course that the reader came from."""

    course: Entry
    number: int
    of: int
    previous: Entry | None
    next: Entry | None


@dataclass(frozen=True)
class Kit:
    """What somebody gets ready: files to print, and others to bring along."""

    printed: Sequence[PublicFile]
    brought: Sequence[PublicFile]


def of(page: Page) -> Mapping[str, Any]:
    """What the templates of the page know beside the resource itself."""
    return {
        "lessons": [one.entry for one in page.relations if one.type == "has-part"],
        "way": _way(page, request.args.get("course", "")[:100]),
        "kit": _kit(page) if page.entry.type in FOR_A_GROUP else None,
    }


def _way(page: Page, named: str) -> Way | None:
    """The way through the course that the address names; None when that is no public course with this lesson."""
    ark = catalogue.normal_ark(named) if named else None
    found = catalogue.by_arks(db.session(), [ark]) if ark else []
    if not found or found[0].type != COURSE:
        return None
    ids = [one["target"] for one in found[0].record.get("relations", ()) if one["type"] == "has-part"]
    known = catalogue.by_ids(db.session(), ids)
    lessons = [known[one] for one in dict.fromkeys(ids) if one in known]
    place = next((n for n, one in enumerate(lessons) if one.resource_id == page.entry.resource_id), None)
    if place is None:
        return None
    return Way(
        course=found[0],
        number=place + 1,
        of=len(lessons),
        previous=lessons[place - 1] if place else None,
        next=lessons[place + 1] if place + 1 < len(lessons) else None,
    )


def _kit(page: Page) -> Kit | None:
    used = [file for file in page.files if file.open and file.role in FOR_USE]
    printed = [file for file in used if base_type(file.media_type).startswith(PRINTED)]
    return Kit(printed, [file for file in used if file not in printed]) if used else None
