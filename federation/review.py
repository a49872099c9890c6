"""Review: who may judge which version, what a decision needs, and what it brings about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, claims, days, entitlement, lifecycle, policies, publication, scheduling
from federation.checklist import Policy
from federation.entitlement import Entitlement
from federation.models.base import now
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Claim, Decision
from federation.verdicts import APPROVE, LEADS_TO
from shared.canonical import canonical
from shared.errors import (
    ChecklistChanged,
    CommonsError,
    FieldError,
    Forbidden,
    InvalidRequest,
    NotFound,
    ReasonMissing,
)
from shared.validation import plain

MAX_REASON, MAX_TOLD = 4000, 5000
"""Characters of a reason, and of all that a status event says (`shared.messages`)."""
Approvals = dict[int, list[date]]
"""By the version: the day that each approval names, the first of all days for none."""
BULK = 400
"""Versions that are moved together in a bulk decision."""


@dataclass(frozen=True)
class Judgement:
    """What a reviewer says: verdict, reason, and the answers to the checklist as they are kept, under which rules."""

    by: Entitlement
    verdict: str
    reason: str
    answers: dict[str, Any]
    publish_on: date | None = None
    """The day before which what is approved is not to be public; None for none."""
    through: str = ""
    """Who gave it in for the reviewer, as the audit log names them; empty for the reviewer."""

    @property
    def reviewer(self) -> User:
        """Who says it."""
        return self.by.person

    @property
    def rules(self) -> Policy:
        """The policy in force as it is said."""
        return self.by.rules

    @property
    def told(self) -> str:
        """What the institution is told: the reason, and what was noted at single questions of the checklist."""
        notes = self.answers.get("notes", {})
        lines = [f"{item.zh}：{notes[item.code]}" for item in self.rules.items if item.code in notes]
        return "\n".join([self.reason, *lines] if self.reason else lines)[:MAX_TOLD]

    def stands_in(self, decision: Decision | None) -> bool:
        """Whether the reviewer has said just that before."""
        said = (self.verdict, self.publish_on)
        return decision is not None and decision.standing and (decision.verdict, decision.publish_on) == said

    @property
    def actor(self) -> str:
        """The reviewer as the audit log names people."""
        return auditlog.person(self.reviewer.id)


@dataclass(frozen=True)
class Submission:
    """A version as a reviewer opens it.

    `hindrance` is the named error that a decision by this reviewer would meet now, or None.
    """

    version: ResourceVersion
    record: dict[str, Any]
    public: ResourceVersion | None
    """The version of the same resource that the public sees now."""
    decisions: list[Decision]
    """All decisions on any version of the resource, the latest first."""
    approvals: int
    needed: int
    sensitive: bool
    rules: Policy
    """The policy under which a decision would be made."""
    hindrance: CommonsError | None
    approved_by_me: bool
    claim: Claim | None
    """Who is at work on it; that hinders nobody."""
    overdue: bool


@dataclass
class BulkOutcome:
    """What became of each version of a bulk decision; one that is refused never blocks the rest."""

    decided: list[ResourceVersion] = field(default_factory=list)
    """Those that reached the verdict's state."""
    waiting: list[ResourceVersion] = field(default_factory=list)
    """Those approved that need another reviewer."""
    scheduled: int = 0
    """How many of those decided become public on a later day."""
    refused: list[tuple[ResourceVersion, CommonsError]] = field(default_factory=list)


def open(session: Session, version_id: int, reviewer: User) -> Submission:
    """All that a reviewer needs to judge a version. Raises `NotFound`."""
    version = session.scalar(_with_resource().where(ResourceVersion.id == version_id))
    if version is None:
        raise NotFound()
    record, rules = version.record, policies.current(session)
    decisions = _decisions(session, version.resource_id)
    approvals = {
        decision.reviewer_id
        for decision in decisions
        if decision.version_id == version.id and decision.verdict == APPROVE and decision.standing
    }
    return Submission(
        version=version,
        record=record,
        public=_public(session, version.resource_id),
        decisions=decisions,
        approvals=len(approvals),
        needed=rules.approvals_needed(record),
        sensitive=rules.is_sensitive(record),
        rules=rules,
        hindrance=entitlement.of(session, reviewer, rules, [version.id]).hindrance(version),
        approved_by_me=reviewer.id in approvals,
        claim=claims.standing(session, [version.id]).get(version.id),
        overdue=version.due_at is not None and version.due_at < now(),
    )


