"""The pages: how things stand, one resource, the form, withdrawing, and synchronising."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import dashboard, queries, registration, wording
from nodes import membership as memberships
from nodes.accounts import MANAGER
from nodes.models import Version
from nodes.registration import Registered
from nodes.web import editing, identity, joining, language
from nodes.web.editing import Overtaken
from nodes.web.forms import NEW, Faults, FileChoice, Purpose, files_of, read_fields, read_purpose, rows_of
from nodes.web.frame import choices_of, heading, languages_of, syncer, workplace
from nodes.web.language import gettext as _
from nodes.web.resource_page import resource_page
from shared.errors import (
    AlreadyWithdrawn,
    CommonsError,
    FieldError,
    InvalidRecord,
    ReasonMissing,
    RecordTooLarge,
)
from shared.record import is_tombstone

ROUNDS_SHOWN = 10
PROBLEMS_SHOWN = 50

pages = Blueprint("pages", __name__)


@pages.get("/")
def overview() -> ResponseReturnValue:
    """How things stand; at a node that is quite new, the first step of joining."""
    with workplace().database.unit_of_work(read_only=True) as session:
        if memberships.find(session) is None and not queries.states(session) and identity.may(MANAGER):
            return joining.first_step()
        board = dashboard.look(session, language=language.current())
    return render_template("overview.html", board=board)


@pages.get("/resources/<record_id>")
def resource(record_id: str) -> ResponseReturnValue:
    """One resource: what was said of it, its files, and its versions."""
    return resource_page(record_id)


@pages.get("/resources/new")
def blank() -> ResponseReturnValue:
    """An empty form."""
    return _form_page(NEW, [], {}, Purpose.fresh())


@pages.post("/resources/new")
def create() -> ResponseReturnValue:
    """Register a resource."""
    return _save({})


@pages.get("/resources/<record_id>/edit")
def edit(record_id: str) -> ResponseReturnValue:
    """The form with the latest version in it."""
    standing = _standing(record_id)
    return _form_page(standing, files_of(standing), standing, Purpose(standing["id"], standing["version"]))


@pages.post("/resources/<record_id>/edit")
def update(record_id: str) -> ResponseReturnValue:
    """Register a new version."""
    return _save(_standing(record_id))


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


def _standing(record_id: str) -> dict[str, Any]:
    """The latest version's record. Raises `NotFound`, or `AlreadyWithdrawn`: a withdrawal is final."""
    with workplace().database.unit_of_work(read_only=True) as session:
        record = queries.versions(session, record_id)[0].content
    if is_tombstone(record):
        raise AlreadyWithdrawn()
    return record


def _save(standing: dict[str, Any]) -> ResponseReturnValue:
    purpose = read_purpose(request.form, standing)
    fields = read_fields(request.form, standing)
    choices = editing.chosen_files(request.form, request)
    folder = current_app.config["UPLOADS"]
    try:
        done = editing.save(workplace(), fields, choices, folder=folder, standing=standing, purpose=purpose)
    except InvalidRecord as error:
        return _form_page(fields, choices, standing, purpose, Faults(error.errors)), HTTPStatus.UNPROCESSABLE_ENTITY
    except RecordTooLarge as error:
        faults = Faults([FieldError("", error.code, dict(error.data))])
        page = _form_page(fields, choices, standing, purpose, faults, whole=error)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except Overtaken as error:
        now = Purpose(standing["id"], error.latest.number) if standing else Purpose.fresh()
        return _form_page(fields, choices, standing, now, overtaken=error.latest), HTTPStatus.CONFLICT
    flash(_said_of(done, purpose))
    return redirect(url_for("pages.resource", record_id=done.record_id))


def _said_of(done: Registered, purpose: Purpose) -> str:
    if not done.unchanged:
        return _("已登记。点“立即同步”送交平台。")
    if done.version > purpose.after:
        return _("已登记。这份表单收到了不止一次，只登记一次。")
    return _("内容没有变化，未产生新版本。")


def _form_page(
    fields: dict[str, Any],
    choices: list[FileChoice],
    standing: dict[str, Any],
    purpose: Purpose,
    faults: Faults | None = None,
    *,
    whole: CommonsError | None = None,
    overtaken: Version | None = None,
) -> str:
    return render_template(
        "form.html",
        fields=fields,
        choices=choices,
        standing=standing,
        purpose=purpose,
        faults=faults or Faults(),
        whole=whole,
        overtaken=overtaken,
        rows_of=rows_of,
        choices_of=choices_of,
        languages_of=languages_of,
    )
