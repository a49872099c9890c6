"""Appeals and renewals: what institutions ask, and the answers of those who lead the review."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import petitions
from federation.audience import REVIEWER, guard
from federation.database import db
from federation.language import request_language
from federation.roles import Permission
from federation.web.workbench import sessions, showing
from shared.errors import CommonsError, FieldError, Forbidden, InvalidRequest, NotFound
from shared.petitioning import DISMISSED, GRANTED

workbench_petitions = guard(
    Blueprint("workbench_petitions", __name__, url_prefix="/workbench/petitions"),
    REVIEWER,
    sessions.only(Permission.READ_DESK),
)
sessions.furnish(workbench_petitions)
ANSWERS = (GRANTED, DISMISSED)


@workbench_petitions.get("/")
def made() -> ResponseReturnValue:
    """What waits for an answer, and what was answered lately."""
    return _page()


@workbench_petitions.post("/<petition_id>")
def answer(petition_id: str) -> ResponseReturnValue:
    """Grant or dismiss a petition."""
    said = request.form.get("answer", "")
    try:
        if said not in ANSWERS:
            fault = {"value": said[:40], "vocabulary": "answers", "allowed": ", ".join(ANSWERS)}
            raise InvalidRequest(errors=[FieldError("/answer", "unknown_term", fault)])
        petitions.answer(
            db.session(),
            petition_id,
            by=sessions.me(),
            granted=said == GRANTED,
            reason=request.form.get("reason", ""),
        )
    except (NotFound, Forbidden):
        raise
    except CommonsError as error:
        return _page(error, petition_id)
    flash(_("已答复，提交单位下次同步时会看到。"), "good")
    return redirect(url_for("workbench_petitions.made"), 303)


def _page(error: CommonsError | None = None, failed: str = "") -> ResponseReturnValue:
    session = db.session()
    waiting = petitions.waiting(session)
    page = render_template(
        "workbench/petitions.html",
        waiting=list(zip(waiting, petitions.hindrances(session, waiting, sessions.me()), strict=True)),
        answered=petitions.answered(session),
        error=showing.fault(error) if error else "",
        failed=failed,
        showing=showing,
        language=request_language(),
    )
    return page, error.status if error else 200
