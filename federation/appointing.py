"""Giving somebody who has an account another role or institution."""

from __future__ import annotations

from sqlalchemy.orm import Session

from federation import auditlog, claims, identities, people, person_sessions
from federation.models.institutions import Institution
from federation.models.people import User
from shared.errors import InvalidRequest


def appoint(
    session: Session, user: User, *, role: str, institution: Institution | None, actor: str, reason: str = ""
) -> bool:
    """Give the person that role in that institution, or in none; whether that is anything new.

    All sessions end, so that the new role's second factor is asked for; what was claimed is given back, and an
    account at the former institution's provider stands for this one no longer. Decisions stay.

    Raises `InvalidRequest` for a role that is none or needs an institution, `ReasonMissing` as `people.deactivate`.
    """
    faults = people.role_faults(role, institution)
    if faults:
        raise InvalidRequest(errors=faults)
    reason = people.reason_given(reason, actor)
    before, after = _said(user.role, user.institution), _said(role, institution)
    if before == after:
        return False
    moved = user.institution is not institution
    user.role, user.institution = role, institution
    session.flush()
    if moved and identities.of(session, user) is not None:
        identities.unbind(session, user, actor=actor)
    person_sessions.drop_all(session, user)
    claims.end_all_of(session, user)
    detail = {**after, "before": before}
    happened = auditlog.Happening(actor, "user.appointed", auditlog.person(user.id), reason, detail=detail)
    auditlog.record(session, happened)
    return True


def _said(role: str, institution: Institution | None) -> dict[str, str]:
    return {"role": role, "institution": institution.code if institution else ""}
