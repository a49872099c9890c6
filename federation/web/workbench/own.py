"""What the own institution has contributed: for its contributors and managers, who see nothing of others."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from federation import contributions as contributed
from federation import reminders
from federation.audience import MEMBER, guard
from federation.database import db
from federation.language import request_language
from federation.roles import Permission
from federation.web.workbench import sessions, showing
from shared.errors import Forbidden

workbench_own = guard(
    Blueprint("workbench_own", __name__, url_prefix="/workbench/own"), MEMBER, sessions.only(Permission.SEE_OWN)
)
sessions.furnish(workbench_own)


@workbench_own.get("/")
def contributions() -> ResponseReturnValue:
    """The own institution's resources, what changed last first."""
    found = contributed.contributions(
        db.session(),
        institution_id(),
        state=request.args.get("state", ""),
        page=request.args.get("page", 1, type=int),
    )
    owing = reminders.owing(db.session(), institution_id())
    return render_template("workbench/own/contributions.html", found=found, owing=owing, showing=showing)


@workbench_own.get("/versions/<int(max=2147483647):version_id>")
def contribution(version_id: int) -> ResponseReturnValue:
    """One version: how it stands, what was decided and why."""
    found = contributed.contribution(db.session(), institution_id(), version_id)
    return render_template(
        "workbench/own/contribution.html",
        found=found,
        record=found.version.record,
        sections=showing.sections(found.version.record, request_language()),
        showing=showing,
    )


def institution_id() -> int:
    """The institution of whoever is signed in. Raises `Forbidden` for somebody without one."""
    found = sessions.me().institution_id
    if found is None:
        raise Forbidden()
    return found
