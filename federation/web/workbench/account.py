"""The own account of whoever is signed in: who I am here, and my password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import people
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
    """Who I am here, and the form for a new password."""
    return render_template("workbench/account.html", minimum=people.MIN_PASSWORD)


@workbench_account.post("")
def change_password() -> ResponseReturnValue:
    """Choose a new password; all other sessions end. A refusal is answered, so that it is counted."""
    user = sessions.me()
    fault = _new_password_fault()
    if fault:
        page = render_template("workbench/account.html", minimum=people.MIN_PASSWORD, new_fault=fault)
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
        page = render_template("workbench/account.html", minimum=people.MIN_PASSWORD, old_fault=said)
        return page, error.status
    except (Throttled, InvalidRequest) as error:
        return refusal(error, "workbench/account.html", minimum=people.MIN_PASSWORD)
    sessions.begin(user)
    flash(_("密码已更换，其他设备上的登录已失效。"), "good")
    return redirect(url_for("workbench_account.account"), 303)


def _new_password_fault() -> str:
    """What is wrong with the new password before the old one is even looked at."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return str(_("两次输入的新密码不一致。"))
    fault = people.password_fault(new)
    return fault.message(request_language()) if fault else ""
