"""Signing in through one's institution: to its OpenID provider and back, or binding the account there to the own."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import auditlog, identities, openid, people, second_factor
from federation.audience import PERSON, PUBLIC, guard
from federation.database import db
from federation.language import request_language
from federation.openid import Attempt
from federation.parts import parts
from federation.web.workbench import sessions
from shared.errors import AlreadyExists, CommonsError, IdentityRefused, IdentityUnbound, NotFound, ProviderAway

workbench_elsewhere = guard(
    Blueprint("workbench_elsewhere", __name__, url_prefix="/workbench/sign-in/through"), PUBLIC
)
workbench_identity = guard(
    Blueprint("workbench_identity", __name__, url_prefix="/workbench/account/identity"),
    PERSON,
    sessions.check_signed_in,
)
sessions.furnish(workbench_elsewhere)
sessions.furnish(workbench_identity)
UNDER_WAY, SECONDS = "through", 600
"""What the browser keeps while the person is at the provider, and for how long."""


@workbench_elsewhere.get("/<int(max=2147483647):institution_id>")
def begin(institution_id: int) -> ResponseReturnValue:
    """To the institution's provider, to sign in here.

    A link and no form: browsers follow no form to another site, since the pages' own policy forbids it.
    """
    try:
        return redirect(_way_there(institution_id, binds=""), 303)
    except ProviderAway as error:
        return _refuse(error)


@workbench_identity.post("")
def bind() -> ResponseReturnValue:
    """To the provider of the own institution, to bind the account there to the own one here."""
    me = sessions.me()
    if me.institution_id is None:
        raise NotFound()
    try:
        way = _way_there(me.institution_id, binds=me.id)
    except ProviderAway as error:
        return _refuse(error)
    return render_template("workbench/bind_identity.html", way=way)


@workbench_identity.post("/unbound")
def unbind() -> ResponseReturnValue:
    """The account at the provider stands for the own one no more."""
    identities.unbind(db.session(), sessions.me(), actor=auditlog.person(sessions.me().id))
    flash(_("已解除绑定，以后用密码登录。"), "good")
    return redirect(url_for("workbench_account.account"), 303)


@workbench_elsewhere.get("/back")
def back() -> ResponseReturnValue:
    """From the provider: whoever the ID token names goes on, if it was asked for in this browser just now."""
    said = session.pop(UNDER_WAY, None)
    try:
        provider, subject = _came_back(said)
        if said["binds"]:
            return _bind(said["binds"], provider.issuer, subject)
        user = identities.person(db.session(), issuer=provider.issuer, subject=subject)
    except (IdentityRefused, IdentityUnbound, ProviderAway, AlreadyExists) as error:
        return _refuse(error)
    if second_factor.asked_of(db.session(), user, parts().settings):
        sessions.begin_half(user)
        return redirect(url_for("workbench_second_step.second_step"), 303)
    sessions.begin(user)
    people.signed_in(db.session(), user)
    return redirect(sessions.home(), 303)


def _way_there(institution_id: int, *, binds: str) -> str:
    """The provider's address for this browser, which remembers what it asks. Raises `NotFound` or `ProviderAway`."""
    provider = identities.provider_of(db.session(), institution_id, settings=parts().settings)
    attempt = Attempt(*(secrets.token_urlsafe(32) for _each in range(3)))
    address = openid.way_there(provider, attempt, redirect_uri=_redirect_uri())
    session[UNDER_WAY] = {
        "institution": institution_id,
        "binds": binds,
        "attempt": [attempt.state, attempt.nonce, attempt.verifier],
        "until": int(time.time()) + SECONDS,
    }
    return address


def _came_back(said: dict[str, Any] | None) -> tuple[openid.Provider, str]:
    """The provider and whose account it is there. Raises `IdentityRefused` or `ProviderAway`."""
    if not said or said["until"] < time.time():
        raise IdentityRefused()
    attempt = Attempt(*said["attempt"])
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not hmac.compare_digest(state.encode(), attempt.state.encode()) or not code:
        raise IdentityRefused()
    provider = identities.provider_of(db.session(), said["institution"], settings=parts().settings)
    issuer, there = request.args.get("iss"), _redirect_uri()
    return provider, openid.subject(provider, attempt, code=code[:2000], issuer=issuer, redirect_uri=there)


def _bind(user_id: str, issuer: str, subject: str) -> ResponseReturnValue:
    """Bind it to the person who asked, who must be the one who is signed in still."""
    me = sessions.me()
    if me.id != user_id:
        raise IdentityRefused()
    identities.bind(db.session(), me, issuer=issuer, subject=subject)
    flash(_("已绑定，以后可以用单位的账号登录。"), "good")
    return redirect(url_for("workbench_account.account"), 303)


def _redirect_uri() -> str:
    return parts().settings.origin + identities.BACK


def _refuse(error: CommonsError) -> ResponseReturnValue:
    flash(error.message(request_language()), "bad")
    return redirect(url_for("workbench_account.account" if sessions.somebody() else "workbench_door.sign_in"), 303)
