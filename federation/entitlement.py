"""Who may judge which version: said of one version, and as a condition for the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from federation.checklist import Policy
from federation.models.people import User
from federation.models.policies import ReviewerDiscipline
from federation.models.resources import Resource, ResourceVersion, VersionTerm
from federation.models.reviews import Decision
from federation.roles import Permission, may
from federation.verdicts import APPROVE
from shared.errors import (
    CommonsError,
    Forbidden,
    MoveNotAllowed,
    NotLatest,
    NotYourDiscipline,
    OwnDecision,
    OwnInstitution,
)

WAITING = "in_review"
DISCIPLINES = "disciplines"


def may_review(person: User) -> bool:
    """Whether the person judges submissions at all."""
    return may(person, Permission.DECIDE)


def leads_review(person: User) -> bool:
    """Whether the person sets the rules of review, and judges resources of every discipline."""
    return may(person, Permission.LEAD_REVIEW)


@dataclass(frozen=True)
class Entitlement:
    """What a person may judge under the rules in force; `disciplines` are those in which the person is an expert.

    `refused` says of each version that was asked about whether the person has turned it down before an appeal.
    """

    person: User
    rules: Policy
    disciplines: frozenset[str]
    refused: Mapping[int, bool]

    def obstacle(self, version: ResourceVersion) -> CommonsError | None:
        """Why the person may not judge this version at all, whatever its state; or None."""
        if not may_review(self.person):
            return Forbidden()
        if self.person.institution_id == version.resource.institution_id:
            return OwnInstitution()
        if self._restricted:
            experts = self.rules.experts_for(version.record)
            if experts and experts.isdisjoint(self.disciplines):
                return NotYourDiscipline(disciplines=sorted(experts))
        return None

    def hindrance(self, version: ResourceVersion, to: str = "published") -> CommonsError | None:
        """The named error that a decision by this person, leading to the state `to`, meets now; or None.

        The entitlement was asked for with this version among others: `KeyError` otherwise.
        """
        obstacle = self.obstacle(version)
        if obstacle is not None:
            return obstacle
        if version.version != version.resource.latest_version:
            return NotLatest(latest=version.resource.latest_version)
        if version.state != WAITING:
            return MoveNotAllowed(state=version.state, to=to)
        return OwnDecision() if self.refused[version.id] else None

    def over(self, session: Session, version_ids: Collection[int]) -> Entitlement:
        """The same, ready to be asked what hinders a decision on these versions."""
        turned_down = select(Decision.version_id).where(
            Decision.version_id.in_(version_ids),
            Decision.reviewer_id == self.person.id,
            Decision.verdict != APPROVE,
            ~Decision.standing,
        )
        before = set(session.scalars(turned_down))
        return replace(self, refused={version_id: version_id in before for version_id in version_ids})

    def still_open(self) -> list[ColumnElement[bool]]:
        """Which of the waiting versions the person can still judge; the query has joined the resources."""
        mine = (Decision.version_id == ResourceVersion.id, Decision.reviewer_id == self.person.id)
        done = or_(Decision.standing, Decision.verdict != APPROVE)
        found: list[ColumnElement[bool]] = [~select(Decision.id).where(*mine, done).exists()]
        if self.person.institution_id is not None:
            found.append(Resource.institution_id != self.person.institution_id)
        if self._restricted:
            known = self.disciplines & self.rules.expert_disciplines
            found.append(or_(~_has_discipline(self.rules.expert_disciplines), _has_discipline(known)))
        return found

    @property
    def _restricted(self) -> bool:
        return bool(self.rules.expert_disciplines) and not leads_review(self.person)


def of(session: Session, person: User, rules: Policy, version_ids: Collection[int] = ()) -> Entitlement:
    """What a person may judge; `version_ids` are those of which it will be asked what hinders a decision."""
    found = Entitlement(person, rules, disciplines_of(session, person), MappingProxyType({}))
    return found.over(session, version_ids) if version_ids else found


def disciplines_of(session: Session, person: User) -> frozenset[str]:
    """The disciplines in which a person is an expert."""
    query = select(ReviewerDiscipline.discipline).where(ReviewerDiscipline.user_id == person.id)
    return frozenset(session.scalars(query))


def _has_discipline(codes: frozenset[str]) -> ColumnElement[bool]:
    terms = (VersionTerm.version_id == ResourceVersion.id, VersionTerm.vocabulary == DISCIPLINES)
    return select(VersionTerm.version_id).where(*terms, VersionTerm.code.in_(sorted(codes))).exists()
