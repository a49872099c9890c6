"""How a revision comes before the public, and how a collection ends.

The alliance shows its own itself, for every resource in it was reviewed. What an institution curates the alliance
approves first, and nobody of that institution does; a change of it waits for another approval while the public goes
on reading the revision that was approved. A collection that has ended stays readable at its address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from federation import auditlog, catalogue, reasons
from federation.collections import content as contents
from federation.collections import curating
from federation.collections.content import CAMPAIGN, Content
from federation.models.base import now
from federation.models.collections import Collection
from federation.models.people import User
from federation.roles import Permission, may
from shared.errors import (
    AlreadyDone,
    CommonsError,
    FieldError,
    Forbidden,
    InvalidRequest,
    OwnInstitution,
)

DRAFT, SHOWN, ENDED, HIDDEN = "draft", "shown", "ended", "hidden"
STATES = (DRAFT, SHOWN, ENDED, HIDDEN)
MAX_REASON = 500


def propose(session: Session, collection: Collection, *, by: User, based_on: int) -> None:
    """Ask the alliance to show the latest revision, `based_on`.

    Raises `Forbidden`, `CollectionChanged`, `AlreadyDone` for one that waits or is shown, `InvalidRequest` for what
    cannot be shown.
    """
    if collection.institution_id is None or not curating.edits(by, collection):
        raise Forbidden()
    curating.hold(session, collection, based_on=based_on)
    # What has ended or was hidden may come back as it was.
    is_read = collection.state == SHOWN and based_on == collection.shown_revision
    if is_read or based_on == collection.proposed_revision:
        raise AlreadyDone()
    _fit(session, collection, based_on)
    collection.proposed_revision, collection.remark = based_on, ""
    _log(session, collection, by, "collection.proposed")


def show(session: Session, collection: Collection, *, by: User, based_on: int) -> None:
    """Let the public read the latest revision, `based_on`: the alliance's own, or one that its institution proposed.

    Raises `Forbidden`, `OwnInstitution`, `CollectionChanged`, `AlreadyDone` when nothing waits, `InvalidRequest`.
    """
    hindrance = hindrance_to_show(collection, by)
    if hindrance is not None:
        raise hindrance
    curating.hold(session, collection, based_on=based_on)
    if not waits(collection):
        raise AlreadyDone()
    said = _fit(session, collection, based_on)
    collection.state, collection.shown_revision = SHOWN, based_on
    collection.proposed_revision, collection.remark = None, ""
    collection.occasion, collection.begins_on, collection.ends_on = said.occasion, said.begins_on, said.ends_on
    collection.shown_at = now()
    _log(session, collection, by, "collection.shown")


def send_back(session: Session, collection: Collection, *, by: User, based_on: int, reason: str) -> None:
    """Give a proposed revision back to its institution with a reason. Raises as `show` does, and `ReasonMissing`."""
    hindrance = hindrance_to_show(collection, by)
    if hindrance is not None:
        raise hindrance
    curating.hold(session, collection, based_on=based_on)
    if collection.proposed_revision is None:
        raise AlreadyDone()
    collection.remark, collection.proposed_revision = reasons.checked(reason, most=MAX_REASON), None
    _log(session, collection, by, "collection.returned", collection.remark)


def end(session: Session, collection: Collection, *, by: User, based_on: int) -> None:
    """End it: it stays readable, and nothing leads to it from the first page. Raises `Forbidden`, `AlreadyDone`."""
    if not curating.edits(by, collection) and not may(by, Permission.LEAD_REVIEW):
        raise Forbidden()
    curating.hold(session, collection, based_on=based_on)
    if collection.state != SHOWN:
        raise AlreadyDone()
    collection.state = ENDED
    _log(session, collection, by, "collection.ended")


def hide(session: Session, collection: Collection, *, by: User, based_on: int, reason: str) -> None:
    """Take it away from the public, who reads the reason. Raises `Forbidden`, `AlreadyDone`, `ReasonMissing`."""
    if not may(by, Permission.LEAD_REVIEW):
        raise Forbidden()
    curating.hold(session, collection, based_on=based_on)
    if collection.state not in (SHOWN, ENDED):
        raise AlreadyDone()
    # What is said later while it waits to come back is for those who curate it.
    collection.remark = collection.hidden_because = reasons.checked(reason, most=MAX_REASON)
    collection.state, collection.proposed_revision = HIDDEN, None
    _log(session, collection, by, "collection.hidden", collection.remark)


def hindrance_to_show(collection: Collection, by: User) -> CommonsError | None:
    """Why the person may not let the public read it, or None."""
    if not may(by, Permission.LEAD_REVIEW):
        return Forbidden()
    if collection.institution_id is not None and collection.institution_id == by.institution_id:
        return OwnInstitution()
    return None


def waits(collection: Collection) -> bool:
    """Whether the latest revision can be shown now: it is proposed, or the alliance's own and not what is shown."""
    if collection.institution_id is not None:
        return collection.proposed_revision == collection.revision
    return collection.state != SHOWN or collection.shown_revision != collection.revision


STEPS: Mapping[str, Callable[..., None]] = {
    "propose": propose,
    "show": show,
    "return": send_back,
    "end": end,
    "hide": hide,
    "discard": curating.discard,
}
"""The steps by the words of forms; those of WITH_REASON take a `reason` too."""
WITH_REASON = frozenset({"return", "hide"})


def _fit(session: Session, collection: Collection, number: int) -> Content:
    """What a revision says, which the public can read. Raises `InvalidRequest` for what is missing."""
    said = contents.read(curating.revision(session, collection, number).content)
    faults = []
    if not said.introduction:
        faults.append(FieldError("/introduction", "required"))
    if collection.kind == CAMPAIGN and not (said.begins_on and said.ends_on):
        faults.append(FieldError("/begins_on", "campaign_days"))
    if not catalogue.public_among(session, said.resource_ids):
        faults.append(FieldError("/items", "nothing_public"))
    if faults:
        raise InvalidRequest(errors=faults)
    return said


def _log(session: Session, collection: Collection, by: User, action: str, reason: str = "") -> None:
    detail = {"revision": collection.revision, "slug": collection.slug}
    kept = curating.revision(session, collection, collection.revision)
    happening = auditlog.Happening(
        auditlog.person(by.id), action, curating.subject(collection), reason, after=kept.sha256, detail=detail
    )
    auditlog.record(session, happening)
