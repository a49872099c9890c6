"""Who may judge which version: said of one version, and as a condition for the database."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from federation import people
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Decision
from shared.errors import CommonsError, Forbidden, MoveNotAllowed, NotLatest, OwnInstitution

WAITING = "in_review"


def may_review(person: User) -> bool:
    """Whether the person judges submissions at all."""
    return person.active and person.role in people.MAY_DECIDE


def hindrance(version: ResourceVersion, reviewer: User, to: str = "published") -> CommonsError | None:
    """The named error that a decision by this reviewer, which would lead to the state `to`, meets now; or None."""
    if not may_review(reviewer):
        return Forbidden()
    if reviewer.institution_id == version.resource.institution_id:
        return OwnInstitution()
    if version.version != version.resource.latest_version:
        return NotLatest(latest=version.resource.latest_version)
    if version.state != WAITING:
        return MoveNotAllowed(state=version.state, to=to)
    return None


def open_to(reviewer: User) -> list[ColumnElement[bool]]:
    """Which of the waiting versions the reviewer can still judge; the query has joined the resources."""
    mine = select(Decision.id).where(Decision.version_id == ResourceVersion.id, Decision.reviewer_id == reviewer.id)
    found: list[ColumnElement[bool]] = [~mine.exists()]
    if reviewer.institution_id is not None:
        found.append(Resource.institution_id != reviewer.institution_id)
    return found
