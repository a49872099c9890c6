"""Claims: a reviewer says to be at work on a version. Others see it and their "next" leaves it out; a claim ends by
itself, and forbids nobody to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, joinedload

from federation import entitlement, lifecycle, policies
from federation.models.base import now
from federation.models.people import User
from federation.models.resources import ResourceVersion
from federation.models.reviews import Claim
from shared.errors import ClaimedByAnother


def take(session: Session, version: ResourceVersion, *, reviewer: User, minutes: int) -> Claim:
    """Claim a version for so many minutes from now; claiming it again makes it last longer.

    Raises `ClaimedByAnother`, or what a decision by this reviewer would meet (`Forbidden`, `OwnInstitution`,
    `NotYourDiscipline`, `NotLatest`, `MoveNotAllowed`).
    """
    lifecycle.lock(session, [version.resource_id])
    session.refresh(version)
    obstacle = entitlement.of(session, reviewer, policies.current(session), [version.id]).hindrance(version)
    if obstacle is not None:
        raise obstacle
    moment = now()
    session.execute(delete(Claim).where(Claim.until <= moment))
    found = session.get(Claim, version.id, options=[joinedload(Claim.reviewer)], populate_existing=True)
    if found is None:
        found = Claim(version_id=version.id, reviewer_id=reviewer.id, reviewer=reviewer, since=moment)
        session.add(found)
    elif found.reviewer_id != reviewer.id:
        raise ClaimedByAnother(name=found.reviewer.display_name)
    found.until = moment + timedelta(minutes=minutes)
    session.flush()
    return found


def give_up(session: Session, version: ResourceVersion, *, reviewer: User) -> None:
    """End the reviewer's own claim; without one this changes nothing."""
    end(session, [version.id], reviewer=reviewer)


def end(session: Session, version_ids: Collection[int], *, reviewer: User | None = None) -> None:
    """End the claims of these versions, or only those of one reviewer."""
    which = delete(Claim).where(Claim.version_id.in_(version_ids))
    if reviewer is not None:
        which = which.where(Claim.reviewer_id == reviewer.id)
    session.execute(which.execution_options(synchronize_session="fetch"))


def end_all_of(session: Session, person: User) -> None:
    """End all claims of somebody who is at work no more."""
    session.execute(
        delete(Claim).where(Claim.reviewer_id == person.id).execution_options(synchronize_session="fetch")
    )


def standing(session: Session, version_ids: Sequence[int]) -> dict[int, Claim]:
    """The claims that hold now, by version."""
    query = select(Claim).where(Claim.version_id.in_(version_ids), Claim.until > now())
    return {claim.version_id: claim for claim in session.scalars(query.options(joinedload(Claim.reviewer)))}


def free_for(reviewer: User) -> ColumnElement[bool]:
    """The condition that nobody else is at work on a version."""
    other = (Claim.version_id == ResourceVersion.id, Claim.until > now(), Claim.reviewer_id != reviewer.id)
    return ~select(Claim.version_id).where(*other).exists()


def held_by(reviewer: User) -> ColumnElement[bool]:
    """The condition that the reviewer has claimed a version."""
    mine = (Claim.version_id == ResourceVersion.id, Claim.until > now(), Claim.reviewer_id == reviewer.id)
    return select(Claim.version_id).where(*mine).exists()
