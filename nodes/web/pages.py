"""The pages: how things stand, one resource, the form, withdrawing, and synchronising."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import dashboard, form_drafts, queries, registration, wording
from nodes import membership as memberships
from nodes.accounts import MANAGER
from nodes.registration import Registered
from nodes.web import editing, form_page, identity, joining, language, uploads
from nodes.web.editing import Overtaken
from nodes.web.form_page import Opened
from nodes.web.forms import NEW, Faults, Purpose, files_of
from nodes.web.frame import heading, latest_record, syncer, workplace
from nodes.web.language import gettext as _
from nodes.web.resource_page import resource_page
from shared.errors import (
    FieldError,
    InvalidRecord,
    ReasonMissing,
    RecordTooLarge,
)

ROUNDS_SHOWN = 10
PROBLEMS_SHOWN = 50
DRAFTS_SHOWN = 5

pages = Blueprint("pages", __name__)


@pages.get("/")
def overview() -> ResponseReturnValue:
    """How things stand; at a node that is quite new, the first step of joining."""
    with workplace().database.unit_of_work(read_only=True) as session:
        drafts = form_drafts.count(session)
        untouched = not drafts and memberships.find(session) is None and not queries.states(session)
        if untouched and identity.may(MANAGER):
            return joining.first_step()
        board = dashboard.look(session, language=language.current())
        unfinished = form_drafts.newest(session, limit=DRAFTS_SHOWN)
    return render_template("overview.html", board=board, unfinished=unfinished, drafts=drafts)


@pages.get("/resources/<record_id>")
def resource(record_id: str) -> ResponseReturnValue:
    """One resource: what was said of it, its files, and its versions."""
    return resource_page(record_id)


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
        return resource_page(record_id, reason_faults=faults), HTTPStatus.UNPROCESSABLE_ENTITY
    flash(_("已登记撤回，下次同步时生效。"))
    return redirect(url_for("pages.resource", record_id=record_id))


@pages.get("/sync")
def sync() -> ResponseReturnValue:
    """How far the synchronisation is, or what the last one did; `?still` does not renew itself."""
    with workplace().database.unit_of_work(read_only=True) as session:
        rounds = queries.rounds(session, limit=ROUNDS_SHOWN)
        problems = queries.file_problems(session, limit=PROBLEMS_SHOWN)
    return render_template(
        "sync.html",
        progress=syncer().progress,
        heading=heading,
        still="still" in request.args,
        rounds=rounds,
        problems=problems,
        **wording.WORDS,
    )


@pages.post("/sync")
def start_sync() -> ResponseReturnValue:
    """Begin a synchronisation, unless one is running."""
    syncer().start()
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
