"""Where one-time links lead: a person makes the account that an invitation is for, or chooses a new password."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import account_links, letters, mail, people
from federation.audience import PUBLIC, guard
from federation.database import db
from federation.models.people import AccountLink
from federation.parts import parts
from federation.web.workbench import forms, sessions
from shared.errors import (
    AlreadyExists,
    CommonsError,
    FieldError,
    InvalidRequest,
    LinkExpired,
    LinkUnknown,
    LinkUsed,
    LinkWithdrawn,
)

workbench_links = guard(Blueprint("workbench_links", __name__, url_prefix=account_links.PATH), PUBLIC)
sessions.furnish(workbench_links)


@workbench_links.errorhandler(LinkUnknown)
@workbench_links.errorhandler(LinkUsed)
@workbench_links.errorhandler(LinkExpired)
@workbench_links.errorhandler(LinkWithdrawn)
def refused(error: CommonsError) -> ResponseReturnValue:
    """Why the link is no good, and what to do; nothing of it is committed."""
    return _answer(None, error)


@workbench_links.after_request
def tell_nobody(response: Response) -> Response:
    """The address is a secret: no page that is gone to from here learns it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@workbench_links.get("")
def open_link() -> ResponseReturnValue:
    """The form that the link is for."""
    return _answer(account_links.find(db.session(), _token()))


@workbench_links.post("")
def use_link() -> ResponseReturnValue:
    """Do what the link is for, once; then the person signs in."""
    session, form, token = db.session(), request.form, _token()
    link = account_links.find(session, token)
    password = form.get("password", "")
    try:
        _require_twice_the_same(password, form.get("again", ""))
        if link.purpose == account_links.INVITATION:
            name, shown = form.get("name", ""), form.get("display_name", "")
            account_links.accept(session, token, name=name, display_name=shown, password=password)
            flash(_("账户已开好。请用刚才选的用户名和密码登录。"), "good")
        else:
            user = account_links.choose_password(session, token, password)
            mail.notify(session, user, letters.PASSWORD_CHANGED, settings=parts().settings)
            flash(_("密码已更换，原来的登录全部失效。请用新密码登录。"), "good")
    except (AlreadyExists, InvalidRequest) as error:
        return _answer(link, error)
    return redirect(url_for("workbench_door.sign_in"), 303)


def _token() -> str:
    return request.args.get("token", "")[:100]


def _require_twice_the_same(password: str, again: str) -> None:
    """Raise `InvalidRequest` for a password that is too short or long, or was typed in two ways."""
    fault = people.password_fault(password)
    if fault is None and password != again:
        fault = FieldError("/again", "not_the_same")
    if fault:
        raise InvalidRequest(errors=[fault])


def _answer(link: AccountLink | None, error: CommonsError | None = None) -> Response:
    page = render_template("workbench/link.html", link=link, minimum=people.MIN_PASSWORD, **forms.said(error))
    return make_response(page, error.status if error else 200)
