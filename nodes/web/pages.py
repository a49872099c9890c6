"""The pages: the list, one resource, the form, withdrawing, and synchronising."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import form_drafts, petitions, queries, questions, registration, uses, wording
from nodes.models import LocalFile
from nodes.registration import Registered
from nodes.web import editing, form_page, language, uploads
from nodes.web.editing import Overtaken
from nodes.web.form_page import Opened
from nodes.web.forms import NEW, Faults, Purpose, files_of
from nodes.web.frame import heading, in_order, latest_record, syncer, workplace
from nodes.web.language import gettext as _
from shared.errors import (
    AlreadyDone,
    AnswerMissing,
    CommonsError,
    FieldError,
    InvalidRecord,
    InvalidRequest,
    PetitionNotOpen,
    PetitionStands,
    ReasonMissing,
    RecordTooLarge,
)
from shared.record import is_tombstone

PER_PAGE = 50
ROUNDS_SHOWN = 10
FINDINGS_SHOWN = 200
DRAFTS_SHOWN = 5

pages = Blueprint("pages", __name__)


@pages.get("/")
def overview() -> ResponseReturnValue:
    """All resources with their state, the last changed first."""
    state = request.args.get("state", "")
    with workplace().database.unit_of_work(read_only=True) as session:
        counts = in_order(queries.states(session))
        total = queries.count_resources(session, state=state)
        last = max(1, -(-total // PER_PAGE))
        number = min(max(1, request.args.get("page", 1, type=int)), last)
        rows = queries.list_resources(
            session, language=language.current(), state=state, limit=PER_PAGE, offset=(number - 1) * PER_PAGE
        )
        problems = queries.file_problems(session)
        asked = questions.waiting(session)
        titles = queries.titles(session, [one.resource_id for one in asked], language=language.current())
        used = uses.of_all(session)
        unfinished = form_drafts.newest(session, limit=DRAFTS_SHOWN)
        drafts = form_drafts.count(session)
    return render_template(
        "overview.html",
        counts=counts,
        rows=rows,
        state=state,
        number=number,
        last=last,
        problems=problems,
        asked=asked,
        titles=titles,
        used=used,
        unfinished=unfinished,
        drafts=drafts,
    )


@pages.get("/resources/<record_id>")
def resource(record_id: str) -> ResponseReturnValue:
    """One resource: what was said of it, its files, and its versions."""
    return _resource_page(record_id)


@pages.get("/resources/new")
def blank() -> ResponseReturnValue:
    """An empty form."""
    return form_page.show(Opened(NEW))


@pages.post("/resources/new")
def create() -> ResponseReturnValue:
    """Register a resource."""
    return _save()


@pages.get("/resources/<record_id>/edit")
def edit(record_id: str) -> ResponseReturnValue:
    """The form with the latest version in it."""
    standing = latest_record(record_id)
    purpose = Purpose(standing["id"], standing["version"])
    return form_page.show(Opened(standing, files_of(standing), standing, purpose))


@pages.post("/resources/<record_id>/edit")
def update(record_id: str) -> ResponseReturnValue:
    """Register a new version."""
    return _save(record_id)


@pages.post("/resources/<record_id>/withdraw")
def withdraw(record_id: str) -> ResponseReturnValue:
    """Withdraw a resource, with the reason that the public will see."""
    try:
        with workplace().database.unit_of_work() as session:
            registration.withdraw(session, record_id, request.form.get("reason", ""), key=workplace().key)
    except (ReasonMissing, InvalidRecord) as error:
        faults = error.errors or [error]
        return _resource_page(record_id, reason_faults=faults), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("已登记撤回，下次同步时生效。"))
    return redirect(url_for("pages.resource", record_id=record_id))


@pages.post("/resources/<record_id>/questions/<question_id>")
def answer(record_id: str, question_id: str) -> ResponseReturnValue:
    """Answer a question of a reviewer or of the public; what was typed stays when it will not do."""
    try:
        with workplace().database.unit_of_work() as session:
            text, private = request.form.get("text", ""), "private" in request.form
            questions.answer(session, question_id, text, private=private)
    except (AnswerMissing, AlreadyDone, InvalidRequest) as error:
        faults = error.errors or [error]
        return _resource_page(record_id, answer_faults={question_id: faults}), error.status
    flash(_("回答已记下，下次同步时送出。"))
    return redirect(url_for("pages.resource", record_id=record_id))


@pages.post("/resources/<record_id>/petitions")
def petition(record_id: str) -> ResponseReturnValue:
    """Appeal against a decision, or ask that it stays public; what was typed stays when it will not do."""
    kind = request.form.get("kind", "")
    try:
        with workplace().database.unit_of_work() as session:
            petitions.make(session, record_id, kind=kind, text=request.form.get("text", ""))
    except (ReasonMissing, InvalidRequest, PetitionNotOpen, PetitionStands) as error:
        faults = error.errors or [error]
        return _resource_page(record_id, petition_faults={kind: faults}), error.status
    flash(_("申请已记下，下次同步时送出。"))
    return redirect(url_for("pages.resource", record_id=record_id))


@pages.get("/sync")
def sync() -> ResponseReturnValue:
    """How far the synchronisation is, or what the last one did; `?still` does not renew itself."""
    with workplace().database.unit_of_work(read_only=True) as session:
        rounds = queries.rounds(session, limit=ROUNDS_SHOWN)
    return render_template(
        "sync.html",
        progress=syncer().progress,
        heading=heading,
        still="still" in request.args,
        rounds=rounds,
        **wording.WORDS,
    )


@pages.post("/sync")
def start_sync() -> ResponseReturnValue:
    """Begin a synchronisation, unless one is running."""
    syncer().start()
    return redirect(url_for("pages.sync"))


@pages.get("/reconciliation")
def reconciliation() -> ResponseReturnValue:
    """Whether this node and the hub hold the same: counts, digest, when last proved, and what differed."""
    with workplace().database.unit_of_work(read_only=True) as session:
        compared = queries.comparison(session)
        ids = [one["record_id"] for one in compared.findings[:FINDINGS_SHOWN]] if compared else []
        titles = queries.titles(session, ids, language=language.current())
    return render_template(
        "reconciliation.html", compared=compared, titles=titles, shown=FINDINGS_SHOWN, **wording.WORDS
    )


@pages.post("/reconciliation")
def start_reconciliation() -> ResponseReturnValue:
    """Compare now, unless a round is running."""
    syncer().start(kind="reconcile")
    return redirect(url_for("pages.sync"))


@pages.get("/language/<code>")
def choose_language(code: str) -> ResponseReturnValue:
    """Go on in another language."""
    language.choose(code)
    return redirect(language.local_path(request.args.get("next", "/")))


def _save(record_id: str = "") -> ResponseReturnValue:
    opened = form_page.read(record_id)
    standing, purpose = opened.standing, opened.purpose
    try:
        done = editing.save(
            workplace(),
            opened.fields,
            opened.choices,
            arrivals=uploads.arrivals(),
            standing=standing,
            purpose=purpose,
        )
    except InvalidRecord as error:
        return form_page.show(opened, faults=Faults(error.errors)), HTTPStatus.UNPROCESSABLE_ENTITY
    except RecordTooLarge as error:
        faults = Faults([FieldError("", error.code, dict(error.data))])
        return form_page.show(opened, faults=faults, whole=error), HTTPStatus.UNPROCESSABLE_ENTITY
    except Overtaken as error:
        now = Purpose(standing["id"], error.latest.number) if standing else Purpose.fresh()
        page = form_page.show(replace(opened, purpose=now, revision=0), overtaken=error.latest)
        return page, HTTPStatus.CONFLICT
    flash(_said_of(done, purpose))
    return redirect(url_for("pages.resource", record_id=done.record_id))


def _said_of(done: Registered, purpose: Purpose) -> str:
    if not done.unchanged:
        return _("已登记。点“立即同步”送交平台。")
    if done.version > purpose.after:
        return _("已登记。这份表单收到了不止一次，只登记一次。")
    return _("内容没有变化，未产生新版本。")


def _resource_page(
    record_id: str,
    reason_faults: Sequence[CommonsError | FieldError] = (),
    answer_faults: Mapping[str, Sequence[CommonsError | FieldError]] = MappingProxyType({}),
    petition_faults: Mapping[str, Sequence[CommonsError | FieldError]] = MappingProxyType({}),
) -> str:
    with workplace().database.unit_of_work(read_only=True) as session:
        versions = queries.versions(session, record_id)
        latest = versions[0]
        record = latest.content
        local = {
            entry["sha256"]: cast("LocalFile | None", session.get(LocalFile, entry["sha256"]))
            for entry in record.get("files", ())
        }
        faults = [FieldError(e.get("pointer", ""), e.get("code", ""), e.get("params", {})) for e in latest.errors]
        return render_template(
            "resource.html",
            latest=latest,
            versions=versions,
            record=record,
            local=local,
            faults=faults,
            ark=latest.resource.ark,
            withdrawn=is_tombstone(record),
            reason_faults=reason_faults,
            asked=questions.of_resource(session, record_id),
            answer_faults=answer_faults,
            petitions=petitions.of_resource(session, record_id),
            used=uses.of_resource(session, record_id),
            open_kinds=petitions.open_kinds(latest),
            petition_faults=petition_faults,
        )
