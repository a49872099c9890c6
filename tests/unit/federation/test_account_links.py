"""One-time links: an account by invitation, a new password, each once, in time, and by who may give it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import account_links, auditlog, people, roles
from federation.models.auditing import AuditReason
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.people import AccountLink, User
from shared.errors import (
    AlreadyExists,
    CommonsError,
    Forbidden,
    InvalidRequest,
    LinkExpired,
    LinkUnknown,
    LinkUsed,
    LinkWithdrawn,
    NotFound,
    ReasonMissing,
)
from tests.support.reviewing import PASSWORD, Member, add_member, add_person, database

CHOSEN = {"name": "zhang", "display_name": "张三", "password": "一句自己选的话 42"}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with database(tmp_path) as opened:
        yield opened


@pytest.fixture
def member(session: Session) -> Member:
    return add_member(session, "nim")


def invite(
    session: Session, role: str = roles.REVIEWER, member: Member | None = None, issuer: User | None = None
) -> str:
    owner = member.institution if member else None
    return account_links.invite(session, display_name="张", role=role, institution=owner, days=3, issuer=issuer)


def only_link(session: Session) -> AccountLink:
    return session.scalars(select(AccountLink)).one()


def test_an_invitation_makes_one_account_with_what_the_person_chose(session: Session, member: Member) -> None:
    token = invite(session, roles.CONTRIBUTOR, member)
    made = account_links.accept(session, token, **CHOSEN)
    assert (made.name, made.display_name, made.role) == ("zhang", "张三", roles.CONTRIBUTOR)
    assert made.institution is member.institution
    with pytest.raises(LinkUsed):
        account_links.accept(session, token, **{**CHOSEN, "name": "second"})
    assert session.query(User).count() == 1


def test_only_the_hash_of_a_token_is_kept_and_the_log_has_neither(session: Session) -> None:
    token = invite(session)
    assert token not in str(vars(only_link(session)))
    entries = "".join(session.scalars(select(AuditEvent.entry)))
    assert token not in entries
    assert only_link(session).token_sha256 not in entries
    assert "张" not in entries


@pytest.mark.parametrize("bad", [{"name": "two words"}, {"password": "short"}, {"display_name": " "}])
def test_what_was_chosen_badly_leaves_the_link_good(session: Session, bad: dict[str, str]) -> None:
    token = invite(session)
    with pytest.raises(InvalidRequest):
        account_links.accept(session, token, **{**CHOSEN, **bad})
    assert account_links.accept(session, token, **CHOSEN).name == "zhang"


def test_a_name_that_is_taken_leaves_the_link_good(session: Session) -> None:
    add_person(session, "zhang")
    token = invite(session)
    with pytest.raises(AlreadyExists):
        account_links.accept(session, token, **CHOSEN)
    assert account_links.accept(session, token, **{**CHOSEN, "name": "other"}).name == "other"


def test_of_two_who_use_a_link_at_the_same_time_one_is_refused(session: Session) -> None:
    """The link was looked at by both; the database says who was first."""
    token = invite(session)
    link = account_links.find(session, token)
    account_links.accept(session, token, **CHOSEN)
    with pytest.raises(LinkUsed):
        account_links._use(session, link, session.scalars(select(User)).one())


@pytest.mark.parametrize("altered", ["", "x", "z" * 32, "\ud800", "\u202e"])
def test_a_token_that_there_is_not_is_unknown(session: Session, altered: str) -> None:
    invite(session)
    with pytest.raises(LinkUnknown):
        account_links.find(session, altered)


def test_a_link_ends_by_time(session: Session) -> None:
    token = invite(session)
    only_link(session).expires_at = now() - timedelta(seconds=1)
    with pytest.raises(LinkExpired):
        account_links.find(session, token)
    assert account_links.open_invitations(session) == []


def test_an_invitation_can_be_taken_back_with_a_reason(session: Session) -> None:
    boss = add_person(session, "boss", roles.ADMIN)
    token = invite(session, issuer=boss)
    with pytest.raises(ReasonMissing):
        account_links.withdraw(session, only_link(session).id, issuer=boss, reason=" ")
    account_links.withdraw(session, only_link(session).id, issuer=boss, reason="发错了人")
    with pytest.raises(LinkWithdrawn):
        account_links.find(session, token)
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    reason = session.get_one(AuditReason, event.id).reason
    assert (event.action, reason) == ("user.invitation_withdrawn", "发错了人")


def test_an_invitation_falls_with_who_issued_it(session: Session, member: Member) -> None:
    manager = add_person(session, "manager", roles.MANAGER, member=member)
    token = invite(session, roles.CONTRIBUTOR, member, manager)
    people.deactivate(session, manager, actor="operator")
    with pytest.raises(LinkWithdrawn):
        account_links.find(session, token)


@pytest.mark.parametrize(
    ("role", "whose", "error"),
    [
        (roles.CONTRIBUTOR, "nim", None),
        (roles.CONTRIBUTOR, "other", Forbidden),
        (roles.MANAGER, "nim", Forbidden),
        (roles.ADMIN, "", Forbidden),
        (roles.CONTRIBUTOR, "", InvalidRequest),
        ("root", "nim", InvalidRequest),
    ],
)
def test_a_manager_invites_contributors_of_the_own_institution_and_nobody_else(
    session: Session, member: Member, role: str, whose: str, error: type[CommonsError] | None
) -> None:
    members = {"nim": member, "other": add_member(session, "other")}
    manager = add_person(session, "manager", roles.MANAGER, member=member)
    if error is None:
        invite(session, role, members[whose], manager)
        return
    with pytest.raises(error):
        invite(session, role, members.get(whose), manager)
    assert session.query(AccountLink).count() == 0


def test_a_manager_takes_back_no_invitation_of_another_institution(session: Session, member: Member) -> None:
    other = add_member(session, "other")
    manager = add_person(session, "manager", roles.MANAGER, member=member)
    invite(session, roles.CONTRIBUTOR, other)
    with pytest.raises(NotFound):
        account_links.withdraw(session, only_link(session).id, issuer=manager, reason="x")


def sign_in_fails(session: Session, password: str) -> bool:
    user = session.scalars(select(User).where(User.name == "li")).one()
    return not people._matches(user.password_hash, password)


def test_a_password_link_changes_the_password_once_and_the_old_one_holds_until_then(session: Session) -> None:
    user = add_person(session, "li")
    token = account_links.offer_password(session, user, hours=1)
    assert not sign_in_fails(session, PASSWORD)
    with pytest.raises(InvalidRequest):
        account_links.choose_password(session, token, "short")
    account_links.choose_password(session, token, "a new long one")
    assert sign_in_fails(session, PASSWORD)
    assert not sign_in_fails(session, "a new long one")
    with pytest.raises(LinkUsed):
        account_links.choose_password(session, token, "and another one")


def test_a_newer_password_link_voids_the_older(session: Session) -> None:
    user = add_person(session, "li")
    first = account_links.offer_password(session, user, hours=1)
    second = account_links.offer_password(session, user, hours=1)
    with pytest.raises(LinkWithdrawn):
        account_links.choose_password(session, first, "a new long one")
    account_links.choose_password(session, second, "a new long one")


def test_a_closed_account_gets_no_password_by_any_link(session: Session) -> None:
    user = add_person(session, "li")
    token = account_links.offer_password(session, user, hours=1)
    people.deactivate(session, user, actor="operator")
    with pytest.raises(LinkWithdrawn):
        account_links.choose_password(session, token, "a new long one")
    with pytest.raises(Forbidden):
        account_links.offer_password(session, user, hours=1)


def test_a_link_does_only_what_it_is_for(session: Session) -> None:
    invitation, password = invite(session), account_links.offer_password(session, add_person(session, "li"), hours=1)
    with pytest.raises(LinkUnknown):
        account_links.choose_password(session, invitation, "a new long one")
    with pytest.raises(LinkUnknown):
        account_links.accept(session, password, **CHOSEN)


def test_after_a_restore_no_open_link_is_good(session: Session) -> None:
    tokens = [invite(session), account_links.offer_password(session, add_person(session, "li"), hours=1)]
    account_links.void_all(session)
    for token in tokens:
        with pytest.raises(LinkWithdrawn):
            account_links.find(session, token)


def test_a_reason_is_needed_by_all_but_the_operator(session: Session) -> None:
    user, boss = add_person(session, "li"), auditlog.person(add_person(session, "boss", roles.ADMIN).id)
    for act in (people.deactivate, people.reactivate):
        with pytest.raises(ReasonMissing):
            act(session, user, actor=boss)
    people.deactivate(session, user, actor=boss, reason="离职")
    assert not user.active
    people.reactivate(session, user, actor=auditlog.OPERATOR)
    assert user.active
