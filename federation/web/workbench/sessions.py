"""Who is signed in: sessions that end by time, by the account's epoch, and at sign-out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, session, url_for
from flask.sansio.app import App
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError

from federation import people
from federation.database import db
from federation.models.people import User
from federation.parts import parts
from federation.problems import answer
from federation.roles import Permission, may
from shared.errors import CsrfFailed, Forbidden, SignInRequired

UNTIL = "until"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
login_manager = LoginManager()


class SignedIn:
    """An account as Flask-Login wants it; the id that the session keeps names the epoch too."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        """What the session says of the person."""
        return f"{self.user.id}.{self.user.epoch}"


def install(app: App) -> None:
    """Let Flask-Login know the application.

    Its own `init_app` would look into the session after every request, the public's too, and so forbid shared
    caches to keep any page; all that it does for us is this.
    """
    app.login_manager = login_manager  # type: ignore[attr-defined]  # where Flask-Login looks for it


@login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def _load(token: str) -> SignedIn | None:
    user_id, _, epoch = token.rpartition(".")
    if not epoch.isdecimal() or session.get(UNTIL, 0) < time.time():
        return None
    user = people.standing_user(db.session(), user_id, int(epoch))
    return SignedIn(user) if user else None


def begin(user: User) -> None:
    """Start a session that takes nothing over from the one before (session fixation)."""
    session.clear()
    session[UNTIL] = int(time.time()) + parts().settings.session_hours * 3600
    login_user(SignedIn(user))


def end() -> None:
    """Forget the session in this browser."""
    logout_user()
    session.clear()


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
