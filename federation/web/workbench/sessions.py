"""Who is signed in: the sessions of `federation.person_sessions`, in browsers and in requests."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, session, url_for
from flask.sansio.app import App
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError

from federation import person_sessions, second_factor
from federation.database import db, own_transaction, reading_only
from federation.models.people import PersonSession, User
from federation.parts import parts
from federation.problems import answer
from federation.roles import Permission, may
from federation.web.workbench import browsers
from shared.errors import CsrfFailed, Forbidden, NotFound, SignInRequired

HALF, HALF_SECONDS = "half", 600
"""What the browser keeps between the password and the second factor, and for how long."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
login_manager = LoginManager()


class SignedIn:
    """A person in a session, as Flask-Login wants it; the browser keeps the session's token."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: User, token: str, kept: PersonSession | None = None) -> None:
        self.user, self.token, self.kept = user, token, kept

    def get_id(self) -> str:
        """What the browser keeps."""
        return self.token


def install(app: App) -> None:
    """Let Flask-Login know the application.

    Its own `init_app` would look into the session after every request, the public's too, and so forbid shared
    caches to keep any page; all that it does for us is this.
    """
    app.login_manager = login_manager  # type: ignore[attr-defined]  # where Flask-Login looks for it


@login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def _load(token: str) -> SignedIn | None:
    found = person_sessions.standing(db.session(), token)
    if found is None:
        return None
    if second_factor.required(found.user, parts().settings) and not found.second_factor:
        return None
    _note_use(found)
    return SignedIn(found.user, token, found)


def _note_use(found: PersonSession) -> None:
    """Note now and then that the session is used; a request that only reads does so in a transaction of its own."""
    if not person_sessions.due_to_note(found):
        return
    if not reading_only.get():
        person_sessions.note_use(db.session(), found.id)
        return
    # A database that cannot be written to just now (busy, full) is no reason not to show a page.
    with suppress(OperationalError), own_transaction() as own:
        person_sessions.note_use(own, found.id)


def begin(user: User, *, with_second_factor: bool = False) -> None:
    """Start a session that takes nothing over from the one before (session fixation). Raises `SignInFailed`."""
    token = person_sessions.begin(
        db.session(),
        user,
        browser=browsers.family(request.user_agent.string),
        hours=parts().settings.session_hours,
        second_factor=with_second_factor,
    )
    session.clear()
    login_user(SignedIn(user, token))


def begin_half(user: User) -> None:
    """Remember in this browser that the person has shown the password, and has some minutes for the second factor."""
    session.clear()
    session[HALF] = {"user": user.id, "password": _fingerprint(user), "until": int(time.time()) + HALF_SECONDS}


def halfway() -> User | None:
    """Who has shown the password in this browser, and only that; None when it is long ago or holds no more."""
    said = session.get(HALF)
    if not said or said["until"] < time.time():
        return None
    user = db.session.get(User, said["user"])
    good = user is not None and user.active and hmac.compare_digest(_fingerprint(user), said["password"])
    return user if good else None


def _fingerprint(user: User) -> str:
    """What of the password's hash the browser may know: enough to see that it is another one now."""
    key = parts().settings.secret_key.encode("utf-8")
    return hmac.new(key, b"half:" + user.password_hash.encode("utf-8"), hashlib.sha256).hexdigest()


def end() -> None:
    """End the session in this browser, if there is one."""
    found = this_one()
    if found is not None:
        person_sessions.sign_out(db.session(), found)
    logout_user()
    session.clear()


def this_one() -> PersonSession | None:
    """The session in which the request came."""
    return cast(PersonSession | None, current_user.kept) if current_user.is_authenticated else None


def somebody() -> User | None:
    """Who is signed in, if anybody is."""
    return cast(User, current_user.user) if current_user.is_authenticated else None


def me() -> User:
    """Who is signed in. Raises `SignInRequired`."""
    user = somebody()
    if user is None:
        raise SignInRequired()
    return user


def check_signed_in() -> None:
    """Let every role pass. Raises `SignInRequired`."""
    me()


def only(permission: Permission) -> Callable[[], None]:
    """A check that lets those pass who may do that; it raises `SignInRequired` or `Forbidden`."""

    def check() -> None:
        if not may(me(), permission):
            raise Forbidden()

    return check


def check_admin() -> None:
    """Let admins pass, and to read also auditors. Raises `SignInRequired` or `Forbidden`."""
    reads = request.method in SAFE_METHODS
    only(Permission.READ_ADMINISTRATION if reads else Permission.ADMINISTER)()


def home() -> str:
    """Where the person who is signed in begins: at the desk, or at what the own institution has contributed."""
    return url_for("workbench.queue" if may(me(), Permission.READ_DESK) else "workbench_own.contributions")


def number(chosen: str) -> int:
    """The number of a session as a form names it. Raises `NotFound` for what is none."""
    if not chosen.isdecimal() or len(chosen) > 9:
        raise NotFound()
    return int(chosen)


def local_path(wanted: str | None) -> str | None:
    """`wanted` when it is a path on this very site, else None."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return None
    if not wanted.isprintable() or urlsplit(wanted).netloc or urlsplit(wanted).scheme:
        return None
    return wanted


def furnish(blueprint: Blueprint) -> Blueprint:
    """What all parts of the workbench have in common: no copy is kept, and nobody is left at a closed door."""
    blueprint.after_request(_keep_no_copy)
    blueprint.register_error_handler(SignInRequired, _to_the_door)
    blueprint.register_error_handler(CSRFError, _csrf_failed)
    blueprint.context_processor(_for_templates)
    return blueprint


def _keep_no_copy(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _to_the_door(_error: SignInRequired) -> ResponseReturnValue:
    wanted = request.full_path if request.query_string else request.path
    return redirect(url_for("workbench_door.sign_in", next=request.script_root + wanted), 303)


def _csrf_failed(_error: Exception) -> ResponseReturnValue:
    return answer(CsrfFailed())


def _for_templates() -> dict[str, Any]:
    user = somebody()
    return {"me": user, "may": lambda permission: user is not None and may(user, Permission(permission))}
