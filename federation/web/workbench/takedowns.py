"""Taking down and putting back, on the page of a version: for those who lead the review."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import takedown
from federation.audience import LEAD, guard
from federation.database import db
from federation.models.resources import ResourceVersion
from federation.roles import Permission
from federation.web.workbench import sessions
from federation.web.workbench.desk import page_of, words
from shared.errors import CommonsError, NotFound

workbench_takedowns = guard(
    Blueprint("workbench_takedowns", __name__, url_prefix="/workbench/versions"),
    LEAD,
    sessions.only(Permission.LEAD_REVIEW),
)
sessions.furnish(workbench_takedowns)
workbench_takedowns.context_processor(words)


@workbench_takedowns.post("/<int(max=2147483647):version_id>/takedown")
def change(version_id: int) -> ResponseReturnValue:
    """Take a public version down, or with `back` put one back; what is wrong is said on its page."""
    session, reason = db.session(), request.form.get("takedown-reason", "")
    version = session.get(ResourceVersion, version_id)
    if version is None:
        raise NotFound()
    try:
        if request.form.get("back"):
            takedown.put_back(session, version, by=sessions.me(), reason=reason)
            flash(_("已恢复公开，永久标识照旧。"), "good")
        else:
            takedown.take_down(session, version, by=sessions.me(), reason=reason)
            flash(_("已下架。公众打开它的网址会看到理由，提交单位下次同步时也会看到。"), "good")
    except CommonsError as error:
        return page_of(version_id, error)
    return redirect(url_for("workbench.version", version_id=version_id), 303)
