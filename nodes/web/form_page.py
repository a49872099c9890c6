"""The page with the form of a resource, whoever opened it: empty, with a version, with a draft, or with faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import render_template, request, url_for
from werkzeug.datastructures import MultiDict

from nodes import form_drafts
from nodes.licences import QUESTIONS, decide
from nodes.models import FormDraft, Version
from nodes.web import editing
from nodes.web.forms import (
    Faults,
    FileChoice,
    Purpose,
    read_fields,
    read_files,
    read_purpose,
    read_revision,
    rows_of,
    shown_year,
)
from nodes.web.frame import choices_of, languages_of, latest_record, workplace
from nodes.web.places import place_of
from nodes.web.script_words import script_words
from nodes.web.shown_files import ShownFile, shown_files
from nodes.web.uploads import arrivals
from shared.errors import CommonsError, DraftOvertaken


@dataclass(frozen=True)
class Opened:
    """A form as it is opened: what is in it, and what it was opened to make."""

    fields: Mapping[str, Any]
    choices: Sequence[FileChoice] = ()
    standing: Mapping[str, Any] = field(default_factory=dict)
    purpose: Purpose = field(default_factory=Purpose.fresh)
    draft: FormDraft | None = None
    revision: int = 0
    copied: str = ""
    """The resource whose description this is a copy of."""


def read(record_id: str) -> Opened:
    """The form that was sent: for a new resource, or for the one with `record_id`. Takes over the files it brought.

    Raises `NotFound`, `AlreadyWithdrawn` or `InvalidRequest`.
    """
    standing = latest_record(record_id) if record_id else {}
    purpose = read_purpose(request.form, standing)
    fields = read_fields(request.form, standing)
    choices = editing.chosen_files(request.form, request)
    return Opened(fields, choices, standing, purpose, revision=read_revision(request.form))


def of_draft(draft: FormDraft) -> Opened:
    """The form that somebody left. Raises `NotFound` or `AlreadyWithdrawn` when what it changes is gone."""
    standing = latest_record(draft.record_id) if draft.after else {}
    form = MultiDict(draft.form)
    return Opened(
        read_fields(form, standing), read_files(form), standing, Purpose(draft.record_id, draft.after), draft
    )


def show(
    opened: Opened,
    *,
    faults: Faults | None = None,
    whole: CommonsError | None = None,
    overtaken: Version | None = None,
    conflict: DraftOvertaken | None = None,
    suggested: Sequence[str] = (),
) -> str:
    """The page. A draft of the same resource that is not the one opened is offered."""
    with workplace().database.unit_of_work(read_only=True) as session:
        other = None if opened.draft else form_drafts.find(session, opened.purpose.record_id)
        files = shown_files(session, arrivals(), opened.choices, opened.standing)
    said = MultiDict(opened.draft.form) if opened.draft else request.form
    answers = {name: said.get(f"licence.{name}", "") for name in QUESTIONS}
    return render_template(
        "form.html",
        fields=opened.fields,
        files=files,
        standing=opened.standing,
        purpose=opened.purpose,
        draft=opened.draft,
        revision=opened.draft.revision if opened.draft else opened.revision,
        other=other if other is not None and other.after == opened.purpose.after and opened.standing else None,
        faults=faults or Faults(),
        whole=whole,
        overtaken=overtaken,
        conflict=conflict,
        copied=opened.copied,
        suggested=suggested,
        questions=QUESTIONS,
        answers=answers,
        decided=decide(answers),
        rows_of=rows_of,
        choices_of=choices_of,
        languages_of=languages_of,
        place_of=place_of,
        no_file=ShownFile(FileChoice("", "", "main")),
        script_words=script_words,
        keep_at=url_for("drafting.keep", record_id=opened.purpose.record_id if opened.standing else None),
        shown_year=shown_year,
    )
