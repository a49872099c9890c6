"""Taking down what is public, with a reason that the public reads, and putting it back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from federation import auditlog, entitlement, lifecycle, publication, reasons
from federation.models.people import User
from federation.models.resources import ResourceVersion
from shared.errors import Forbidden, MoveNotAllowed, OwnInstitution

PUBLIC, DOWN = "published", "taken_down"
MAX_REASON = 2000


def take_down(session: Session, version: ResourceVersion, *, by: User, reason: str) -> None:
    """Take a public version down: its address stays and says why, its files are handed out no more.

    Raises `Forbidden`, `ReasonMissing`, `InvalidRequest` for a long reason, or `MoveNotAllowed`.
    """
    reason = _checked(session, version, by, reason, standing=PUBLIC, to=DOWN)
    publication.remove(session, [version], to=DOWN, actor=auditlog.person(by.id), reason=reason)


def put_back(session: Session, version: ResourceVersion, *, by: User, reason: str) -> None:
    """Make public again what was taken down, under the same permanent identifier.

    Raises as `take_down` does, and `OwnInstitution`: whoever leads the review may take down what is of the own
    institution, for that harms nobody else, and does not put it back.
    """
    reason = _checked(session, version, by, reason, standing=DOWN, to=PUBLIC)
    publication.put_back(session, [version], actor=auditlog.person(by.id), reason=reason)


def _checked(session: Session, version: ResourceVersion, by: User, reason: str, *, standing: str, to: str) -> str:
    """The reason as it is kept, when all is well; the resource is held to the end of the transaction."""
    if not entitlement.leads_review(by):
        raise Forbidden()
    if to == PUBLIC and by.institution_id == version.resource.institution_id:
        raise OwnInstitution()
    reason = reasons.checked(reason, most=MAX_REASON)
    lifecycle.lock(session, [version.resource_id])
    session.refresh(version)
    if version.state != standing:
        raise MoveNotAllowed(state=version.state, to=to)
    return reason
