"""People who sign in at the hub: accounts, passwords, and the slowing down of guesses."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from federation import auditlog, claims, guessing, letters, mail, person_sessions, second_factor
from federation.models.institutions import Institution
from federation.models.people import User
from federation.roles import ADMIN as ADMIN
from federation.roles import AUDITOR as AUDITOR
from federation.roles import OF_AN_INSTITUTION, ROLES
from federation.roles import REVIEWER as REVIEWER
from federation.settings import HubSettings
from shared.errors import AlreadyExists, FieldError, InvalidRequest, ReasonMissing, SignInFailed
from shared.identifiers import fresh_id
from shared.validation import plain

MIN_PASSWORD, MAX_PASSWORD = 10, 200
MAX_NAME = 100
NAME = re.compile(r"\w[\w.@+-]*")
ANONYMOUS = "anonymous"
"""Who tried to sign in under a name that no account has."""

HASHER = PasswordHasher()
"""Argon2id with the parameters of RFC 9106 §4 for machines with little memory (64 MiB, three passes)."""


@cache
def nobody() -> str:
    """What an unknown name is checked against, so that it takes as long as a known one.

    It takes a tenth of a second to make: who lets people sign in makes it before the first of them comes.
    """
    return HASHER.hash("nobody has this password")


def fold_name(name: str) -> str:
    """A user name as it is kept and compared: NFKC, no blanks around it, no difference of case."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def create_user(
    session: Session,
    *,
    name: str,
    display_name: str,
    password: str,
    role: str,
    institution: Institution | None = None,
    email: str = "",
    actor: str,
) -> User:
    """Make an account. Raises `InvalidRequest` naming each fault, or `AlreadyExists` for a name that is taken."""
    name, display_name = fold_name(name), plain(display_name).strip()
    fault = password_fault(password)
    faults = [*_name_faults(name), *display_name_faults(display_name), *([fault] if fault else [])]
    faults += [*role_faults(role, institution), *mail.address_faults(email)]
    if faults:
        raise InvalidRequest(errors=faults)
    if _by_name(session, name) is not None:
        raise AlreadyExists(what=name)
    user = User(
        id=fresh_id(),
        name=name,
        display_name=display_name,
        email=email,
        password_hash=HASHER.hash(_secret(password)),
        role=role,
        institution_id=institution.id if institution else None,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise AlreadyExists(what=name) from error
    detail = {"role": role, "institution": institution.code if institution else ""}
    _remember(session, actor, "user.created", user, detail)
    return user


def sign_in(session: Session, *, name: str, password: str, address: str, settings: HubSettings) -> User:
    """The person with that name and password; whether a second factor is asked as well, `second_factor` knows.

    Raises `SignInFailed`, or `Throttled` after too many failures for the name or from the address. Either
    leaves its traces in the session (attempts, audit event): the caller must commit in any case.
    """
    name = fold_name(name[:MAX_NAME])
    guard = guessing.Guard(session, settings, name=name, address=address)
    user = _by_name(session, name)
    guard.refuse_if_too_many(about=auditlog.person(user.id) if user else "")
    good = _matches(user.password_hash if user else nobody(), password)
    if user is None or not good or not user.active:
        guard.count_failure()
        actor = auditlog.person(user.id) if user else ANONYMOUS
        auditlog.record(session, auditlog.Happening(actor, "user.sign_in_failed", actor))
        raise SignInFailed()
    guard.forget_failures()
    if HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = HASHER.hash(_secret(password))
    more = second_factor.asked_of(session, user, settings)
    _remember(session, auditlog.person(user.id), "user.password_accepted" if more else "user.signed_in", user)
    return user


def signed_in(session: Session, user: User) -> None:
    """Note that the person has shown the second factor too, and is in now."""
    _remember(session, auditlog.person(user.id), "user.signed_in", user)


def change_password(session: Session, user: User, *, old: str, new: str, address: str, settings: HubSettings) -> None:
    """Let a person choose a new password, who knows the old one; all sessions end.

    Raises `SignInFailed` for a wrong old password and `Throttled` after too many (commit in both cases), or
    `InvalidRequest` for a new one that will not do.
    """
    guard = guessing.Guard(session, settings, name=user.name, address=address)
    guard.refuse_if_too_many(about=auditlog.person(user.id))
    if not _matches(user.password_hash, old):
        guard.count_failure()
        _remember(session, auditlog.person(user.id), "user.password_refused", user)
        raise SignInFailed()
    set_password(session, user, new, actor=auditlog.person(user.id))
    mail.notify(session, user, letters.PASSWORD_CHANGED, settings=settings)
    guard.forget_failures()


def change_email(
    session: Session, user: User, *, password: str, email: str, address: str, settings: HubSettings
) -> None:
    """Let a person who knows the password say where letters go; the address before is told.

    Raises `SignInFailed` for a wrong password and `Throttled` after too many (commit in both cases), or
    `InvalidRequest` for an address that is none.
    """
    email = plain(email).strip()
    faults = mail.address_faults(email)
    if faults:
        raise InvalidRequest(errors=faults)
    guard = guessing.Guard(session, settings, name=user.name, address=address)
    guard.refuse_if_too_many(about=auditlog.person(user.id))
    if not _matches(user.password_hash, password):
        guard.count_failure()
        _remember(session, auditlog.person(user.id), "user.password_refused", user)
        raise SignInFailed()
    guard.forget_failures()
    before, user.email = user.email, email
    if before:
        mail.notify(session, user, letters.ADDRESS_CHANGED, settings=settings, to=before)
    _remember(session, auditlog.person(user.id), "user.email_changed", user)


def set_password(session: Session, user: User, password: str, *, actor: str) -> None:
    """Give an account a new password and end its sessions. Raises `InvalidRequest` for one that will not do."""
    fault = password_fault(password)
    if fault:
        raise InvalidRequest(errors=[fault])
    user.password_hash = HASHER.hash(_secret(password))
    person_sessions.drop_all(session, user)
    _remember(session, actor, "user.password_changed", user)


def deactivate(session: Session, user: User, *, actor: str, reason: str = "") -> None:
    """Close an account, end its sessions and give back what it has claimed; its decisions stay.

    Closing a closed one changes nothing.

    Raises `ReasonMissing`; only the operator at the command line may do without a reason.
    """
    reason = reason_given(reason, actor)
    if not user.active:
        return
    user.active = False
    person_sessions.drop_all(session, user)
    claims.end_all_of(session, user)
    _remember(session, actor, "user.deactivated", user, reason=reason)


def reactivate(session: Session, user: User, *, actor: str, reason: str = "") -> None:
    """Open a closed account again, with the password that it had. Raises `ReasonMissing` as `deactivate` does."""
    reason = reason_given(reason, actor)
    if user.active:
        return
    user.active = True
    _remember(session, actor, "user.reactivated", user, reason=reason)


def password_fault(password: str) -> FieldError | None:
    """Why `password` will not do for an account, or None."""
    if len(password) < MIN_PASSWORD:
        return FieldError("/password", "too_short", {"min": MIN_PASSWORD})
    if len(password) > MAX_PASSWORD:
        return FieldError("/password", "too_long", {"max": MAX_PASSWORD, "length": len(password)})
    return None


def _by_name(session: Session, name: str) -> User | None:
    return session.scalar(select(User).where(User.name == name))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, _secret(password)) and len(password) <= MAX_PASSWORD
    except (VerificationError, InvalidHashError):
        return False


