"""Signing in and out, one's own password, and for managers the accounts of the institution."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import accounts
from nodes.guessing import Guesses
from nodes.web import identity, language
from nodes.web.frame import workplace
from nodes.web.language import gettext as _
from shared.errors import CommonsError, SignInFailed, Throttled

people = Blueprint("accounts", __name__)
LONGEST = 1000
"""Characters of a name or password that are looked at."""


@people.get("/sign-in")
def door() -> ResponseReturnValue:
    """The form to sign in; whoever has signed in goes on."""
    return _door() if identity.me() is None else redirect(_next())


@people.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Begin a session. Wrong passwords are counted, and after some of them none is looked at for a while."""
    name, word = request.form.get("name", "").strip()[:LONGEST], request.form.get("password", "")[:LONGEST]
    guesses: Guesses = current_app.config["GUESSES"]
    address = request.remote_addr or ""
    try:
        guesses.check(name, address)
        with workplace().database.unit_of_work(read_only=True) as session:
            account = accounts.sign_in(session, name, word)
    except SignInFailed as error:
        guesses.wrong(name, address)
        return _door(error), error.status
    except Throttled as error:
        return _door(error), error.status, {"Retry-After": str(error.retry_after)}
    guesses.right(name, address)
    identity.begin(account)
    return redirect(_next())


@people.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    identity.end()
    return redirect(url_for("accounts.door"))


@people.get("/account")
def own() -> ResponseReturnValue:
    """One's own account: its role, and a form for another password."""
    return render_template("account.html", fault=None)


@people.post("/account")
def change_password() -> ResponseReturnValue:
    """Choose another password, knowing the old one; other sessions end, this one goes on."""
    person = identity.me()
    name = person.name if person is not None else ""
    guesses: Guesses = current_app.config["GUESSES"]
    try:
        guesses.check(name, request.remote_addr or "")
        with workplace().database.unit_of_work() as session:
            accounts.sign_in(session, name, request.form.get("old", "")[:LONGEST])
            accounts.set_password(session, name, request.form.get("new", "")[:LONGEST])
            account = accounts.named(session, name)
    except CommonsError as error:
        if isinstance(error, SignInFailed):
            guesses.wrong(name, request.remote_addr or "")
        return render_template("account.html", fault=error), error.status
    identity.begin(account)
    flash(_("密码已更换，您在别处的登录已结束。"))
    return redirect(url_for("accounts.own"))


@people.get("/people")
def overview() -> ResponseReturnValue:
    """All accounts, and a form for another."""
    return _people()


@people.post("/people")
def add() -> ResponseReturnValue:
    """Make an account."""
    form = request.form
    try:
        with workplace().database.unit_of_work() as session:
            first = not accounts.any_there(session)
            role = accounts.MANAGER if first else form.get("role", "")
            name, word = form.get("name", "").strip()[:LONGEST], form.get("password", "")[:LONGEST]
            account = accounts.add(session, name, role=role, password=word)
    except CommonsError as error:
        return _people(error), error.status
    if first:
        # From this moment on one has to sign in, and whoever has just made the account would stand outside.
        identity.begin(account)
    flash(_("已建立账号“%(name)s”。") % {"name": account.name})
    return redirect(url_for("accounts.overview"))


@people.post("/people/<name>")
def change(name: str) -> ResponseReturnValue:
    """Give an account another role or password, or remove it."""
    deed = request.form.get("deed", "")
    try:
        with workplace().database.unit_of_work() as session:
            if deed == "remove":
                accounts.remove(session, name)
            elif deed == "password":
                accounts.set_password(session, name, request.form.get("password", "")[:LONGEST])
            else:
                accounts.set_role(session, name, request.form.get("role", ""))
    except CommonsError as error:
        return _people(error, about=name), error.status
    said = {"remove": _("已删除账号“%(name)s”。"), "password": _("已更换“%(name)s”的密码，原来的登录已结束。")}
    flash(said.get(deed, _("已更改“%(name)s”的角色。")) % {"name": name})
    return redirect(url_for("accounts.overview"))


def _door(fault: CommonsError | None = None) -> str:
    return render_template("door.html", fault=fault, next=_next())


def _people(fault: CommonsError | None = None, about: str = "") -> str:
    with workplace().database.unit_of_work(read_only=True) as session:
        found = accounts.listed(session)
    return render_template("people.html", people=found, roles=accounts.ROLES, fault=fault, about=about)


def _next() -> str:
    return language.local_path(request.values.get("next", "/"))
