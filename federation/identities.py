"""Accounts at institutions' providers that stand for accounts here: set by the operator, bound by the person.

An identity only says who somebody is. What they may do is said by their account here, which is never made by it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, openid, sealing
from federation.models.identities import ExternalIdentity, IdentityProvider
from federation.models.institutions import Institution
from federation.models.people import User
from federation.openid import Provider
from federation.settings import HubSettings
from shared.errors import AlreadyExists, FieldError, IdentityUnbound, InvalidRequest, NotFound

PURPOSE = "identity provider"
BACK = "/workbench/sign-in/through/back"
"""Where a provider sends people back to, below the public origin: what the operator registers there."""


def set_provider(
    session: Session, institution: Institution, given: Provider, *, settings: HubSettings, actor: str
) -> None:
    """Let people of the institution sign in through its provider. Raises `InvalidRequest` for an unsafe issuer."""
    if not openid.is_safe(given.issuer) or len(given.issuer) > 500:
        raise InvalidRequest(errors=[FieldError("/issuer", "bad_url")])
    sealed = sealing.seal(given.client_secret, secret_key=settings.secret_key, purpose=PURPOSE)
    found = session.get(IdentityProvider, institution.id) or IdentityProvider(institution_id=institution.id)
    found.issuer, found.client_id, found.sealed_secret = given.issuer, given.client_id, sealed
    session.add(found)
    session.flush()
    _remember(session, actor, "institution.sign_in_set", f"institution:{institution.code}", given.issuer)


def remove_provider(session: Session, institution: Institution, *, actor: str) -> None:
    """Let nobody sign in through the institution's provider any more; what was bound stays. Raises `NotFound`."""
    found = session.get(IdentityProvider, institution.id)
    if found is None:
        raise NotFound()
    session.delete(found)
    _remember(session, actor, "institution.sign_in_removed", f"institution:{institution.code}", found.issuer)


def providers(session: Session) -> Sequence[IdentityProvider]:
    """The institutions through which one may sign in."""
    wanted = select(IdentityProvider).join(Institution).options(joinedload(IdentityProvider.institution))
    return session.scalars(wanted.order_by(Institution.code)).all()


def has_provider(session: Session, user: User) -> bool:
    """Whether the person's institution has a provider."""
    return user.institution_id is not None and session.get(IdentityProvider, user.institution_id) is not None


def provider_of(session: Session, institution_id: int, *, settings: HubSettings) -> Provider:
    """The provider of an institution. Raises `NotFound`, also when the hub's key is another one now."""
    found = session.get(IdentityProvider, institution_id)
    if found is None:
        raise NotFound()
    try:
        secret = sealing.unseal(found.sealed_secret, secret_key=settings.secret_key, purpose=PURPOSE)
    except sealing.CannotUnseal as error:
        raise NotFound() from error
    return Provider(found.issuer, found.client_id, secret)


def person(session: Session, *, issuer: str, subject: str) -> User:
    """Whose account here that is. Raises `IdentityUnbound` for nobody's, and for that of a closed account."""
    found = session.scalar(
        select(ExternalIdentity)
        .where(ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject)
        .options(joinedload(ExternalIdentity.user))
    )
    if found is None or not found.user.active:
        raise IdentityUnbound()
    return found.user


def of(session: Session, user: User) -> ExternalIdentity | None:
    """The identity that stands for this account."""
    return session.scalar(select(ExternalIdentity).where(ExternalIdentity.user_id == user.id))


def bind(session: Session, user: User, *, issuer: str, subject: str) -> None:
    """Let that identity stand for the account of the person, who has shown both. Raises `AlreadyExists`."""
    taken = select(ExternalIdentity.id).where(
        (ExternalIdentity.issuer == issuer) & (ExternalIdentity.subject == subject)
        | (ExternalIdentity.user_id == user.id)
    )
    if session.scalar(taken.limit(1)) is not None:
        raise AlreadyExists(what=user.name)
    session.add(ExternalIdentity(user_id=user.id, issuer=issuer, subject=subject))
    session.flush()
    _remember(session, auditlog.person(user.id), "user.identity_bound", auditlog.person(user.id), issuer)


def unbind(session: Session, user: User, *, actor: str) -> None:
    """Let no identity stand for the account any more. Raises `NotFound`."""
    found = of(session, user)
    if found is None:
        raise NotFound()
    session.delete(found)
    _remember(session, actor, "user.identity_unbound", auditlog.person(user.id), found.issuer)


def _remember(session: Session, actor: str, action: str, subject: str, issuer: str) -> None:
    auditlog.record(session, auditlog.Happening(actor, action, subject, detail={"issuer": issuer}))
