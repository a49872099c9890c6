"""The workbench's door: signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import identities, people, second_factor
from federation.audience import PUBLIC, guard
from federation.database import db
from federation.language import request_language
from federation.parts import parts
from federation.roles import Permission, may
from federation.web.workbench import sessions
from shared.errors import CommonsError, SignInFailed, Throttled

workbench_door = guard(Blueprint("workbench_door", __name__, url_prefix="/workbench"), PUBLIC)
sessions.furnish(workbench_door)


@workbench_door.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form; whoever is signed in already goes on."""
    if sessions.somebody():
        return redirect(target(), 303)
    return render_template("workbench/sign_in.html", providers=identities.providers(db.session()))


@workbench_door.post("/sign-in")
def signing_in() -> ResponseReturnValue:
    """Sign in. A refusal is answered, not raised: the attempt that it counts must be committed."""
    try:
        user = people.sign_in(
            db.session(),
            name=request.form.get("name", ""),
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            settings=parts().settings,
        )
    except (SignInFailed, Throttled) as error:
        return refusal(error, "workbench/sign_in.html", providers=identities.providers(db.session()))
    if second_factor.asked_of(db.session(), user, parts().settings):
        sessions.begin_half(user)
        return redirect(url_for("workbench_second_step.second_step", next=request.args.get("next")), 303)
    sessions.begin(user)
    return redirect(target(), 303)


@workbench_door.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session in this browser."""
    sessions.end()
    flash(_("您已退出。"), "good")
    return redirect(url_for("workbench_door.sign_in"), 303)


def refusal(error: CommonsError, template: str, *, words: str | None = None, **context: object) -> Response:
    """A page with the error's status and its words, or others where it says them elsewhere."""
    said = error.message(request_language()) if words is None else words
    page = render_template(template, error=said, **context)
    response = make_response(page, error.status)
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def target() -> str:
    """Where to go after signing in: where the person wanted to go, when it is theirs to go to."""
    wanted = sessions.local_path(request.args.get("next"))
    if wanted and (may(sessions.me(), Permission.READ_DESK) or not urlsplit(wanted).path.endswith("/workbench/")):
        return wanted
    # Links to the workbench name its queue, which is not everybody's.
    return sessions.home()
