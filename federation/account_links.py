"""One-time links to an account: an invitation by which a person makes one, or a new password for the one there is."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, letters, mail, people
from federation.models.base import now
from federation.models.institutions import Institution
from federation.models.people import AccountLink, User
from federation.roles import may_appoint, may_manage
from federation.settings import HubSettings
from shared.errors import (
    Forbidden,
    InvalidRequest,
    LinkExpired,
    LinkUnknown,
    LinkUsed,
    LinkWithdrawn,
    NotFound,
    ReasonMissing,
)
from shared.validation import plain

INVITATION, PASSWORD = "invitation", "password"
PATH = "/workbench/links"
"""Where the links lead, below the public origin."""


def address(origin: str, token: str) -> str:
    """The link itself. The token is in the query, which nothing of ours logs."""
    return f"{origin}{PATH}?token={token}"


def invite(
    session: Session,
    *,
    display_name: str,
    role: str,
    institution: Institution | None,
    days: int,
    issuer: User | None = None,
    email: str = "",
) -> str:
    """A token by which one person makes an account of that role within `days`.

    `issuer` is None for the operator. Raises `Forbidden` for a role or an institution that is not the issuer's to
    give, `InvalidRequest` naming each fault.
    """
    display_name, email = plain(display_name).strip(), plain(email).strip()
    faults = [*people.display_name_faults(display_name), *people.role_faults(role, institution)]
    faults += mail.address_faults(email)
    if faults:
        raise InvalidRequest(errors=faults)
    link = AccountLink(
        purpose=INVITATION,
        display_name=display_name,
        email=email,
        role=role,
        institution_id=institution.id if institution else None,
        issuer_id=issuer.id if issuer else None,
    )
    if issuer is not None and not _may_invite(issuer, link):
        raise Forbidden()
    token = _issue(session, link, timedelta(days=days))
    detail = {"role": role, "institution": institution.code if institution else ""}
    _remember(session, _actor(issuer), "user.invited", link, detail=detail)
    return token


def offer_password(session: Session, user: User, *, hours: int, issuer: User | None = None) -> str:
    """A token by which the person chooses a new password within `hours`; the old one holds until then.

    Whatever such links the account had before are void. Raises `Forbidden` when the account is not the issuer's to
    help with, or is closed.
    """
    if not user.active or (issuer is not None and not may_manage(issuer, user)):
        raise Forbidden()
    _void_passwords(session, user)
    link = AccountLink(purpose=PASSWORD, user_id=user.id, issuer_id=issuer.id if issuer else None)
    token = _issue(session, link, timedelta(hours=hours))
    _remember(session, _actor(issuer), "user.password_link_issued", link, about=user)
    return token


def find(session: Session, token: str) -> AccountLink:
    """The link of a token, while it is good.

    Raises `LinkUnknown`, `LinkUsed`, `LinkExpired`, or `LinkWithdrawn` when it was taken back, when whoever issued
    it may no longer do so, or when its account was closed.
    """
    who = (joinedload(AccountLink.issuer), joinedload(AccountLink.user), joinedload(AccountLink.institution))
    link = session.scalar(select(AccountLink).where(AccountLink.token_sha256 == _hash(token)).options(*who))
    if link is None:
        raise LinkUnknown()
    if link.used_at is not None:
        raise LinkUsed()
    if link.withdrawn_at is not None or not _stands(link):
        raise LinkWithdrawn()
    if link.expires_at < now():
        raise LinkExpired()
    return link


def accept(session: Session, token: str, *, name: str, display_name: str, password: str) -> User:
    """Make the account of an invitation, with the name and the password that the person chose.

    Raises what `find` raises, `InvalidRequest` or `AlreadyExists`; the link is good still after the last two.
    """
    link = find(session, token)
    if link.purpose != INVITATION:
        raise LinkUnknown()
    user = people.create_user(
        session,
        name=name,
        display_name=display_name,
        password=password,
        role=link.role,
        institution=link.institution,
        email=link.email,
        actor=f"invitation:{link.id}",
    )
    _use(session, link, user)
    return user


def choose_password(session: Session, token: str, password: str) -> User:
    """Give the account of a link its new password; all its sessions end.

    Raises what `find` raises, or `InvalidRequest`, after which the link is good still.
    """
    link = find(session, token)
    if link.purpose != PASSWORD or link.user is None:
        raise LinkUnknown()
    people.set_password(session, link.user, password, actor=auditlog.person(link.user.id))
    _use(session, link, link.user)
    return link.user


def send_invitation(session: Session, token: str, *, settings: HubSettings) -> tuple[str, bool]:
    """An invitation's link, and whether it goes to the person by e-mail too."""
    link, where = find(session, token), address(settings.origin, token)
    letter = letters.invitation(settings, name=link.display_name, link=where, days=_days(link))
    return where, mail.write(session, letter, to=link.email, settings=settings)