def decide(
    session: Session,
    version: ResourceVersion,
    *,
    reviewer: User,
    verdict: str,
    reason: str,
    checklist: Mapping[str, bool],
    notes: Mapping[str, str] = MappingProxyType({}),
    publish_on: date | None = None,
    read: int | None = None,
    naan: str,
) -> ResourceVersion:
    """Judge one version; what it leads to happens in the same transaction.

    An approval publishes when enough different reviewers have approved, and is only kept until then; on `publish_on`
    if that day is still to come, the latest one when several reviewers name one. A negative verdict acts at once.
    A reviewer counts once: the same approval again changes nothing, and who has approved may still say no.
    `read` is the version of the policy whose checklist was read; None for the one in force.

    Raises `Forbidden`, `OwnInstitution`, `NotYourDiscipline`, `NotLatest`, `MoveNotAllowed`, `OwnDecision`,
    `ReasonMissing`, `ChecklistChanged`, `ChecklistIncomplete` or `InvalidRequest`.
    """
    _check_read(session, read)
    judgement = _judgement(session, reviewer, verdict, reason, checklist, notes, publish_on, [version.id])
    lifecycle.lock(session, [version.resource_id])
    session.refresh(version)
    hindrance = judgement.by.hindrance(version, LEADS_TO[verdict])
    if hindrance is not None:
        raise hindrance
    _apply(session, [version], judgement, naan)
    return version


def decide_many(
    session: Session,
    versions: Sequence[ResourceVersion],
    *,
    reviewer: User,
    verdict: str = APPROVE,
    reason: str,
    checklist: Mapping[str, bool],
    notes: Mapping[str, str] = MappingProxyType({}),
    publish_on: date | None = None,
    read: int | None = None,
    through: str = "",
    naan: str,
) -> BulkOutcome:
    """Judge many versions alike, by the same rules as one.

    Raises `Forbidden` for who judges nothing, and what is wrong with the judgement itself (`ReasonMissing`,
    `ChecklistChanged`, `ChecklistIncomplete`, `InvalidRequest`);
    what hinders a single version stands in the outcome. Bulk approval needs a reason too. `through` is who gives it
    in for the reviewer, and stands in the audit log: nobody's word is passed off as another's.
    """
    if not entitlement.may_review(reviewer):
        raise Forbidden()
    _check_read(session, read)
    ids = sorted({version.id for version in versions})
    judgement = _judgement(session, reviewer, verdict, reason, checklist, notes, publish_on, ids, through)
    if not judgement.reason:
        raise ReasonMissing()
    outcome = BulkOutcome()
    lifecycle.lock(session, {version.resource_id for version in versions})
    for start in range(0, len(ids), BULK):
        good = []
        for version in _read_again(session, ids[start : start + BULK]):
            hindrance = judgement.by.hindrance(version, LEADS_TO[verdict])
            if hindrance is None:
                good.append(version)
            else:
                outcome.refused.append((version, hindrance))
        reached = _apply(session, good, judgement, naan)
        outcome.decided += [version for version in good if version.id in reached]
        outcome.waiting += [version for version in good if version.id not in reached]
    outcome.scheduled = sum(version.state == scheduling.APPROVED for version in outcome.decided)
    return outcome


def _check_read(session: Session, read: int | None) -> None:
    """Nobody confirms questions that were put differently to them. Raises `ChecklistChanged`."""
    rules = policies.current(session)
    if read is None or read == rules.number:
        return
    try:
        same = 0 < read < rules.number and policies.version(session, read).items == rules.items
    except NotFound:
        same = False
    if not same:
        raise ChecklistChanged(number=rules.number)


def _judgement(
    session: Session,
    reviewer: User,
    verdict: str,
    reason: str,
    checklist: Mapping[str, bool],
    notes: Mapping[str, str],
    publish_on: date | None,
    version_ids: Collection[int],
    through: str = "",
) -> Judgement:
    """A judgement whose form is good."""
    reason = plain(reason).strip()
    if verdict not in LEADS_TO:
        said = {"value": verdict[:40], "vocabulary": "verdicts", "allowed": ", ".join(LEADS_TO)}
        raise InvalidRequest(errors=[FieldError("/verdict", "unknown_term", said)])
    if len(reason) > MAX_REASON:
        length = {"max": MAX_REASON, "length": len(reason)}
        raise InvalidRequest(errors=[FieldError("/reason", "too_long", length)])
    if verdict != APPROVE and not reason:
        raise ReasonMissing()
    by = entitlement.of(session, reviewer, policies.current(session), version_ids)
    answers = by.rules.answers(checklist, complete=verdict == APPROVE, notes=notes)
    return Judgement(by, verdict, reason, answers, publish_on if verdict == APPROVE else None, through)


