"""The table of what each role may do, and whom a person may appoint and manage."""

from __future__ import annotations

import pytest

from federation import naming, roles
from federation.models.people import User
from federation.roles import ADMIN, AUDITOR, CHIEF_REVIEWER, CONTRIBUTOR, MANAGER, REVIEWER, ROLES, Permission


def somebody(role: str, *, name: str = "li", institution: int | None = None, active: bool = True) -> User:
    return User(id=name, name=name, role=role, institution_id=institution, active=active)


@pytest.mark.parametrize(
    ("permission", "who"),
    [
        (Permission.SEE_OWN, {CONTRIBUTOR, MANAGER}),
        (Permission.MANAGE_OWN_PEOPLE, {MANAGER}),
        (Permission.READ_DESK, {REVIEWER, CHIEF_REVIEWER, ADMIN, AUDITOR}),
        (Permission.DECIDE, {REVIEWER, CHIEF_REVIEWER, ADMIN}),
        (Permission.LEAD_REVIEW, {CHIEF_REVIEWER, ADMIN}),
        (Permission.CURATE, {MANAGER, CHIEF_REVIEWER, ADMIN}),
        (Permission.READ_ADMINISTRATION, {ADMIN, AUDITOR}),
        (Permission.ADMINISTER, {ADMIN}),
    ],
)
def test_a_permission_is_had_by_these_roles_and_no_others(permission: Permission, who: set[str]) -> None:
    assert {role for role in ROLES if roles.may(somebody(role), permission)} == who


def test_every_permission_and_every_role_is_in_use() -> None:
    assert set().union(*roles.MAY.values()) == set(Permission)
    assert set(naming.ROLES) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_a_closed_account_may_do_nothing(role: str) -> None:
    assert not any(roles.may(somebody(role, active=False), permission) for permission in Permission)


def test_a_role_that_there_is_not_may_do_nothing() -> None:
    assert not any(roles.may(somebody("root"), permission) for permission in Permission)


@pytest.mark.parametrize(("role", "appointed"), [(ADMIN, ROLES), (MANAGER, (CONTRIBUTOR,))])
def test_who_appoints_whom(role: str, appointed: tuple[str, ...]) -> None:
    assert roles.may_appoint(somebody(role, institution=1)) == appointed


@pytest.mark.parametrize("role", sorted(set(ROLES) - {ADMIN, MANAGER}))
def test_all_others_appoint_nobody(role: str) -> None:
    assert roles.may_appoint(somebody(role, institution=1)) == ()


@pytest.mark.parametrize(
    ("manages", "role", "institution"),
    [(True, CONTRIBUTOR, 1), (False, CONTRIBUTOR, 2), (False, MANAGER, 1), (False, REVIEWER, 1)],
)
def test_a_manager_manages_the_contributors_of_the_own_institution(
    manages: bool, role: str, institution: int
) -> None:
    manager = somebody(MANAGER, institution=1)
    assert roles.may_manage(manager, somebody(role, name="wang", institution=institution)) is manages


@pytest.mark.parametrize("role", ROLES)
def test_an_admin_manages_everybody_but_themselves(role: str) -> None:
    admin = somebody(ADMIN)
    assert roles.may_manage(admin, somebody(role, name="wang", institution=1))
    assert not roles.may_manage(admin, admin)
