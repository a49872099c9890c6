"""Drafts of the form: kept by a button where there is no script, listed, opened again, copied from, thrown away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from nodes import form_drafts, proposals, queries
from nodes.licences import QUESTIONS, decide
from nodes.models import FormDraft, LocalFile, Upload
from nodes.web import form_page, language, proposing
from nodes.web.form_page import Opened
from nodes.web.forms import NEW, NOT_FIELDS, Form, Purpose, write_files
from nodes.web.frame import workplace
from nodes.web.language import gettext as _
from nodes.web.uploads import arrivals
from shared.canonical import best_text
from shared.errors import DraftOvertaken, DraftSpent

LISTED = 100
PASSING = frozenset({"csrf_token", "then", "over", "revision", "record", "after", "new-role"})
"""What a form sends besides what somebody has filled in."""
NOT_COPIED = NOT_FIELDS | {"identifiers", "evidence", "embargo_until"}

drafting = Blueprint("drafting", __name__)


def keep_draft(opened: Opened, *, fields: bool = False) -> FormDraft:
    """Save the form that was sent; with `fields`, what is proposed besides. Raises `DraftOvertaken`, `DraftSpent`."""
    values = _values(request.form, opened)
    if fields:
        values |= proposing.as_values(opened.fields)
    title = opened.fields.get("title", {})
    called = best_text(title, language.current()) if title else ""
    with workplace().database.unit_of_work() as session:
        return form_drafts.save(
            session,
            opened.purpose.record_id,
            values,
            after=opened.purpose.after,
            title=called or next((choice.name for choice in opened.choices), ""),
            based_on=None if request.form.get("over") else opened.revision,
        )


@drafting.post("/resources/new/draft")
@drafting.post("/resources/<record_id>/draft")
def keep(record_id: str = "") -> ResponseReturnValue:
    """Keep what was typed, and go where the button says: on with the form, to its preview, or to what files tell."""
    opened = form_page.read(record_id)
    then = request.form.get("then", "")
    if then == "read":
        opened = _with_proposals(opened)
    if then == "licence-take":
        found = decide({name: request.form.get(f"licence.{name}", "") for name in QUESTIONS})
        opened = replace(opened, fields={**opened.fields, "license": found.licence or opened.fields.get("license")})
    try:
        draft = keep_draft(opened, fields=then in ("read", "licence-take"))
    except DraftOvertaken as error:
        return form_page.show(opened, conflict=error), error.status
    except DraftSpent as error:
        return _spent(opened), error.status
    if then == "preview":
        return redirect(url_for("previewing.draft", record_id=draft.record_id))
    anchors = {"read": "part-what", "licence": "chooser", "licence-take": "license"}
    if then not in anchors:
        flash(_("草稿已存。"))
    return redirect(url_for("drafting.resume", record_id=draft.record_id, _anchor=anchors.get(then, then or None)))


@drafting.get("/drafts")
def listed() -> ResponseReturnValue:
    """The drafts, the last saved first."""
    with workplace().database.unit_of_work(read_only=True) as session:
        found = form_drafts.newest(session, limit=LISTED)
        total = form_drafts.count(session)
    return render_template("drafts.html", unfinished=found, drafts=total)


@drafting.get("/drafts/<record_id>")
def resume(record_id: str) -> ResponseReturnValue:
    """The form as it was left; one that is registered by now leads to what it became."""
    with workplace().database.unit_of_work(read_only=True) as session:
        draft = form_drafts.find(session, record_id)
        if draft is None:
            made = queries.versions(session, record_id)[0]
            return redirect(url_for("pages.resource", record_id=made.resource_id))
        opened = form_page.of_draft(draft)
        sources = proposing.sources_of(session, opened.choices)
        words = proposing.suggested(session, opened.fields, sources)
    return form_page.show(opened, suggested=words)


@drafting.post("/drafts/<record_id>/deletion")
def discard(record_id: str) -> ResponseReturnValue:
    """Throw a draft away, with the files that only it wants."""
    with workplace().database.unit_of_work() as session:
        draft = form_drafts.find(session, record_id)
        keys = form_drafts.keys_of(draft.form) if draft else []
        form_drafts.forget(session, record_id)
        kept = form_drafts.upload_keys(session)
        unused = [key for key in keys if key not in kept and not _registered(session, key)]
    for key in unused:
        arrivals().drop(key)
    flash(_("草稿已删除。"))
    return redirect(language.local_path(request.form.get("next", "/")))


@drafting.get("/resources/<record_id>/copy")
def copy(record_id: str) -> ResponseReturnValue:
    """A new form with what an earlier resource says, without what is its alone: files, identifiers, evidence."""
    with workplace().database.unit_of_work(read_only=True) as session:
        record = queries.versions(session, record_id)[0].content
    fields = {name: value for name, value in record.items() if name not in NOT_COPIED}
    return form_page.show(Opened({**NEW, **fields}, copied=record_id))


def _spent(opened: Opened) -> str:
    """The form as it was sent, when its version has been made meanwhile: what was typed goes into the next."""
    with workplace().database.unit_of_work(read_only=True) as session:
        latest = queries.versions(session, opened.purpose.record_id)[0]
    now = Purpose(latest.resource_id, latest.number) if opened.standing else Purpose.fresh()
    return form_page.show(replace(opened, purpose=now, revision=0), overtaken=latest)


def _with_proposals(opened: Opened) -> Opened:
    proposing.read_all(arrivals(), opened.choices)
    with workplace().database.unit_of_work(read_only=True) as session:
        sources = proposing.sources_of(session, opened.choices)
    proposed = proposals.propose(sources)
    return replace(opened, fields=proposals.filled(opened.fields, proposed, untouched=NEW))


def _values(form: Form, opened: Opened) -> dict[str, list[str]]:
    """What was filled in, with the files as they are now, those that have just come too."""
    kept = {name: form.getlist(name) for name in form if name not in PASSING and not name.startswith("file-")}
    return kept | write_files(opened.choices)


def _registered(session: Session, key: str) -> bool:
    """Whether a registered resource has the bytes of this upload where they lie."""
    upload = session.get(Upload, key)
    file = session.get(LocalFile, upload.sha256) if upload else None
    return file is not None and Path(file.path).parent.name == key
