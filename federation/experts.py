"""Who is an expert of which disciplines of metrology: set by those who lead the review."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, entitlement
from federation.models.base import insert_rows
from federation.models.people import User
from federation.models.policies import ReviewerDiscipline
from shared.errors import FieldError, Forbidden, InvalidRequest
from shared.vocabularies import vocabulary


@dataclass(frozen=True)
class Expert:
    """A reviewer, and the disciplines in which that person is an expert."""

    person: User
    disciplines: frozenset[str]


def reviewers(session: Session) -> list[Expert]:
    """Everybody who reviews, by name."""
    known: dict[str, set[str]] = {}
    for row in session.scalars(select(ReviewerDiscipline)):
        known.setdefault(row.user_id, set()).add(row.discipline)
    people = session.scalars(select(User).options(joinedload(User.institution)).order_by(User.display_name, User.id))
    return [Expert(one, frozenset(known.get(one.id, ()))) for one in people if entitlement.may_review(one)]


def set_disciplines(session: Session, person: User, disciplines: Collection[str], *, by: User) -> None:
    """Say in which disciplines a person is an expert; the same as before changes nothing.

    Raises `Forbidden`, or `InvalidRequest` for what is no discipline.
    """
    if not entitlement.leads_review(by):
        raise Forbidden()
    known = vocabulary("disciplines")
    unknown = sorted(set(disciplines) - set(known.terms))
    if unknown:
        said = {"value": unknown[0][:80], "vocabulary": known.name, "allowed": ", ".join(known.terms)[:600]}
        raise InvalidRequest(errors=[FieldError("/disciplines", "unknown_term", said)])
    before = entitlement.disciplines_of(session, person)
    if before == frozenset(disciplines):
        return
    session.execute(delete(ReviewerDiscipline).where(ReviewerDiscipline.user_id == person.id))
    rows = [{"user_id": person.id, "discipline": code} for code in sorted(set(disciplines))]
    insert_rows(session, ReviewerDiscipline, rows)
    detail = {"before": sorted(before), "after": sorted(set(disciplines))}
    subject, actor = auditlog.person(person.id), auditlog.person(by.id)
    auditlog.record(session, auditlog.Happening(actor, "reviewer.disciplines", subject, detail=detail))
