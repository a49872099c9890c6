"""Who is asking: the person whose session it is, what they may do, and that they are asked to sign in first."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from nodes import accounts, acting
from nodes.accounts import MANAGER
from nodes.models import Account
from nodes.web.audience import ANYBODY, audience_of
from nodes.workplace import Workplace
from shared.errors import Forbidden

KEPT = ("language",)
"""What of a session stays when somebody signs in or out."""


@dataclass(frozen=True)
class Person:
    """Who is asking. Without accounts it is whoever sits at this machine, without a name, who may do everything."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether they may do what is for `role`."""
        return accounts.allows(self.role, role)


ALONE = Person("", MANAGER)


def init_identity(app: Flask) -> None:
    """Look at who is asking before every view of `app`, and note it with what they do."""
    app.before_request(_admit)
    app.teardown_request(_forget)
    app.jinja_env.globals.update(me=me, may=may)


def me() -> Person | None:
    """Who is asking; None for somebody who has not signed in."""
    found: Person | None = g.get("person")
    return found


def may(role: str) -> bool:
    """Whether who is asking may do what is for `role`."""
    person = me()
    return person is not None and person.may(role)


def begin(account: Account) -> None:
    """Let a session begin anew for this account; forms that were open before are no longer good."""
    _clear()
    session.update(account=account.id, stamp=account.stamp, turn=secrets.token_hex(8))
    session.permanent = True


def end() -> None:
    """End the session, also for whoever has kept its cookie."""
    if "turn" in session:
        current_app.config["ENDED"].add(session["turn"])
    _clear()


def _clear() -> None:
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)


def _admit() -> ResponseReturnValue | None:
    """Let the request on, or send it to the door. Raises `Forbidden`."""
    wanted = audience_of(request.endpoint) if request.endpoint else ANYBODY
    g.person = person = _find()
    g.acting = acting.as_(person.name if person is not None else "")
    g.acting.__enter__()
    if wanted == ANYBODY:
        return None
    if person is None:
        there = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.door", next=there))
    if not person.may(wanted):
        raise Forbidden()
    return None


def _find() -> Person | None:
    work: Workplace = current_app.config["WORKPLACE"]
    with work.database.unit_of_work(read_only=True) as database:
        if "account" in session and session.get("turn") not in current_app.config["ENDED"]:
            found = accounts.of_session(database, session["account"], session.get("stamp", ""))
            if found is not None:
                return Person(found.name, found.role)
        if current_app.config["OPEN"] or accounts.any_there(database):
            return None
    return ALONE


def _forget(_error: BaseException | None) -> None:
    held = g.pop("acting", None)
    if held is not None:
        held.__exit__(None, None, None)
