"""What the form's script asks while somebody fills it in: is it right, what do the files propose, keep it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_wtf.csrf import generate_csrf

from nodes import proposals
from nodes.licences import QUESTIONS, decide
from nodes.web import editing, form_page, language, proposing
from nodes.web.drafting import keep_draft
from nodes.web.frame import clock, label, workplace
from nodes.web.language import gettext as _
from nodes.web.places import place_of
from nodes.web.problems import answer_script
from nodes.web.uploads import arrivals
from shared.vocabularies import vocabulary

MISSING = frozenset({"required", "too_few", "language_missing", "content_missing", "evidence_missing"})
"""Faults that only say that something is still to come."""

live = Blueprint("live", __name__, url_prefix="/live")
live.register_error_handler(Exception, answer_script)


@live.get("/token")
def token() -> dict[str, Any]:
    """A token for a page that was opened before the node was started anew; other sites cannot read it."""
    return {"token": generate_csrf()}


@live.post("/new/draft")
@live.post("/<record_id>/draft")
def draft(record_id: str = "") -> dict[str, Any]:
    """Keep what was typed: the revision it became, and when."""
    kept = keep_draft(form_page.read(record_id))
    return {"revision": kept.revision, "saved": clock(kept.saved_at)}


@live.post("/new/faults")
@live.post("/<record_id>/faults")
def faults(record_id: str = "") -> dict[str, Any]:
    """What the hub's schema says of the form as it is: each fault with the place of its field."""
    opened = form_page.read(record_id)
    found = editing.faults_of(
        workplace(),
        opened.fields,
        opened.choices,
        arrivals=arrivals(),
        standing=opened.standing,
        purpose=opened.purpose,
    )
    spoken = language.current()
    said = [
        {"place": place_of(one.pointer, spoken), "says": one.message(spoken), "missing": one.code in MISSING}
        for one in found
    ]
    return {"faults": said}


@live.post("/new/proposals")
@live.post("/<record_id>/proposals")
def proposed(record_id: str = "") -> dict[str, Any]:
    """Values that the files propose, by the names of the form's inputs, and keywords."""
    opened = form_page.read(record_id)
    with workplace().database.unit_of_work(read_only=True) as session:
        sources = proposing.sources_of(session, opened.choices)
        words = proposing.suggested(session, opened.fields, sources)
    values = proposing.as_values(proposals.propose(sources)) if not opened.standing else {}
    return {"values": values, "keywords": words}


@live.post("/licence")
def licence() -> dict[str, Any]:
    """Where the answers given so far lead: which questions are asked, and the licence in plain words."""
    found = decide({name: request.form.get(f"licence.{name}", "") for name in QUESTIONS})
    term = vocabulary("licenses").terms.get(found.licence)
    return {
        "asked": list(found.asked),
        "code": found.licence,
        "label": label("licenses", found.licence) if found.licence else "",
        "plain": term.in_plain_words(language.current()) if term else _(found.advice) if found.advice else "",
    }
