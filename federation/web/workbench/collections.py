"""Collections and campaigns in the workbench: where they are made and changed, and where the alliance shows them.

Everything is plain forms. Whichever button is pressed, what was typed is kept as a further revision first.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from federation import catalogue
from federation.api.queries import SearchQuery
from federation.audience import CURATOR, guard
from federation.collections import content as contents
from federation.collections import curating, reading
from federation.collections import showing as steps
from federation.collections.content import Content
from federation.database import db
from federation.days import today
from federation.language import request_language
from federation.models.collections import Collection
from federation.parts import parts
from federation.roles import Permission, may
from federation.web.portal import finding
from federation.web.portal.collecting import collection_page
from federation.web.workbench import collection_form, sessions, showing
from shared.errors import CommonsError, Forbidden, InvalidRequest, NotFound
from shared.vocabularies import vocabulary

KINDS = {contents.COLLECTION: _l("专题集"), contents.CAMPAIGN: _l("主题活动")}
STATES = {
    steps.DRAFT: _l("草稿"),
    steps.SHOWN: _l("已公布"),
    steps.ENDED: _l("已结束"),
    steps.HIDDEN: _l("已撤下"),
}
LOOKS = {steps.SHOWN: "good", steps.HIDDEN: "bad", steps.ENDED: "done"}
DONE = {
    "propose": _l("已送交联盟审核，通过之后公布。"),
    "show": _l("已公布，公众现在读到的就是这一稿。"),
    "return": _l("已退回单位，单位会看到理由。"),
    "end": _l("已结束，网址照常能打开。"),
    "hide": _l("已撤下，网址上只有理由。"),
    "discard": _l("草稿已删除。"),
}
MOST_FOUND = 12


def _check() -> None:
    """Let those pass who curate, and to read whoever reads the desk. Raises `SignInRequired` or `Forbidden`."""
    me = sessions.me()
    reads = request.method in sessions.SAFE_METHODS and may(me, Permission.READ_DESK)
    if not (may(me, Permission.CURATE) or reads):
        raise Forbidden()


workbench_collections = guard(
    Blueprint("workbench_collections", __name__, url_prefix="/workbench/collections"), CURATOR, _check
)
sessions.furnish(workbench_collections)


@workbench_collections.context_processor
def _words() -> dict[str, Any]:
    return {
        "showing": showing,
        "language": request_language(),
        "kinds": KINDS,
        "states": STATES,
        "looks": LOOKS,
        "occasions": vocabulary("occasions"),
        "most": contents,
        "today": today(),
    }


@workbench_collections.get("/")
def listed() -> ResponseReturnValue:
    """All that the person may see, and the form that begins another."""
    return _list()


@workbench_collections.post("/")
def create() -> ResponseReturnValue:
    """Begin a collection."""
    form = request.form
    said = {name: form.get(name, "") for name in ("kind", "slug", "title")}
    try:
        made = curating.create(db.session(), by=sessions.me(), **said)
    except Forbidden:
        raise
    except CommonsError as error:
        return _list(error)
    flash(_("已建好草稿。填好引言，加入资源，再公布。"), "good")
    return redirect(url_for("workbench_collections.collection", collection_id=made.id), 303)


@workbench_collections.get("/<collection_id>")
def collection(collection_id: str) -> ResponseReturnValue:
    """Its latest revision: a form for those who may change it, a reading for others."""
    found = curating.find(db.session(), collection_id, by=sessions.me())
    return _page(found, curating.latest(db.session(), found))


@workbench_collections.get("/<collection_id>/preview")
def preview(collection_id: str) -> ResponseReturnValue:
    """The latest revision as the public would read it."""
    session = db.session()
    found = curating.find(session, collection_id, by=sessions.me())
    kept = curating.revision(session, found, found.revision)
    words = _("预览第 %(number)s 稿，公众看到的不一定是这一稿。", number=found.revision)
    back = url_for("workbench_collections.collection", collection_id=found.id)
    return collection_page(reading.preview(session, found, kept, today=today()), draft=words, back=back)


@workbench_collections.post("/<collection_id>")
def change(collection_id: str) -> ResponseReturnValue:
    """Keep what the form says as a further revision, with what its button does; what is wrong is said beside it."""
    session, form, me = db.session(), request.form, sessions.me()
    found = curating.find_to_edit(session, collection_id, by=me)
    document = collection_form.document(form)
    button, about = collection_form.pressed(form)
    try:
        said = _changed(contents.read(document), button, about)
        kept = curating.revise(session, found, said, based_on=_based_on(), by=me)
    except CommonsError as error:
        return _page(found, document, error)
    if kept and button == collection_form.SAVE:
        flash(_("已存为第 %(number)s 稿，公众还看不到。", number=found.revision), "good")
    words = form.get("find", "").strip()[:100] if button == collection_form.FIND else form.get("found", "")[:100]
    place = "find" if words else "items" if button != collection_form.SAVE else None
    values: dict[str, Any] = {"collection_id": found.id, "find": words or None, "_anchor": place}
    return redirect(url_for("workbench_collections.collection", **values), 303)


@workbench_collections.post("/<collection_id>/standing")
def step(collection_id: str) -> ResponseReturnValue:
    """Propose, show, send back, end or hide it."""
    session, form, me = db.session(), request.form, sessions.me()
    found = curating.find(session, collection_id, by=me)
    name = form.get("step", "")
    if name not in steps.STEPS:
        raise NotFound()
    reason = {"reason": form.get("reason", "")} if name in steps.WITH_REASON else {}
    try:
        steps.STEPS[name](session, found, by=me, based_on=_based_on(), **reason)
    except Forbidden:
        raise
    except CommonsError as error:
        return _page(found, curating.latest(session, found), error)
    flash(DONE[name], "good")
    if name == "discard":
        return redirect(url_for("workbench_collections.listed"), 303)
    return redirect(url_for("workbench_collections.collection", collection_id=found.id), 303)


def _changed(said: Content, button: str, about: str) -> Content:
    place = int(about) if about.isdecimal() and len(about) < 4 else -1
    if button == collection_form.REMOVE:
        return contents.without(said, place)
    if button in (collection_form.UP, collection_form.DOWN):
        return contents.moved(said, place, -1 if button == collection_form.UP else 1)
    if button == collection_form.ADD:
        named = about or request.form.get("add", "")
        ids = curating.resources_named(db.session(), named, origin=parts().settings.origin)
        return contents.read(contents.with_more(said, ids).document())
    return said


def _based_on() -> int:
    return request.form.get("based_on", 0, type=int)


def _list(error: CommonsError | None = None) -> ResponseReturnValue:
    session, me = db.session(), sessions.me()
    drafts = curating.listed(session, by=me)
    public = catalogue.public_among(session, [one for draft in drafts for one in draft.content.resource_ids])
    page = render_template(
        "workbench/collections.html",
        drafts=drafts,
        public=public,
        curates=may(me, Permission.CURATE),
        error=_message(error),
        sent=request.form,
    )
    return page, error.status if error else 200


def _page(
    found: Collection, said: Content | dict[str, Any], error: CommonsError | None = None
) -> ResponseReturnValue:
    """The page of a collection; `said` is a document where a form was refused, and then stands as it was typed."""
    session, me = db.session(), sessions.me()
    document: dict[str, Any] = {"items": [], **(said.document() if isinstance(said, Content) else said)}
    ids = [str(item["resource"]) for item in document["items"]]
    words = request.args.get("find", "")[:100].strip()
    page = render_template(
        "workbench/collection.html",
        found=found,
        document=document,
        kept=curating.revision(session, found, found.revision),
        based_on=request.form.get("based_on", found.revision),
        versions=curating.standing_of(session, ids),
        public=catalogue.public_among(session, ids),
        edits=curating.edits(me, found),
        leads=may(me, Permission.LEAD_REVIEW),
        hindrance=steps.hindrance_to_show(found, me),
        waits=steps.waits(found),
        faults=_faults(error),
        error=_message(error),
        find=words,
        hits=_hits(words),
    )
    return page, error.status if error else 200


def _hits(words: str) -> list[finding.Hit]:
    if not words:
        return []
    query = {**SearchQuery().load({}), "q": words}
    return list(finding.find(query).hits[:MOST_FOUND])


def _faults(error: CommonsError | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in error.errors if error else ():
        found.setdefault(one.pointer, one.message(request_language()))
    return found


def _message(error: CommonsError | None) -> str:
    if isinstance(error, InvalidRequest):
        return collection_form.summary(_faults(error))
    return error.message(request_language()) if error else ""
