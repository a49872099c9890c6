"""The second step of signing in: a code, or the setting up of an authenticator; and the same in the own account."""

from __future__ import annotations

import re

import segno
from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from federation import people, sealing, second_factor
from federation.audience import PERSON, PUBLIC, guard
from federation.database import db
from federation.language import CHINESE, request_language
from federation.models.people import User
from federation.parts import parts
from federation.person_sessions import note_second_factor
from federation.web.workbench import door, sessions
from shared.errors import AlreadyExists, CommonsError, SecondFactorUnreadable, SecondFactorWrong, Throttled

workbench_second_step = guard(Blueprint("workbench_second_step", __name__, url_prefix="/workbench/sign-in"), PUBLIC)
workbench_factor = guard(
    Blueprint("workbench_factor", __name__, url_prefix="/workbench/account"), PERSON, sessions.check_signed_in
)
sessions.furnish(workbench_second_step)
sessions.furnish(workbench_factor)
REFUSALS = (SecondFactorWrong, SecondFactorUnreadable, Throttled)
"""Answered and not raised: the attempt that they count must be committed."""
OFFERED, PURPOSE = "offered", "offered second factor"


@workbench_second_step.get("/code")
def second_step() -> ResponseReturnValue:
    """The form for a code; whoever has no authenticator yet is led to set one up."""
    user = sessions.halfway()
    if user is None:
        return _back_to_the_door()
    if second_factor.of(db.session(), user) is None:
        return redirect(url_for("workbench_second_step.first_time", next=request.args.get("next")), 303)
    return render_template("workbench/code.html")


@workbench_second_step.post("/code")
def confirming() -> ResponseReturnValue:
    """Sign in with a code from the authenticator, or a recovery code."""
    user = sessions.halfway()
    if user is None:
        return _back_to_the_door()
    try:
        second_factor.confirm(
            db.session(), user, code=request.form.get("code", ""), address=_address(), settings=parts().settings
        )
    except REFUSALS as error:
        return door.refusal(error, "workbench/code.html")
    _let_in(user)
    return redirect(door.target(), 303)


@workbench_second_step.get("/second-factor")
def first_time() -> ResponseReturnValue:
    """The QR code and the secret for whoever has to set up an authenticator before going on."""
    user = sessions.halfway()
    if user is None:
        return _back_to_the_door()
    if second_factor.of(db.session(), user) is not None:
        return redirect(url_for("workbench_second_step.second_step", next=request.args.get("next")), 303)
    return _set_up_page(user)


@workbench_second_step.post("/second-factor")
def setting_up() -> ResponseReturnValue:
    """Keep the authenticator that shows the right code, sign in, and show the recovery codes, this once."""
    user = sessions.halfway()
    if user is None:
        return _back_to_the_door()
    try:
        codes = _set_up(user)
    except AlreadyExists:
        return redirect(url_for("workbench_second_step.second_step", next=request.args.get("next")), 303)
    except REFUSALS as error:
        return _set_up_page(user, error)
    _let_in(user)
    return render_template("workbench/recovery_codes.html", codes=codes, further=door.target(), me=user)


@workbench_factor.get("/second-factor")
def own_factor() -> ResponseReturnValue:
    """The QR code and the secret for whoever sets up an authenticator of their own accord."""
    user = sessions.me()
    if second_factor.of(db.session(), user) is not None:
        return redirect(url_for("workbench_account.account"), 303)
    return _set_up_page(user)


@workbench_factor.post("/second-factor")
def set_up_own() -> ResponseReturnValue:
    """Keep the authenticator that shows the right code, and show the recovery codes, this once."""
    user, this = sessions.me(), sessions.this_one()
    try:
        codes = _set_up(user)
    except AlreadyExists:
        return redirect(url_for("workbench_account.account"), 303)
    except REFUSALS as error:
        return _set_up_page(user, error)
    if this is not None:
        note_second_factor(db.session(), this)
    return _codes_page(codes)


@workbench_factor.post("/recovery-codes")
def renew_recovery_codes() -> ResponseReturnValue:
    """Other recovery codes for the former ones, shown this once; a code from the authenticator is needed."""
    code = request.form.get("code", "")
    if second_factor.of(db.session(), sessions.me()) is None:
        return redirect(url_for("workbench_account.account"), 303)
    try:
        return _codes_page(
            second_factor.renew_recovery_codes(
                db.session(), sessions.me(), code=code, address=_address(), settings=parts().settings
            )
        )
    except REFUSALS as error:
        return door.refusal(error, "workbench/renew_codes.html")


def _let_in(user: User) -> None:
    sessions.begin(user, with_second_factor=True)
    people.signed_in(db.session(), user)


def _back_to_the_door() -> ResponseReturnValue:
    """Whoever has not shown the password, or too long ago; who is signed in goes on from there."""
    return redirect(url_for("workbench_door.sign_in", next=request.args.get("next")), 303)


def _set_up(user: User) -> list[str]:
    """Set up what was offered to this browser. Raises what `second_factor.set_up` raises."""
    code = request.form.get("code", "")
    return second_factor.set_up(
        db.session(), user, secret=_offered(), code=code, address=_address(), settings=parts().settings
    )


def _offered() -> str:
    """The secret that is offered to this browser, which keeps it sealed; another one after an hour."""
    key = parts().settings.secret_key
    try:
        return sealing.unseal(session.get(OFFERED, ""), secret_key=key, purpose=PURPOSE, within=3600)
    except sealing.CannotUnseal:
        secret = second_factor.new_secret()
        session[OFFERED] = sealing.seal(secret, secret_key=key, purpose=PURPOSE)
        return secret


def _address() -> str:
    return request.remote_addr or ""


def _set_up_page(user: User, error: CommonsError | None = None) -> Response:
    settings, secret = parts().settings, _offered()
    issuer = settings.hub_name_zh if request_language() == CHINESE else settings.hub_name_en
    page = render_template(
        "workbench/set_up_factor.html",
        picture=qr_code(second_factor.uri(secret, user=user, issuer=issuer)),
        secret=" ".join(re.findall("....", secret)),
        must=second_factor.required(user, settings),
        error=error.message(request_language()) if error else "",
    )
    response = make_response(page, error.status if error else 200)
    if error is not None and error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _codes_page(codes: list[str]) -> str:
    further = url_for("workbench_account.account")
    return render_template("workbench/recovery_codes.html", codes=codes, further=further)


def qr_code(text: str) -> Markup:
    """A QR code as SVG within the page, dark on light by day and night, with the quiet zone of ISO/IEC 18004."""
    made = segno.make(text, error="m", micro=False)
    return Markup(  # noqa: S704  # made by segno of figures alone
        made.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True)
    )
