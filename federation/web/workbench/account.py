"""The own account of whoever is signed in: who I am here, and my password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import auditlog, identities, people, person_sessions, reminding, second_factor
from federation.audience import PERSON, guard
from federation.database import db
from federation.language import request_language
from federation.parts import parts
from federation.web.workbench import sessions, showing
from federation.web.workbench.door import refusal
from shared.errors import InvalidRequest, SignInFailed, Throttled

workbench_account = guard(
    Blueprint("workbench_account", __name__, url_prefix="/workbench/account"), PERSON, sessions.check_signed_in
)
sessions.furnish(workbench_account)


@workbench_account.context_processor
def _words() -> dict[str, object]:
    return {"showing": showing, "language": request_language()}


@workbench_account.get("")
def account() -> ResponseReturnValue:
    """Who I am here, where I am signed in, and the form for a new password."""
    return render_template("workbench/account.html", **_shown())


@workbench_account.post("/sessions")
def end_sessions() -> ResponseReturnValue:
    """End one of my sessions, or all but this one."""
    user, this, chosen = sessions.me(), sessions.this_one(), request.form.get("session", "")
    actor = auditlog.person(user.id)
    if chosen == "others":
        person_sessions.end_all(db.session(), user, actor=actor, but=this)
    else:
        person_sessions.end(db.session(), user, sessions.number(chosen), actor=actor)
    flash(_("已结束所选的登录。"), "good")
    return redirect(url_for("workbench_account.account"), 303)


@workbench_account.post("")
def change_password() -> ResponseReturnValue:
    """Choose a new password; all other sessions end. A refusal is answered, so that it is counted."""
    user, this = sessions.me(), sessions.this_one()
    fault = _new_password_fault()
    if fault:
        page = render_template("workbench/account.html", new_fault=fault, **_shown())
        return page, 422
    try:
        people.change_password(
            db.session(),
            user,
            old=request.form.get("old", ""),
            new=request.form.get("new", ""),
            address=request.remote_addr or "",
            settings=parts().settings,
        )
    except SignInFailed as error:
        said = _("现在的密码不正确。")
        page = render_template("workbench/account.html", old_fault=said, **_shown())
        return page, error.status
    except (Throttled, InvalidRequest) as error:
        return refusal(error, "workbench/account.html", **_shown())
    sessions.begin(user, with_second_factor=this is not None and this.second_factor)
    flash(_("密码已更换，其他设备上的登录已失效。"), "good")
    return redirect(url_for("workbench_account.account"), 303)


@workbench_account.post("/email")
def change_email() -> ResponseReturnValue:
    """Say where letters go; the password is needed. A refusal is answered, so that it is counted."""
    try:
        people.change_email(
            db.session(),
            sessions.me(),
            password=request.form.get("password", ""),
            email=request.form.get("email", ""),
            address=request.remote_addr or "",
            settings=parts().settings,
        )
    except (SignInFailed, Throttled, InvalidRequest) as error:
        said = _("现在的密码不正确。") if isinstance(error, SignInFailed) else error.message(request_language())
        fault = error.errors[0].message(request_language()) if error.errors else said
        return refusal(error, "workbench/account.html", words="", email_fault=fault, **_shown())
    flash(_("邮箱已更换。"), "good")
    return redirect(url_for("workbench_account.account"), 303)


@workbench_account.post("/reminders")
def choose_reminders() -> ResponseReturnValue:
    """Say whether letters may remind me."""
    reminding.choose(sessions.me(), wanted=request.form.get("reminded") == "yes")
    flash(_("已记下。"), "good")
    return redirect(url_for("workbench_account.account"), 303)


def _shown() -> dict[str, Any]:
    return {
        "minimum": people.MIN_PASSWORD,
        "standing": person_sessions.sessions_of(db.session(), sessions.me()),
        "this": sessions.this_one(),
        "identity": identities.of(db.session(), sessions.me()),
        "provided": identities.has_provider(db.session(), sessions.me()),
        "mails": bool(parts().settings.smtp_host),
        "reminds": parts().settings.reminders and sessions.me().role in reminding.REMINDED,
        "factor": second_factor.of(db.session(), sessions.me()),
        "codes_left": second_factor.recovery_codes_left(db.session(), sessions.me()),
    }


def _new_password_fault() -> str:
    """What is wrong with the new password before the old one is even looked at."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return str(_("两次输入的新密码不一致。"))
    fault = people.password_fault(new)
    return fault.message(request_language()) if fault else ""
