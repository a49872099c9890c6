"""The bearings of what is public: the years and the place of each resource, and which others it points to.

They are written and taken away in the transaction of the change feed, so whoever reads them reads what is public at
that moment and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from federation.models.base import insert_rows
from federation.models.bearings import Bearing, Pointer
from federation.models.resources import ResourceVersion
from federation.timeline.bands import EARLIEST, LATEST
from shared.canonical import best_text

CELLS = 10
"""Cells to a degree of latitude or longitude: one of a tenth of a degree is about the size of a town."""
ROWS, COLUMNS = 180 * CELLS, 360 * CELLS


def enter(session: Session, versions: Sequence[ResourceVersion]) -> None:
    """Write the bearings of versions that become public, in place of those of the versions before."""
    leave(session, versions)
    records = {version.resource_id: version.record for version in versions}
    found = [of(resource_id, record) for resource_id, record in records.items()]
    insert_rows(session, Bearing, [row for row in found if row is not None])
    insert_rows(session, Pointer, [row for pair in records.items() for row in pointers(*pair)])


def leave(session: Session, versions: Sequence[ResourceVersion]) -> None:
    """Take away the bearings of what is public no longer."""
    resource_ids = [version.resource_id for version in versions]
    for model in (Bearing, Pointer):
        gone = delete(model).where(model.resource_id.in_(resource_ids))
        session.execute(gone.execution_options(synchronize_session=False))


def of(resource_id: str, record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of `bearings` for a record; None when it says neither years nor coordinates."""
    coverage = record.get("coverage", {})
    period, place = coverage.get("period", {}), coverage.get("place", {})
    known = "from" in period or "until" in period
    located = "latitude" in place
    if not known and not located:
        return None
    names = place.get("name", {}) if located else {}
    row, column = cell(place["latitude"], place["longitude"]) if located else (None, None)
    return {
        "resource_id": resource_id,
        # An end that is not given is open (`..` of EDTF, ISO 8601-2 §4.4): the page says 以来 and 以前 of it.
        "since": period.get("from", EARLIEST) if known else None,
        "until": period.get("until", LATEST) if known else None,
        "latitude": float(place["latitude"]) if located else None,
        "longitude": float(place["longitude"]) if located else None,
        "cell_row": row,
        "cell_column": column,
        "place_zh": best_text(names, "zh"),
        "place_en": best_text(names, "en"),
    }


def cell(latitude: float, longitude: float) -> tuple[int, int]:
    """The row and column of the smallest cell that a point (degrees, WGS 84) lies in; the poles and 180° have theirs.

    180° east and west are the same line, and count as west, where the columns begin.
    """
    row = min(ROWS - 1, math.floor((latitude + 90) * CELLS))
    return row, math.floor((longitude + 180) * CELLS) % COLUMNS


def pointers(resource_id: str, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of `pointers` for a record, in the order in which it says them."""
    for position, one in enumerate(record.get("relations", ())):
        yield {"resource_id": resource_id, "position": position, "type": one["type"], "target_id": one["target"]}
