"""Several versions judged together: each is shown with what speaks for a closer look, and ticked by itself."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from federation import entitlement, policies, review, review_queue, scheduling
from federation.audience import REVIEWER, guard
from federation.database import db
from federation.findings.collecting import findings
from federation.language import request_language
from federation.parts import parts
from federation.roles import Permission
from federation.web.workbench import sessions, showing
from shared.errors import ChecklistIncomplete, CommonsError, Forbidden
from shared.vocabularies import vocabulary

workbench_together = guard(
    Blueprint("workbench_together", __name__, url_prefix="/workbench/together"),
    REVIEWER,
    sessions.only(Permission.READ_DESK),
)
sessions.furnish(workbench_together)
MOST = 50
"""Versions that one page takes: more than that nobody has looked at one by one."""


@workbench_together.get("/")
def choose() -> ResponseReturnValue:
    """What was ticked in the queue, each with its own tick."""
    return _page()


@workbench_together.post("/")
def decide() -> ResponseReturnValue:
    """Judge those that were ticked here; what hinders one does not hinder the others."""
    if not entitlement.may_review(sessions.me()):
        raise Forbidden()
    seen = set(request.form.getlist("seen", type=int))
    items = [item for item in _chosen() if item.version.id in seen]
    if not items:
        return _page(_("请在看过的每一件前打勾，再提交结论。"), 422)
    verdict = request.form.get("verdict", "")
    try:
        outcome = review.decide_many(
            db.session(),
            [item.version for item in items],
            reviewer=sessions.me(),
            verdict=verdict,
            reason=request.form.get("reason", ""),
            checklist=dict.fromkeys(request.form.getlist("checklist"), True),
            publish_on=scheduling.day(request.form.get("publish_on", "")),
            read=request.form.get("policy", type=int),
            naan=parts().settings.ark_naan,
        )
    except CommonsError as error:
        unconfirmed = error.data["codes"] if isinstance(error, ChecklistIncomplete) else ()
        return _page(showing.fault(error), error.status, unconfirmed)
    _tell(outcome, verdict)
    return redirect(url_for("workbench.queue", **_filters().query()), 303)


def _tell(outcome: review.BulkOutcome, verdict: str) -> None:
    said = showing.VERDICTS[verdict]
    if outcome.decided:
        count = len(outcome.decided)
        flash(ngettext("%(verdict)s：%(num)d 件。", "%(verdict)s：%(num)d 件。", count, verdict=said), "good")
    if outcome.scheduled:
        count = outcome.scheduled
        flash(ngettext("其中 %(num)d 件到日子再发布。", "其中 %(num)d 件到日子再发布。", count), "good")
    if outcome.waiting:
        count = len(outcome.waiting)
        flash(ngettext("%(num)d 件还需另一位审核人通过。", "%(num)d 件还需另一位审核人通过。", count), "good")
    for version, error in outcome.refused:
        title = version.title(request_language())
        flash(_("《%(title)s》没有处理：%(why)s", title=title, why=showing.fault(error)), "bad")


def _page(fault: str = "", status: int = 200, unconfirmed: tuple[str, ...] = ()) -> ResponseReturnValue:
    items = _chosen()
    page = render_template(
        "workbench/together.html",
        items=items,
        found_on=findings(db.session(), [item.version for item in items]),
        filters=_filters(),
        policy=policies.current(db.session()),
        error=fault,
        unconfirmed=unconfirmed,
        showing=showing,
        vocabulary=vocabulary,
        language=request_language(),
    )
    return page, status


def _chosen() -> list[review_queue.Waiting]:
    numbers = [number for number in request.args.getlist("version", type=int) if 0 < number < 2**31]
    return review_queue.chosen(db.session(), numbers[:MOST], reviewer=sessions.me())


def _filters() -> review_queue.Filters:
    return review_queue.Filters.of(request.args)