def send_password_link(session: Session, token: str, *, settings: HubSettings) -> tuple[str, bool]:
    """The link for a new password, and whether it goes to the person by e-mail too."""
    link, where = find(session, token), address(settings.origin, token)
    if link.user is None:
        raise LinkUnknown()
    letter = letters.password_link(settings, name=link.user.display_name, link=where, hours=_hours(link))
    return where, mail.write(session, letter, to=link.user.email, settings=settings)


def _hours(link: AccountLink) -> int:
    return round((link.expires_at - link.created_at).total_seconds() / 3600)


def _days(link: AccountLink) -> int:
    return round(_hours(link) / 24)


def open_invitations(session: Session, institution_id: int | None = None) -> Sequence[AccountLink]:
    """The invitations that still wait for their people, the newest first; of one institution or of all."""
    wanted = select(AccountLink).where(
        AccountLink.purpose == INVITATION,
        AccountLink.used_at.is_(None),
        AccountLink.withdrawn_at.is_(None),
        AccountLink.expires_at > now(),
    )
    if institution_id is not None:
        wanted = wanted.where(AccountLink.institution_id == institution_id)
    who = (joinedload(AccountLink.issuer), joinedload(AccountLink.institution))
    return session.scalars(wanted.options(*who).order_by(AccountLink.id.desc())).all()


def withdraw(session: Session, link_id: int, *, issuer: User, reason: str) -> AccountLink:
    """Take an open invitation back. Raises `NotFound` for one that is not the issuer's to take, `ReasonMissing`."""
    link = session.get(AccountLink, link_id)
    if link is None or link.purpose != INVITATION or not _may_invite(issuer, link):
        raise NotFound()
    reason = plain(reason).strip()
    if not reason:
        raise ReasonMissing()
    if link.used_at is None and link.withdrawn_at is None:
        link.withdrawn_at = now()
        session.flush()
        _remember(session, _actor(issuer), "user.invitation_withdrawn", link, reason=reason)
    return link


def void_all(session: Session) -> None:
    """No open link is good any more: after a restore, those that were used or taken back since would be."""
    _void(session, AccountLink.used_at.is_(None))


def _issue(session: Session, link: AccountLink, lifetime: timedelta) -> str:
    token = secrets.token_urlsafe(24)
    link.token_sha256, link.expires_at = _hash(token), now() + lifetime
    session.add(link)
    session.flush()
    return token


def _use(session: Session, link: AccountLink, user: User) -> None:
    """Mark the link as used, in the database itself: of two at the same time one is refused with `LinkUsed`."""
    statement = update(AccountLink).where(AccountLink.id == link.id, AccountLink.used_at.is_(None))
    done = session.execute(
        statement.values(used_at=now(), user_id=user.id).returning(AccountLink.id),
        execution_options={"synchronize_session": False},
    )
    if done.first() is None:
        raise LinkUsed()
    session.refresh(link)


def _stands(link: AccountLink) -> bool:
    """Whether whoever issued the link might do so still, for an account that is open."""
    if link.purpose == INVITATION:
        return link.issuer is None or _may_invite(link.issuer, link)
    if link.user is None or not link.user.active:
        return False
    return link.issuer is None or may_manage(link.issuer, link.user)


def _may_invite(issuer: User, link: AccountLink) -> bool:
    appointed = User(id="", role=link.role, institution_id=link.institution_id)
    return link.role in may_appoint(issuer) and may_manage(issuer, appointed)


def _void_passwords(session: Session, user: User) -> None:
    _void(session, (AccountLink.user_id == user.id) & (AccountLink.purpose == PASSWORD))


def _void(session: Session, which: ColumnElement[bool]) -> None:
    open_ones = update(AccountLink).where(which, AccountLink.used_at.is_(None))
    open_ones = open_ones.where(AccountLink.withdrawn_at.is_(None)).values(withdrawn_at=now())
    session.execute(open_ones, execution_options={"synchronize_session": False})


def _remember(
    session: Session,
    actor: str,
    action: str,
    link: AccountLink,
    *,
    about: User | None = None,
    reason: str = "",
    detail: dict[str, str] | None = None,
) -> None:
    subject = auditlog.person(about.id) if about else f"invitation:{link.id}"
    auditlog.record(session, auditlog.Happening(actor, action, subject, reason, detail=detail))


def _actor(issuer: User | None) -> str:
    return auditlog.person(issuer.id) if issuer else auditlog.OPERATOR


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
