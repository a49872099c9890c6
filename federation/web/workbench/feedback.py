"""What the public says of resources: the alliance reads it, and hides what should not be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import feedback
from federation.audience import LEAD, REVIEWER, guard
from federation.database import db
from federation.language import request_language
from federation.roles import Permission, may
from federation.web.workbench import sessions, showing
from shared.errors import CommonsError, Forbidden, NotFound
from shared.feedback import HIDDEN

workbench_feedback = guard(
    Blueprint("workbench_feedback", __name__, url_prefix="/workbench/feedback"),
    REVIEWER,
    sessions.only(Permission.READ_DESK),
)
workbench_moderation = guard(
    Blueprint("workbench_moderation", __name__, url_prefix="/workbench/feedback"),
    LEAD,
    sessions.only(Permission.LEAD_REVIEW),
)
sessions.furnish(workbench_feedback)
sessions.furnish(workbench_moderation)


@workbench_feedback.get("/")
def given() -> ResponseReturnValue:
    """The newest first, all or those in one state."""
    return _page()


@workbench_moderation.post("/<feedback_id>/hiding")
def hide(feedback_id: str) -> ResponseReturnValue:
    """Take one away from the public, with its answer."""
    return _done(feedback.hide, feedback_id, _("已隐藏，公众看不到了。"))


@workbench_moderation.post("/<feedback_id>/showing")
def show(feedback_id: str) -> ResponseReturnValue:
    """Let it be seen again."""
    return _done(feedback.show, feedback_id, _("已恢复，回答过的公众又能看到。"))


@workbench_moderation.post("/<feedback_id>/erasing")
def erase(feedback_id: str) -> ResponseReturnValue:
    """Erase the words of a hidden one and of its answer."""
    return _done(feedback.erase, feedback_id, _("已删除，平台和单位的节点都不再保留内容。"))


def _done(deed: Callable[..., object], feedback_id: str, said: str) -> ResponseReturnValue:
    try:
        deed(db.session(), feedback_id, by=sessions.me(), reason=request.form.get("reason", ""))
    except (NotFound, Forbidden):
        raise
    except CommonsError as error:
        return _page(error, feedback_id)
    flash(said, "good")
    return redirect(url_for("workbench_feedback.given", **_place()), 303)


def _place() -> dict[str, Any]:
    """Where in the list somebody is, so that a deed leads back there."""
    return {"state": request.args.get("state"), "page": request.args.get("page", type=int)}


def _page(error: CommonsError | None = None, failed: str = "") -> ResponseReturnValue:
    state = request.args.get("state", "")
    page = render_template(
        "workbench/feedback.html",
        found=feedback.listed(db.session(), state=state, page=request.args.get("page", 1, type=int)),
        state=state if state in feedback.STATES else "",
        states={
            "": _("全部"),
            feedback.OPEN: _("等单位回答"),
            feedback.ANSWERED: _("已回答"),
            HIDDEN: _("已隐藏"),
        },
        leads=may(sessions.me(), Permission.LEAD_REVIEW),
        error=showing.fault(error) if error else "",
        failed=failed,
        most=feedback.MAX_REASON,
        showing=showing,
        language=request_language(),
    )
    return page, error.status if error else 200
