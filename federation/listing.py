"""The picture that stands for a resource where it is one of many, and lists of all resources for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from federation.catalogue import embargoed
from federation.derivatives import reading
from federation.derivatives.making import KINDS
from federation.derivatives.reading import Look, Picture
from federation.models.events import FeedEntry
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.publication import PUBLISHED
from federation.renditions import office
from federation.storage.disposition import base_type
from shared.jws import unverified_payload

CANDIDATES = 6
"""Files of one resource that may stand for it: a list of twenty resources asks for them all at once."""
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
"""Types of files that stand for a resource themselves, as long as nothing was made of them."""
SVG, MOST_DRAWING = "image/svg+xml", 200_000
"""Drawings of so many bytes are shown as they are, in `<img>`: nothing in them runs there, and nothing is loaded."""
AT_ONCE = 500
"""Records in memory at a time where all are read."""
_RANKS = ("image/", "video/", "application/")
"""Which of the main files stands for a resource: a picture rather than the first page of a text."""


@dataclass(frozen=True)
class Illustration:
    """What stands for a resource, with the code of its licence: the largest picture that the hub made, or else the
    name of a file that is a picture.
    """

    licence: str
    made: Picture | None = None
    original: str = ""


@dataclass(frozen=True)
class Listed:
    """A public resource: since when it is as it is, and what stands for it, if anything."""

    ark: str
    at: datetime
    picture: Illustration | None


def candidates(record: Mapping[str, Any]) -> list[str]:
    """The digests of the files that may stand for a resource, the best first."""
    found = []
    for place, file in enumerate(record.get("files", ())):
        base = base_type(file["media_type"])
        if file["role"] in ("cover", "main") and (base in KINDS or base in office.TYPES):
            rank = next((index for index, start in enumerate(_RANKS) if base.startswith(start)), len(_RANKS))
            found.append(((file["role"] != "cover", rank, place), file["sha256"]))
    return [sha256 for _, sha256 in sorted(found)[:CANDIDATES]]


def drawing(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """The name and the digest of a small drawing that may stand for a resource: no picture is made of drawings."""
    for role in ("cover", "main"):
        for file in record.get("files", ()):
            small = file["size"] <= MOST_DRAWING
            if small and file["role"] == role and base_type(file["media_type"]) == SVG:
                return file["name"], file["sha256"]
    return None


def best(record: Mapping[str, Any], looks: Mapping[str, Look]) -> Look | None:
    """Of what was made of a resource's files, what stands for it."""
    return next((looks[one] for one in candidates(record) if one in looks and looks[one].widths), None)


def listed(session: Session, *, first: int, last: int, today: date) -> list[Listed]:
    """What is public by entries of the feed from `first` to `last`, in three queries."""
    within = (FeedEntry.seq.between(first, last), FeedEntry.latest.is_not(False), FeedEntry.kind == PUBLISHED)
    rows = session.execute(
        select(FeedEntry.version_id, Resource.ark, FeedEntry.at)
        .join(Resource, Resource.id == FeedEntry.resource_id)
        .where(*within)
        .order_by(FeedEntry.seq)
    ).all()
    versions = select(FeedEntry.version_id).where(*within)
    looks = reading.looks(session, select(VersionFile.sha256).where(VersionFile.version_id.in_(versions)))
    wanted = ResourceVersion.id.in_(versions)
    pictures = {
        version_id: _illustration(record, looks)
        for version_id, record in _with_files(session, wanted)
        if not embargoed(record, today)
    }
    return [Listed(ark or "", at, pictures.get(version_id)) for version_id, ark, at in rows]


def _with_files(session: Session, wanted: ColumnElement[bool]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The records of those of these versions that have files."""
    any_file = select(VersionFile.version_id).where(VersionFile.version_id == ResourceVersion.id).exists()
    rows = session.execute(
        select(ResourceVersion.id, ResourceVersion.jws).where(wanted, any_file).execution_options(yield_per=AT_ONCE)
    )
    for version_id, jws in rows:
        yield version_id, json.loads(unverified_payload(jws))


def _illustration(record: Mapping[str, Any], looks: Mapping[str, Look]) -> Illustration | None:
    look, licence = best(record, looks), record["license"]
    if look is not None:
        return Illustration(licence, made=look.widths[-1])
    files: Sequence[Mapping[str, Any]] = record.get("files", ())
    original = next((file["name"] for file in files if base_type(file["media_type"]) in PICTURES), "")
    return Illustration(licence, original=original) if original else None