def _secret(password: str) -> bytes:
    """The bytes that are hashed: NFC (RFC 8265 §4.2), so that the same characters typed elsewhere match."""
    return unicodedata.normalize("NFC", password[:MAX_PASSWORD]).encode("utf-8", "surrogatepass")


def reason_given(reason: str, actor: str) -> str:
    """The reason in plain characters. Raises `ReasonMissing`; only the operator may do without one."""
    reason = plain(reason).strip()
    if not reason and actor != auditlog.OPERATOR:
        raise ReasonMissing()
    return reason


def _remember(
    session: Session,
    actor: str,
    action: str,
    user: User,
    detail: dict[str, str] | None = None,
    reason: str = "",
) -> None:
    auditlog.record(session, auditlog.Happening(actor, action, auditlog.person(user.id), reason, detail=detail))


def _name_faults(name: str) -> list[FieldError]:
    faults = _text_faults("/name", name)
    return faults if faults or NAME.fullmatch(name) else [FieldError("/name", "bad_user_name")]


def display_name_faults(display_name: str) -> list[FieldError]:
    """What is wrong with the name by which a person is shown."""
    return _text_faults("/display_name", display_name)


def _text_faults(pointer: str, value: str) -> list[FieldError]:
    if not value:
        return [FieldError(pointer, "required")]
    if len(value) > MAX_NAME:
        return [FieldError(pointer, "too_long", {"max": MAX_NAME, "length": len(value)})]
    return []


def role_faults(role: str, institution: Institution | None) -> list[FieldError]:
    """What is wrong with giving somebody that role in that institution, or in none."""
    if role in OF_AN_INSTITUTION and institution is None:
        return [FieldError("/institution", "required")]
    if role in ROLES:
        return []
    said = {"value": role[:40], "vocabulary": "roles", "allowed": ", ".join(ROLES)}
    return [FieldError("/role", "unknown_term", said)]
