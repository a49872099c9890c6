"""What each role may do: one table, which every page, command and service asks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from federation.models.people import User

CONTRIBUTOR, MANAGER = "contributor", "manager"
REVIEWER, CHIEF_REVIEWER, ADMIN, AUDITOR = "reviewer", "chief_reviewer", "admin", "auditor"


class Permission(StrEnum):
    """Something that a role may do, or may not."""

    SEE_OWN = "see_own"
    """See what the own institution has contributed, how it stands, and what was decided on it."""
    MANAGE_OWN_PEOPLE = "manage_own_people"
    """Invite and deactivate the contributors of the own institution."""
    READ_DESK = "read_desk"
    """Read every submission with its files and decisions."""
    DECIDE = "decide"
    """Judge submissions of other institutions than the own."""
    LEAD_REVIEW = "lead_review"
    """Direct the review: share out the work, and set its checklist and its rules."""
    CURATE = "curate"
    """Make collections and campaigns: for the alliance, or for the own institution under its name."""
    READ_ADMINISTRATION = "read_administration"
    """Read what admins see: members, nodes, keys, storage, people."""
    ADMINISTER = "administer"
    """Change what admins see."""


MAY: Mapping[str, frozenset[Permission]] = {
    CONTRIBUTOR: frozenset({Permission.SEE_OWN}),
    MANAGER: frozenset({Permission.SEE_OWN, Permission.MANAGE_OWN_PEOPLE, Permission.CURATE}),
    REVIEWER: frozenset({Permission.READ_DESK, Permission.DECIDE}),
    CHIEF_REVIEWER: frozenset({Permission.READ_DESK, Permission.DECIDE, Permission.LEAD_REVIEW, Permission.CURATE}),
    ADMIN: frozenset(
        {
            Permission.READ_DESK,
            Permission.DECIDE,
            Permission.LEAD_REVIEW,
            Permission.CURATE,
            Permission.READ_ADMINISTRATION,
            Permission.ADMINISTER,
        }
    ),
    # Reads everything, changes nothing.
    AUDITOR: frozenset({Permission.READ_DESK, Permission.READ_ADMINISTRATION}),
}
ROLES = tuple(MAY)
WITH_SECOND_FACTOR = frozenset({REVIEWER, CHIEF_REVIEWER, ADMIN, AUDITOR})
"""Roles that see what is not public of all members: a password alone is not enough for them."""
OF_AN_INSTITUTION = frozenset({CONTRIBUTOR, MANAGER})
"""Roles that there are only within an institution; anybody else may belong to one, and judges nothing of it then."""


def may(user: User, permission: Permission) -> bool:
    """Whether that person may do it; a closed account may do nothing."""
    return user.active and permission in MAY.get(user.role, frozenset())


def may_appoint(user: User) -> tuple[str, ...]:
    """The roles that the person may give to others: a manager only those of contributors of the own institution."""
    if may(user, Permission.ADMINISTER):
        return ROLES
    return (CONTRIBUTOR,) if may(user, Permission.MANAGE_OWN_PEOPLE) else ()


def may_manage(user: User, other: User) -> bool:
    """Whether `user` may invite, deactivate and help `other`; nobody does so to themselves."""
    if user.id == other.id or other.role not in may_appoint(user):
        return False
    return may(user, Permission.ADMINISTER) or user.institution_id == other.institution_id
