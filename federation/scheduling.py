"""What happens on a day: approved versions become public, files open, what is over expires; and changing that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, days, entitlement, lifecycle, policies, publication, reasons
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Decision
from federation.verdicts import APPROVE
from shared.errors import FieldError, Forbidden, InvalidRequest, MoveNotAllowed

APPROVED, PUBLIC, EXPIRED = "approved", "published", "expired"
LONGEST = timedelta(days=366)
"""How far ahead a publication may be fixed."""
MAX_REASON = 2000
AT_A_TIME = 400
OVER = "发布期已满，没有续期。Its time was over and was not renewed."
"""Why what has expired is gone, in both languages: the public reads it as it stands."""
RESTORED = "平台从备份恢复，以这里的日期为准。The hub was restored from a backup; this is the day that stands."
SYSTEM = "system:calendar"
"""Who does what a day brings, as the audit log names it."""


def day(given: str, *, pointer: str = "/publish_on") -> date | None:
    """The day that somebody chose for a publication; None for at once. Raises `InvalidRequest`."""
    given = given.strip()
    if not given:
        return None
    try:
        chosen = date.fromisoformat(given)
    except ValueError:
        raise InvalidRequest(errors=[FieldError(pointer, "bad_day")]) from None
    first = days.today()
    if not first <= chosen <= first + LONGEST:
        limits = {"min": first.isoformat(), "max": (first + LONGEST).isoformat()}
        raise InvalidRequest(errors=[FieldError(pointer, "out_of_range", limits)])
    return chosen


def put_off(
    session: Session, versions: Sequence[ResourceVersion], until: dict[int, date], *, actor: str, reason: str
) -> None:
    """Approve versions whose day has not come: each waits for the day that `until` has by its id."""
    for version in versions:
        version.publish_on = until[version.id]
    lifecycle.advance(session, versions, to=APPROVED, actor=actor, reason=reason)


def publish_due(session: Session, *, naan: str) -> int:
    """Publish what is approved and whose day has come, some at a time; how many that were."""
    versions = _hold(session, ResourceVersion.state == APPROVED, ResourceVersion.publish_on <= days.today())
    publication.publish(session, versions, naan=naan, actor=SYSTEM)
    return len(versions)


def expire_due(session: Session) -> int:
    """Let expire what is public and whose time is over, some at a time; how many that were."""
    versions = _hold(session, ResourceVersion.state == PUBLIC, ResourceVersion.expires_on <= days.today())
    publication.remove(session, versions, to=EXPIRED, actor=SYSTEM, reason=OVER)
    return len(versions)


def open_due(session: Session) -> int:
    """Tell of files whose embargo is over, some at a time; how many resources that were."""
    versions = _hold(session, ResourceVersion.state == PUBLIC, ResourceVersion.opens_on <= days.today())
    publication.open_files(session, versions)
    return len(versions)


def change(session: Session, version: ResourceVersion, *, by: User, to: date | None, reason: str, naan: str) -> None:
    """Fix another day for what is approved; None publishes it at once.

    Raises `Forbidden` and whatever hinders the person from judging it, `ReasonMissing`, `InvalidRequest` for a long
    reason, or `MoveNotAllowed`.
    """
    reason, actor = _checked(session, version, by, reason, to=PUBLIC), auditlog.person(by.id)
    if to is None or to <= days.today():
        publication.publish(session, [version], naan=naan, actor=actor, reason=reason)
        return
    before, version.publish_on = version.publish_on, to
    detail = {"version": version.version, "from": before.isoformat() if before else "", "to": to.isoformat()}
    subject = f"resource:{version.resource_id}"
    happening = auditlog.Happening(actor, "version.rescheduled", subject, reason, after=version.sha256, detail=detail)
    auditlog.record(session, happening)
    session.flush()
    lifecycle.tell(session, version, reason=reason)


def recall(session: Session, version: ResourceVersion, *, by: User, reason: str) -> None:
    """Take what is approved back into review before it is public. Raises as `change` does."""
    reason = _checked(session, version, by, reason, to=entitlement.WAITING)
    version.publish_on = None
    approvals = (Decision.version_id == version.id, Decision.verdict == APPROVE)
    session.execute(update(Decision).where(*approvals).values(standing=False))
    lifecycle.advance(session, [version], to=entitlement.WAITING, actor=auditlog.person(by.id), reason=reason)


def tell_days(session: Session) -> int:
    """Tell the nodes every day that is fixed, after a restore: a later one that they know of is lost; how many."""
    fixed = ((APPROVED, ResourceVersion.publish_on), (PUBLIC, ResourceVersion.expires_on))
    which = or_(*(and_(ResourceVersion.state == state, day.is_not(None)) for state, day in fixed))
    versions = session.scalars(select(ResourceVersion).where(which).order_by(ResourceVersion.id)).all()
    for version in versions:
        lifecycle.tell(session, version, reason=RESTORED)
    return len(versions)


def _checked(session: Session, version: ResourceVersion, by: User, reason: str, *, to: str) -> str:
    """The reason as it is kept, when all is well; the resource is held to the end of the transaction."""
    if not entitlement.leads_review(by):
        raise Forbidden()
    reason = reasons.checked(reason, most=MAX_REASON)
    lifecycle.lock(session, [version.resource_id])
    session.refresh(version)
    obstacle = entitlement.of(session, by, policies.current(session)).obstacle(version)
    if obstacle is not None:
        raise obstacle
    if version.state != APPROVED:
        raise MoveNotAllowed(state=version.state, to=to)
    return reason


def _hold(session: Session, *due: ColumnElement[bool]) -> list[ResourceVersion]:
    """Versions for which all of that holds, also once their resources are held to the end of the transaction."""
    found = select(ResourceVersion.resource_id).where(*due).order_by(ResourceVersion.id).limit(AT_A_TIME)
    ids = list(session.scalars(found))
    lifecycle.lock(session, ids)
    owner = joinedload(ResourceVersion.resource).joinedload(Resource.institution)
    held = select(ResourceVersion).where(ResourceVersion.resource_id.in_(ids), *due).order_by(ResourceVersion.id)
    return list(session.scalars(held.options(owner).execution_options(populate_existing=True)))
