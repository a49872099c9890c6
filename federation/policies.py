"""The versions of the review policy: which is in force, and how another comes into force.

Until somebody changes it in the workbench, the file that the hub was started with is in force, and a changed file
becomes a new version; from then on the workbench has it. Every decision names the version that it was made under.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, checklist
from federation.checklist import Policy
from federation.models.people import User
from federation.models.policies import ReviewPolicy
from shared.errors import NotFound, PolicyChanged

CHANGED = "policy.changed"
SUBJECT = "policy:review"


def current(session: Session) -> Policy:
    """The policy in force."""
    last = newest(session)
    if last is None:
        return checklist.of_the_file()
    if last.author_id is None and last.sha256 != checklist.of_the_file().sha256:
        return checklist.of_the_file(last.number + 1)
    return checklist.read(last.number, last.document)


def kept(session: Session) -> Policy:
    """The policy in force, written down before something refers to it."""
    found, last = current(session), newest(session)
    if last is None or last.number != found.number:
        add(session, found, before=last, author=None, reason="")
    return found


def history(session: Session) -> list[ReviewPolicy]:
    """Every version that was written down, the newest first."""
    query = select(ReviewPolicy).options(joinedload(ReviewPolicy.author)).order_by(ReviewPolicy.number.desc())
    return list(session.scalars(query))


def version(session: Session, number: int) -> Policy:
    """A version by its number. Raises `NotFound`."""
    standing = current(session)
    if number == standing.number:
        return standing
    found = session.get(ReviewPolicy, number)
    if found is None:
        raise NotFound()
    return checklist.read(found.number, found.document)


def newest(session: Session) -> ReviewPolicy | None:
    """The version that was written down last."""
    return session.scalar(select(ReviewPolicy).order_by(ReviewPolicy.number.desc()).limit(1))


def add(session: Session, policy: Policy, *, before: ReviewPolicy | None, author: User | None, reason: str) -> None:
    """Write the next version down, with its audit event. Raises `PolicyChanged` when somebody else was quicker."""
    row = ReviewPolicy(number=policy.number, document=policy.document, sha256=policy.sha256, reason=reason)
    row.author_id = author.id if author else None
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        if author is None:
            # Another transaction has just written the very same file down.
            return
        raise PolicyChanged(number=policy.number) from error
    actor = auditlog.person(author.id) if author else auditlog.OPERATOR
    digests = {"before": before.sha256 if before else "", "after": policy.sha256}
    detail = {"version": policy.number}
    auditlog.record(session, auditlog.Happening(actor, CHANGED, SUBJECT, reason, **digests, detail=detail))
