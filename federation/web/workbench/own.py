"""What the own institution has contributed: for its contributors and managers, who see nothing of others."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import auditlog, owing, petitions
from federation import contributions as contributed
from federation.audience import MEMBER, guard
from federation.collections import reading
from federation.database import db
from federation.language import request_language
from federation.roles import Permission, may
from federation.web.workbench import sessions, showing
from shared.errors import CommonsError, Forbidden
from shared.petitioning import KINDS

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
    owed = owing.owing(db.session(), institution_id())
    curates = may(sessions.me(), Permission.CURATE)
    gaps = reading.with_gaps(db.session(), institution_id=institution_id()) if curates else []
    return render_template("workbench/own/contributions.html", found=found, owing=owed, gaps=gaps, showing=showing)


@workbench_own.get("/versions/<int(max=2147483647):version_id>")
def contribution(version_id: int) -> ResponseReturnValue:
    """One version: how it stands, what was decided and why."""
    return _contribution(version_id)


def _contribution(version_id: int, error: CommonsError | None = None) -> ResponseReturnValue:
    session = db.session()
    found = contributed.contribution(session, institution_id(), version_id)
    version = found.version
    page = render_template(
        "workbench/own/contribution.html",
        found=found,
        record=version.record,
        sections=showing.sections(version.record, request_language()),
        past=petitions.of_resource(session, version.resource_id),
        open_kinds=[
            kind
            for kind in KINDS
            if petitions.is_open(version, kind) and petitions.standing(session, version, kind) is None
        ],
        error=showing.fault(error) if error else "",
        showing=showing,
        language=request_language(),
    )
    return page, error.status if error else 200


@workbench_own.post("/versions/<int(max=2147483647):version_id>/petitions")
def petition(version_id: int) -> ResponseReturnValue:
    """Appeal against a decision, or ask that it stays public; what is wrong is said on the page of the version."""
    session = db.session()
    version = contributed.contribution(session, institution_id(), version_id).version
    kind, text, maker = request.form.get("kind", ""), request.form.get("text", ""), auditlog.person(sessions.me().id)
    try:
        petitions.make(session, version, kind=kind, text=text, maker=maker)
    except CommonsError as error:
        return _contribution(version_id, error)
    flash(_("申请已交给联盟，答复会显示在这里。"), "good")
    return redirect(url_for("workbench_own.contribution", version_id=version_id), 303)


def institution_id() -> int:
    """The institution of whoever is signed in. Raises `Forbidden` for somebody without one."""
    found = sessions.me().institution_id
    if found is None:
        raise Forbidden()
    return found
