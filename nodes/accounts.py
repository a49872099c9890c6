"""People of the institution who sign in to the page: their accounts, roles and passwords.

Without any account the page is for this machine alone, and whoever sits at it may do everything. Passwords are kept
as `werkzeug.security` hashes them: scrypt (RFC 7914) with a salt of their own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from nodes.models import Account
from shared.errors import (
    AccountExists,
    AccountNameUnusable,
    FieldError,
    InvalidRequest,
    LastManager,
    NoSuch,
    PasswordTooWeak,
    SignInFailed,
)
from shared.wording import Words

VIEWER, EDITOR, MANAGER = "viewer", "editor", "manager"
ROLES = (VIEWER, EDITOR, MANAGER)
"""Who looks; who registers, edits and answers as well; who does everything. Each may do what those before may."""
LEAST, MOST = 10, 200
"""Characters of a password."""
ACCOUNT = Words("account", "账号")
LISTED = Words("“commons-node user list” shows those there are", "用 commons-node user list 列出现有的账号")
_NAME = re.compile(r"(?!\.+$)[\w.@-]{1,64}")
"""Not dots alone: they would be steps in the address by which an account is changed."""


def add(session: Session, name: str, *, role: str, password: str) -> Account:
    """Make an account. Raises `AccountNameUnusable`, `AccountExists`, `InvalidRequest` or `PasswordTooWeak`."""
    if not _NAME.fullmatch(name):
        raise AccountNameUnusable()
    if _find(session, name) is not None:
        raise AccountExists(name=name)
    made = Account(name=name, role=_role(role), password=_hashed(name, password), stamp=_stamp())
    session.add(made)
    session.flush()
    return made


def listed(session: Session) -> Sequence[Account]:
    """All accounts, by name."""
    return session.scalars(select(Account).order_by(Account.name)).all()


def any_there(session: Session) -> bool:
    """Whether there is an account, so that one has to sign in."""
    return session.scalar(select(Account.id).limit(1)) is not None


def remove(session: Session, name: str) -> None:
    """Remove an account; its sessions end. Raises `NoSuch`, or `LastManager` while others would be left."""
    found = named(session, name)
    if _is_last_manager(session, found) and session.scalar(select(func.count()).select_from(Account)) != 1:
        raise LastManager(name=name)
    session.delete(found)


def set_password(session: Session, name: str, password: str) -> None:
    """Give an account another password; its sessions end. Raises `NoSuch` or `PasswordTooWeak`."""
    found = named(session, name)
    found.password, found.stamp = _hashed(name, password), _stamp()


def set_role(session: Session, name: str, role: str) -> None:
    """Give an account another role. Raises `NoSuch`, `InvalidRequest`, or `LastManager`."""
    found = named(session, name)
    if _role(role) != MANAGER and _is_last_manager(session, found):
        raise LastManager(name=name)
    found.role = role


def sign_in(session: Session, name: str, password: str) -> Account:
    """The account with that name and password. Raises `SignInFailed`, and takes as long for an unknown name."""
    found = _find(session, name)
    good = check_password_hash(found.password if found is not None else _nobody(), password[:MOST])
    if found is None or not good:
        raise SignInFailed()
    return found


def of_session(session: Session, number: int, stamp: str) -> Account | None:
    """The account that a session was begun for, unless it is gone or has another password since."""
    found = session.get(Account, number)
    return found if found is not None and secrets.compare_digest(found.stamp, stamp) else None


def named(session: Session, name: str) -> Account:
    """The account with this name. Raises `NoSuch`."""
    found = _find(session, name)
    if found is None:
        raise NoSuch(what=ACCOUNT, name=name[:64], remedy=LISTED)
    return found


def allows(role: str, wanted: str) -> bool:
    """Whether who has `role` may do what is for `wanted`."""
    return ROLES.index(role) >= ROLES.index(wanted)


def _find(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name == name))


def _role(role: str) -> str:
    if role not in ROLES:
        raise InvalidRequest(errors=[FieldError("/role", "required")])
    return role


def _hashed(name: str, password: str) -> str:
    if not LEAST <= len(password) <= MOST or password.casefold() == name.casefold():
        raise PasswordTooWeak(least=LEAST, most=MOST)
    return generate_password_hash(password)


@cache
def _nobody() -> str:
    """What the password of an unknown name is compared with."""
    return generate_password_hash(secrets.token_hex(16))


def _stamp() -> str:
    return secrets.token_hex(16)


def _is_last_manager(session: Session, account: Account) -> bool:
    managers = select(func.count()).select_from(Account).where(Account.role == MANAGER)
    return account.role == MANAGER and session.scalar(managers) == 1
