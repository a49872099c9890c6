"""What the alliance and the public say to the institution, and what it says to them, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import listing, petitions, queries, questions
from nodes.comparison import JUDGED
from nodes.listing import Wanted
from nodes.web import language
from nodes.web.frame import workplace
from nodes.web.language import gettext as _
from nodes.web.resource_page import resource_page
from shared.errors import (
    AlreadyDone,
    AnswerMissing,
    CommonsError,
    FieldError,
    InvalidRequest,
    PetitionNotOpen,
    PetitionStands,
    ReasonMissing,
)

conversation = Blueprint("conversation", __name__)
RETURNED, PETITIONS = 10, 10
"""How many resources that came back, and petitions, are shown."""
NO_FAULTS: Mapping[str, Sequence[CommonsError | FieldError]] = MappingProxyType({})


@conversation.get("/conversation")
def overview() -> ResponseReturnValue:
    """Questions that wait for an answer, or the answered ones, by who asks; what came back; and petitions."""
    return _page(request.args)


@conversation.post("/resources/<record_id>/questions/<question_id>")
def answer(record_id: str, question_id: str) -> ResponseReturnValue:
    """Answer a question of a reviewer or of the public; what was typed stays when it will not do."""
    back = request.form.get("back", "")
    try:
        with workplace().database.unit_of_work() as session:
            text, private = request.form.get("text", ""), "private" in request.form
            questions.answer(session, question_id, text, private=private)
    except (AnswerMissing, AlreadyDone, InvalidRequest) as error:
        faults = {question_id: error.errors or [error]}
        page = _page(request.form, faults) if back else resource_page(record_id, answer_faults=faults)
        return page, error.status
    flash(_("回答已记下，下次同步时送出。"))
    if back:
        return redirect(url_for("conversation.overview", who=request.form.get("who") or None))
    return redirect(url_for("pages.resource", record_id=record_id))


@conversation.post("/resources/<record_id>/petitions")
def petition(record_id: str) -> ResponseReturnValue:
    """Appeal against a decision, or ask that it stays public; what was typed stays when it will not do."""
    kind = request.form.get("kind", "")
    try:
        with workplace().database.unit_of_work() as session:
            petitions.make(session, record_id, kind=kind, text=request.form.get("text", ""))
    except (ReasonMissing, InvalidRequest, PetitionNotOpen, PetitionStands) as error:
        faults = error.errors or [error]
        return resource_page(record_id, petition_faults={kind: faults}), error.status
    flash(_("申请已记下，下次同步时送出。"))
    return redirect(url_for("pages.resource", record_id=record_id))


def _page(values: Any, faults: Mapping[str, Sequence[CommonsError | FieldError]] = NO_FAULTS) -> str:
    who = values.get("who", "")
    who = who if who in (questions.REVIEWERS, questions.PUBLIC) else ""
    answered = values.get("show", "") == "answered"
    number = values.get("page", 1, type=int)
    with workplace().database.unit_of_work(read_only=True) as session:
        asked, last = questions.listed(session, who=who, answered=answered, number=number)
        states = queries.states(session)
        returned = [
            row
            for state in JUDGED
            if states.get(state) and not answered
            for row in listing.first(session, Wanted(state=state), limit=RETURNED, language=language.current())
        ]
        made = petitions.recent(session, limit=PETITIONS)
        ids = {*(one.resource_id for one in asked), *(one.resource_id for one in made)}
        titles = queries.titles(session, sorted(ids), language=language.current())
        waiting = questions.count_waiting(session)
    return render_template(
        "conversation.html",
        asked=asked,
        last=last,
        number=min(max(1, number), last),
        who=who,
        answered=answered,
        returned=returned[:RETURNED],
        more=sum(states.get(state, 0) for state in JUDGED) - len(returned[:RETURNED]),
        petitions=made,
        titles=titles,
        waiting=_by_who(waiting),
        answer_faults=faults,
    )


def _by_who(waiting: Mapping[str, int]) -> dict[str, int]:
    reviewers = waiting.get("", 0)
    return {
        "": sum(waiting.values()),
        questions.REVIEWERS: reviewers,
        questions.PUBLIC: sum(waiting.values()) - reviewers,
    }
