"""The day on which what is approved becomes public, on the page of a version: for those who lead the review."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import scheduling
from federation.audience import LEAD, guard
from federation.database import db
from federation.models.resources import ResourceVersion
from federation.parts import parts
from federation.roles import Permission
from federation.web.workbench import sessions, showing
from federation.web.workbench.desk import page_of, words
from shared.errors import CommonsError, NotFound

workbench_calendar = guard(
    Blueprint("workbench_calendar", __name__, url_prefix="/workbench/versions"),
    LEAD,
    sessions.only(Permission.LEAD_REVIEW),
)
sessions.furnish(workbench_calendar)
workbench_calendar.context_processor(words)


@workbench_calendar.post("/<int(max=2147483647):version_id>/day")
def change(version_id: int) -> ResponseReturnValue:
    """Fix another day, publish at once (no day), or with `recall` take it back into review."""
    session, form = db.session(), request.form
    version = session.get(ResourceVersion, version_id)
    if version is None:
        raise NotFound()
    reason, naan = form.get("day-reason", ""), parts().settings.ark_naan
    try:
        if form.get("recall"):
            scheduling.recall(session, version, by=sessions.me(), reason=reason)
            flash(_("已退回待审，要重新审核。"), "good")
        else:
            day = scheduling.day(form.get("day", ""), pointer="/day")
            scheduling.change(session, version, by=sessions.me(), to=day, reason=reason, naan=naan)
            flash(showing.outcome(version, "approve"), "good")
    except CommonsError as error:
        return page_of(version_id, error)
    return redirect(url_for("workbench.version", version_id=version_id), 303)
