"""Second looks at what is public: what was drawn, and what came of it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import policies, sampling
from federation.audience import REVIEWER, guard
from federation.database import db
from federation.language import request_language
from federation.roles import Permission
from federation.web.workbench import sessions, showing
from shared.errors import CommonsError, Forbidden, NotFound

workbench_rereviews = guard(
    Blueprint("workbench_rereviews", __name__, url_prefix="/workbench/rereviews"),
    REVIEWER,
    sessions.only(Permission.READ_DESK),
)
sessions.furnish(workbench_rereviews)


@workbench_rereviews.get("/")
def drawn() -> ResponseReturnValue:
    """What waits for a second look, and what was looked at lately."""
    return _page()


@workbench_rereviews.post("/<int(max=2147483647):rereview_id>")
def conclude(rereview_id: int) -> ResponseReturnValue:
    """Say what came of a second look."""
    try:
        sampling.conclude(
            db.session(),
            rereview_id,
            reviewer=sessions.me(),
            outcome=request.form.get("outcome", ""),
            note=request.form.get("note", ""),
        )
    except (NotFound, Forbidden):
        raise
    except CommonsError as error:
        return _page(error)
    flash(_("抽查结果已记下。"), "good")
    return redirect(url_for("workbench_rereviews.drawn"), 303)


def _page(error: CommonsError | None = None) -> ResponseReturnValue:
    session = db.session()
    waiting = sampling.waiting(session)
    page = render_template(
        "workbench/rereviews.html",
        waiting=list(zip(waiting, sampling.obstacles(session, waiting, sessions.me()), strict=True)),
        done=sampling.done(session),
        percent=policies.current(session).sample_percent,
        error=showing.fault(error) if error else "",
        showing=showing,
        language=request_language(),
    )
    return page, error.status if error else 200
