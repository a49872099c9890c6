"""Petitions: an institution appeals against a decision, or asks that a topical resource stays public for longer.

One matter has one petition. Whoever leads the review answers it with a reason, but nobody of the institution itself,
and nobody whose own decision is appealed. A version that has moved on meanwhile leaves its petition without a matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, days, entitlement, lifecycle, policies, publication, reasons, validity
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.institutions import Node
from federation.models.people import User
from federation.models.petitions import Petition
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Decision
from federation.verdicts import APPROVE
from shared.errors import (
    AlreadyDone,
    CommonsError,
    FieldError,
    Forbidden,
    InvalidRequest,
    NotFound,
    OwnDecision,
    PetitionNotOpen,
    PetitionStands,
)
from shared.identifiers import fresh_id
from shared.petitioning import (
    ABOUT,
    ACCEPTED,
    APPEAL,
    DISMISSED,
    DUPLICATE,
    GRANTED,
    KINDS,
    MAX_TEXT,
    REFUSED,
    RENEWED_BEFORE,
)

TAKEN_DOWN = "taken_down"
MAX_REASON = 2000
SHOWN = 100
"""Petitions that the list shows at once."""


@dataclass(frozen=True)
class Taken:
    """What became of a petition as it came: accepted, duplicate, or refused with the error that says why."""

    outcome: str
    error: CommonsError | None = None

    def as_message(self, language: str) -> dict[str, str]:
        """As the node is told, in `language` (`shared.petitioning.PetitionOutcome`)."""
        if self.error is None:
            return {"outcome": self.outcome}
        return {"outcome": self.outcome, "code": self.error.code, "detail": self.error.message(language)}


def make(
    session: Session, version: ResourceVersion, *, kind: str, text: str, maker: str, petition_id: str = ""
) -> Petition:
    """Ask something about a version of the own institution, which the caller has made sure of.

    `maker` is a person or a machine, as the audit log names them. Raises `InvalidRequest` for a kind or a text that
    will not do, `PetitionNotOpen` for a version that leaves nothing to ask for, and `PetitionStands`.
    """
    if kind not in KINDS:
        said = {"value": kind[:40], "vocabulary": "petitions", "allowed": ", ".join(KINDS)}
        raise InvalidRequest(errors=[FieldError("/kind", "unknown_term", said)])
    text = reasons.checked(text, most=MAX_TEXT, pointer="/text")
    lifecycle.lock(session, [version.resource_id])
    session.refresh(version)
    if not is_open(version, kind):
        raise PetitionNotOpen(days=RENEWED_BEFORE.days)
    if standing(session, version, kind) is not None:
        raise PetitionStands()
    found = Petition(
        id=petition_id or fresh_id(),
        version_id=version.id,
        kind=kind,
        about=version.state,
        text=text,
        maker=maker,
        outcome="",
        reason="",
    )
    session.add(found)
    session.flush()
    detail = {"version": version.version, "petition": found.id, "about": version.state}
    subject, action = f"resource:{version.resource_id}", f"petition.{kind}"
    after = auditlog.blinded(session, text)
    auditlog.record(session, auditlog.Happening(maker, action, subject, after=after, detail=detail))
    return found


def receive(session: Session, node: Node, petitions: Sequence[Mapping[str, Any]]) -> list[Taken]:
    """Take the petitions that a node brings, in order; one that is refused keeps no other from being taken."""
    # All resources at once: one after the other, and two who hold them in another order would stop each other.
    ours = select(Resource.id).where(
        Resource.id.in_({one["record_id"] for one in petitions}), Resource.institution_id == node.institution_id
    )
    lifecycle.lock(session, ours)
    return [_receive(session, node, one) for one in petitions]


def is_open(version: ResourceVersion, kind: str) -> bool:
    """Whether there is something to ask for: a decision to appeal against, or a term that ends soon or has ended."""
    if version.state not in ABOUT[kind]:
        return False
    return kind == APPEAL or (version.expires_on is not None and version.expires_on <= days.today() + RENEWED_BEFORE)


def standing(session: Session, version: ResourceVersion, kind: str) -> Petition | None:
    """The petition of that kind about the version as it is now that waits or was dismissed."""
    same = (Petition.version_id == version.id, Petition.kind == kind, Petition.made_at >= version.changed_at)
    found = select(Petition).where(*same, Petition.outcome != GRANTED)
    return session.scalar(found.order_by(Petition.made_at.desc()).limit(1))


def of_resource(session: Session, resource_id: str) -> list[Petition]:
    """All petitions about any version of a resource, the latest first."""
    query = _loaded().where(ResourceVersion.resource_id == resource_id)
    return list(session.scalars(query.order_by(Petition.made_at.desc(), Petition.id)))


def waiting(session: Session) -> list[Petition]:
    """Petitions that nobody has answered and that still have a matter, the oldest first."""
    query = _loaded().where(*_waits()).order_by(Petition.made_at, Petition.id)
    return list(session.scalars(query.limit(SHOWN)))


def how_many_wait(session: Session) -> int:
    """How many petitions there are in `waiting`, were it to list all."""
    counted = select(func.count()).select_from(Petition).join(ResourceVersion).where(*_waits())
    return session.scalar(counted) or 0


def answered(session: Session) -> list[Petition]:
    """Petitions that were answered, the latest first."""
    query = _loaded().where(Petition.outcome != "").order_by(Petition.decided_at.desc(), Petition.id)
    return list(session.scalars(query.limit(SHOWN)))


def hindrances(session: Session, asked: Sequence[Petition], person: User) -> list[CommonsError | None]:
    """For each petition: why the person may not answer it, or None. A fixed number of queries."""
    if not entitlement.leads_review(person):
        return [Forbidden() for _ in asked]
    mine = entitlement.of(session, person, policies.current(session))
    own = _decided_by(session, [one for one in asked if one.kind == APPEAL], person)
    return [mine.obstacle(one.version) or (OwnDecision() if one.id in own else None) for one in asked]


def answer(session: Session, petition_id: str, *, by: User, granted: bool, reason: str) -> Petition:
    """Grant or dismiss a petition: what it asks for happens in the same transaction, and the institution is told.

    A granted appeal brings what was turned down back into review, and what was taken down back before the public; a
    granted renewal lets the time run anew from today. Raises `NotFound`, whatever hinders the person, `AlreadyDone`
    for one that was answered or has no matter any more, `ReasonMissing`, or `InvalidRequest`.
    """
    found: Petition | None = session.scalar(_loaded().where(Petition.id == petition_id))
    if found is None:
        raise NotFound()
    version = found.version
    lifecycle.lock(session, [version.resource_id])
    session.refresh(found)
    session.refresh(version)
    [obstacle] = hindrances(session, [found], by)
    if obstacle is not None:
        raise obstacle
    if found.outcome or version.state != found.about:
        raise AlreadyDone()
    reason = reasons.checked(reason, most=MAX_REASON)
    found.outcome, found.reason = GRANTED if granted else DISMISSED, reason
    found.decider_id, found.decided_at = by.id, now()
    actor, subject = auditlog.person(by.id), f"resource:{version.resource_id}"
    detail = {"version": version.version, "petition": found.id, "kind": found.kind}
    action = f"petition.{found.outcome}"
    auditlog.record(session, auditlog.Happening(actor, action, subject, reason, after=version.sha256, detail=detail))
    if granted:
        _grant(session, version, found.kind, actor, reason)
    session.flush()
    lifecycle.tell(session, version, reason=reason, petition_id=found.id, petition=found.outcome)
    return found


def _grant(session: Session, version: ResourceVersion, kind: str, actor: str, reason: str) -> None:
    if kind == APPEAL and version.state in ("changes_requested", "rejected"):
        negative = (Decision.version_id == version.id, Decision.verdict != APPROVE)
        session.execute(update(Decision).where(*negative).values(standing=False))
        lifecycle.advance(session, [version], to=entitlement.WAITING, actor=actor, reason=reason)
        return
    if kind != APPEAL:
        validity.give(session, [version])
    if version.state != publication.PUBLISHED:
        publication.put_back(session, [version], actor=actor, reason=reason)


def _receive(session: Session, node: Node, given: Mapping[str, Any]) -> Taken:
    version = session.scalar(
        select(ResourceVersion)
        .join(Resource)
        .where(
            ResourceVersion.resource_id == given["record_id"],
            ResourceVersion.version == given["version"],
            Resource.institution_id == node.institution_id,
        )
    )
    known = session.get(Petition, given["petition_id"])
    if version is None or (known is not None and known.version_id != version.id):
        return Taken(REFUSED, NotFound())
    if known is not None:
        return Taken(DUPLICATE)
    said = {"kind": given["kind"], "text": given["text"], "petition_id": given["petition_id"]}
    try:
        make(session, version, maker=auditlog.machine(node.id), **said)
    except CommonsError as error:
        return Taken(REFUSED, error)
    return Taken(ACCEPTED)


def _decided_by(session: Session, appeals: Sequence[Petition], person: User) -> set[str]:
    """Those appeals that are about what that very person turned down or took down."""
    turned_down = select(Decision.version_id).where(
        Decision.version_id.in_([one.version_id for one in appeals]),
        Decision.reviewer_id == person.id,
        Decision.verdict != APPROVE,
    )
    versions = set(session.scalars(turned_down)) if appeals else set()
    down = {f"resource:{one.version.resource_id}" for one in appeals if one.about == TAKEN_DOWN}
    events = select(AuditEvent.subject, AuditEvent.entry).where(
        AuditEvent.subject.in_(down), AuditEvent.action == f"version.{TAKEN_DOWN}"
    )
    # The last one stands: a resource may have been taken down more than once.
    actors = {
        row.subject: auditlog.said(row.entry).get("actor") for row in session.execute(events.order_by(AuditEvent.id))
    }
    mine = {subject for subject, actor in actors.items() if actor == auditlog.person(person.id)}
    return {
        one.id
        for one in appeals
        if f"resource:{one.version.resource_id}" in mine or (one.about != TAKEN_DOWN and one.version_id in versions)
    }


def _waits() -> tuple[ColumnElement[bool], ...]:
    return Petition.outcome == "", ResourceVersion.state == Petition.about


def _loaded() -> Any:
    owner = joinedload(Petition.version).joinedload(ResourceVersion.resource).joinedload(Resource.institution)
    return select(Petition).join(ResourceVersion).options(owner, joinedload(Petition.decider))
