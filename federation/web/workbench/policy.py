"""The review policy in the workbench: every reviewer reads it and its versions; who leads the review changes it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from federation import entitlement, experts, policies, policy_changes
from federation.audience import LEAD, REVIEWER, guard
from federation.checklist import MAX_NOTE
from federation.database import db
from federation.language import request_language
from federation.models.people import User
from federation.roles import Permission
from federation.web.workbench import policy_form, sessions, showing
from shared.canonical import parse
from shared.errors import CommonsError, InvalidRequest, NotFound
from shared.vocabularies import vocabulary

NUMBER = "<int(max=2147483647):number>"


workbench_policy = guard(
    Blueprint("workbench_policy", __name__, url_prefix="/workbench/policy"),
    REVIEWER,
    sessions.only(Permission.READ_DESK),
)
workbench_rules = guard(
    Blueprint("workbench_rules", __name__, url_prefix="/workbench/rules"), LEAD, sessions.only(Permission.LEAD_REVIEW)
)
for _blueprint in (workbench_policy, workbench_rules):
    sessions.furnish(_blueprint)


@workbench_policy.context_processor
@workbench_rules.context_processor
def _words() -> dict[str, Any]:
    return {"showing": showing, "vocabulary": vocabulary, "language": request_language(), "longest_note": MAX_NOTE}


@workbench_policy.get("/")
def current() -> ResponseReturnValue:
    """The policy in force, and all its versions."""
    return _shown(policies.current(db.session()).number)


@workbench_policy.get(f"/{NUMBER}")
def version(number: int) -> ResponseReturnValue:
    """One version."""
    return _shown(number)


@workbench_rules.get("/")
def edit() -> ResponseReturnValue:
    """The form, with what is in force."""
    standing = policies.current(db.session())
    return _form(parse(standing.document.encode()), standing.number)


@workbench_rules.post("/")
def change() -> ResponseReturnValue:
    """Put what the form has in force; what is wrong is said beside it, and what was typed stays."""
    document = policy_form.document(request.form)
    based_on = request.form.get("based_on", 0, type=int)
    try:
        made = policy_changes.change(
            db.session(),
            document,
            based_on=based_on,
            author=sessions.me(),
            reason=request.form.get("reason", ""),
        )
    except CommonsError as error:
        return _form(document, based_on, error)
    flash(_("第 %(number)s 版审核规则已生效，此后的决定都依据它。", number=made.number), "good")
    return redirect(url_for("workbench_policy.current"), 303)


@workbench_policy.get("/experts")
def expert_list() -> ResponseReturnValue:
    """Which reviewer is an expert of what; those who lead the review change it there."""
    return render_template(
        "workbench/experts.html",
        experts=experts.reviewers(db.session()),
        policy=policies.current(db.session()),
        leads=entitlement.leads_review(sessions.me()),
    )


@workbench_rules.post("/experts/<user_id>")
def set_expert(user_id: str) -> ResponseReturnValue:
    """Say in which disciplines somebody is an expert."""
    person = db.session.get(User, user_id)
    if person is None:
        raise NotFound()
    experts.set_disciplines(db.session(), person, request.form.getlist("disciplines"), by=sessions.me())
    flash(_("已记下%(name)s的专业。", name=person.display_name), "good")
    return redirect(url_for("workbench_policy.expert_list"), 303)


def _shown(number: int) -> ResponseReturnValue:
    session = db.session()
    standing = policies.current(session)
    return render_template(
        "workbench/policy.html",
        policy=policies.version(session, number),
        standing=standing,
        history=policies.history(session),
        leads=entitlement.leads_review(sessions.me()),
    )


def _form(document: dict[str, Any], based_on: int, error: CommonsError | None = None) -> ResponseReturnValue:
    language = request_language()
    faults: dict[str, str] = {}
    if isinstance(error, InvalidRequest):
        for one in error.errors:
            faults.setdefault(one.pointer, one.message(language))
    page = render_template(
        "workbench/policy_form.html",
        document=policy_form.shown(document),
        based_on=based_on,
        faults=faults,
        error=policy_form.summary(faults) if faults else (error.message(language) if error else ""),
    )
    return page, error.status if error else 200
