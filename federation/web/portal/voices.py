"""What readers say of a resource: the form, for which nobody has to say who they are."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import catalogue, feedback
from federation.database import db
from federation.days import today
from federation.language import request_language
from federation.parts import parts
from federation.web import staff
from federation.web.portal.blueprint import portal
from federation.web.portal.resources import elsewhere
from shared.errors import CommonsError, NotFound
from shared.feedback import MAX_FEEDBACK, MISTAKE, QUESTION

TRAP = "website"
"""A field that people do not see: whoever fills it in is a program, and is thanked."""


@portal.get("/resources/<path:ark>/feedback")
def feedback_form(ark: str) -> ResponseReturnValue:
    """The empty form; `?sent` thanks."""
    moved = elsewhere(ark, "portal.feedback_form")
    return moved if moved is not None else _page(ark)


@portal.post("/resources/<path:ark>/feedback")
def give_feedback(ark: str) -> ResponseReturnValue:
    """Take a question, or the word that something is wrong; what was typed stays when it will not do."""
    known = catalogue.normal_ark(ark)
    if known is None:
        raise NotFound()
    if not request.form.get(TRAP):
        version, _entry = catalogue.latest(db.session(), known)
        try:
            feedback.give(
                db.session(),
                version,
                kind=request.form.get("kind", ""),
                text=request.form.get("text", ""),
                address=request.remote_addr or "",
                settings=parts().settings,
                by_staff=staff.is_here(),
            )
        except NotFound:
            raise
        except CommonsError as error:
            return _page(known, error)
    return redirect(url_for("portal.feedback_form", ark=known, sent=""), 303)


def _page(ark: str, error: CommonsError | None = None) -> ResponseReturnValue:
    page = catalogue.find(db.session(), ark, today=today())
    said = [one.message(request_language()) for one in error.errors] if error is not None else []
    shown = render_template(
        "portal/feedback.html",
        entry=page.entry,
        record=page.record,
        kinds={MISTAKE: _("有地方不对"), QUESTION: _("有问题想问")},
        most=MAX_FEEDBACK,
        trap=TRAP,
        sent="sent" in request.args,
        faults=said or ([error.message(request_language())] if error is not None else []),
    )
    if error is None:
        return shown
    return shown, error.status, {"Retry-After": str(error.retry_after)} if error.retry_after else {}
