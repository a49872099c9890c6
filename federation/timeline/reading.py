"""Reading the timeline: how many resources each band has, and which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from federation.models.bearings import Bearing
from federation.timeline.bands import Band

Spans = Mapping[tuple[int, int], int]
"""How many resources are about each span of years (first and last, both inclusive)."""


def spans(session: Session) -> Spans:
    """All spans of years that public resources are about, with the number of resources; one query over an index."""
    counted = select(Bearing.since, Bearing.until, func.count()).where(Bearing.since.is_not(None))
    rows = session.execute(counted.group_by(Bearing.since, Bearing.until))
    return {(since, until): count for since, until, count in rows if since is not None and until is not None}


def count(found: Spans, band: Band) -> int:
    """How many resources belong to a band."""
    return sum(number for span, number in found.items() if band.holds(*span))


def within(session: Session, band: Band, *, limit: int, offset: int) -> Sequence[str]:
    """The ids of resources of a band: those of the narrowest spans first, which are the most about it."""
    wanted = select(Bearing.resource_id).where(*_holds(band))
    ordered = wanted.order_by(Bearing.until - Bearing.since, Bearing.since, Bearing.resource_id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def _holds(band: Band) -> tuple[ColumnElement[bool], ...]:
    """`Band.holds` for the database."""
    return Bearing.since <= band.last, or_(Bearing.until >= band.entered, Bearing.since >= band.first)