def _apply(session: Session, versions: Sequence[ResourceVersion], judgement: Judgement, naan: str) -> set[int]:
    """Keep the judgement of each version and do what it leads to; says which reached the verdict's state."""
    if not versions:
        return set()
    approvals = _keep(session, versions, judgement)
    if judgement.verdict == APPROVE:
        ready = [v for v in versions if len(approvals[v.id]) >= judgement.rules.approvals_needed(v.record)]
        _make_public(session, ready, approvals, judgement, naan)
    else:
        ready = list(versions)
        to = LEADS_TO[judgement.verdict]
        lifecycle.advance(session, ready, to=to, actor=judgement.actor, reason=judgement.told)
    claims.end(session, [version.id for version in versions], reviewer=judgement.reviewer)
    claims.end(session, [version.id for version in ready])
    return {version.id for version in ready}


def _make_public(
    session: Session, ready: Sequence[ResourceVersion], approvals: Approvals, judgement: Judgement, naan: str
) -> None:
    """Publish what is approved, at once or on the last of the days that its approvals name."""
    until = {version.id: max(approvals[version.id]) for version in ready}
    later = [version for version in ready if until[version.id] > days.today()]
    at_once = [version for version in ready if until[version.id] <= days.today()]
    said = {"actor": judgement.actor, "reason": judgement.reason}
    publication.publish(session, at_once, naan=naan, **said)
    scheduling.put_off(session, later, until, **said)


def _keep(session: Session, versions: Sequence[ResourceVersion], judgement: Judgement) -> Approvals:
    """Store the decisions that are new, each with its audit event; the approvals of each version with their days."""
    standing = _standing(session, versions)
    mine = {d.version_id: d for d in standing if d.reviewer_id == judgement.reviewer.id}
    approvals: Approvals = {version.id: [] for version in versions}
    for decision in standing:
        if decision.verdict == APPROVE and decision.standing and decision.reviewer_id != judgement.reviewer.id:
            approvals[decision.version_id].append(decision.publish_on or date.min)
    if judgement.verdict == APPROVE:
        for given in approvals.values():
            given.append(judgement.publish_on or date.min)
    fresh = [version for version in versions if not judgement.stands_in(mine.get(version.id))]
    for version in fresh:
        if version.id in mine:
            session.delete(mine[version.id])
    session.flush()
    if fresh:
        policies.kept(session)
        session.execute(insert(Decision), [_decision_row(version, judgement) for version in fresh])
    auditlog.record_many(session, [_happening(session, v, judgement, len(approvals[v.id])) for v in fresh])
    return approvals


def _decision_row(version: ResourceVersion, judgement: Judgement) -> dict[str, Any]:
    return {
        "version_id": version.id,
        "reviewer_id": judgement.reviewer.id,
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "checklist": judgement.answers,
        "policy_number": judgement.rules.number,
        "publish_on": judgement.publish_on,
        "at": now(),
    }


def _happening(
    session: Session, version: ResourceVersion, judgement: Judgement, approvals: int
) -> auditlog.Happening:
    answers = dict(judgement.answers)
    if "notes" in answers:
        answers["notes"] = auditlog.blinded(session, canonical(answers["notes"]).decode())
    detail = {"version": version.version, "approvals": approvals, "checklist": answers}
    if judgement.publish_on is not None:
        detail["publish_on"] = judgement.publish_on.isoformat()
    if judgement.through:
        detail["through"] = judgement.through
    subject = f"resource:{version.resource_id}"
    action = f"review.{judgement.verdict}"
    return auditlog.Happening(judgement.actor, action, subject, judgement.reason, after=version.sha256, detail=detail)


def _with_resource() -> Any:
    owner = joinedload(ResourceVersion.resource)
    return select(ResourceVersion).options(owner.joinedload(Resource.institution), owner.joinedload(Resource.node))


def _read_again(session: Session, ids: Sequence[int]) -> Iterable[ResourceVersion]:
    """Versions as they are now that their resources are held, in order of id."""
    found = _with_resource().where(ResourceVersion.id.in_(ids)).order_by(ResourceVersion.id)
    return list(session.scalars(found.execution_options(populate_existing=True)).unique())


def _standing(session: Session, versions: Sequence[ResourceVersion]) -> list[Decision]:
    ids = [version.id for version in versions]
    return list(session.scalars(select(Decision).where(Decision.version_id.in_(ids))))


def _decisions(session: Session, resource_id: str) -> list[Decision]:
    query = (
        select(Decision)
        .join(ResourceVersion)
        .where(ResourceVersion.resource_id == resource_id)
        .options(joinedload(Decision.reviewer), joinedload(Decision.version))
        .order_by(Decision.at.desc(), Decision.id.desc())
    )
    return list(session.scalars(query))


def _public(session: Session, resource_id: str) -> ResourceVersion | None:
    query = select(ResourceVersion).where(
        ResourceVersion.resource_id == resource_id, ResourceVersion.state == "published"
    )
    return session.scalar(query)
