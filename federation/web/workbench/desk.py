"""The reviewer's desk: the queue, a submission with its files, and the decision."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from federation import (
    claims,
    entitlement,
    petitions,
    policies,
    questions,
    reminders,
    review,
    review_queue,
    scheduling,
    serving,
    withdrawals,
)
from federation.audience import REVIEWER, guard
from federation.database import db
from federation.findings.collecting import findings
from federation.language import request_language
from federation.models.objects import StoredObject
from federation.models.people import User
from federation.models.resources import ResourceVersion, VersionFile
from federation.parts import parts
from federation.roles import Permission
from federation.web import viewing
from federation.web.workbench import changes, previews, sessions, showing
from shared.differences import files as changed_files
from shared.errors import ChecklistIncomplete, CommonsError, MoveNotAllowed, NotFound
from shared.vocabularies import vocabulary

workbench = guard(
    Blueprint("workbench", __name__, url_prefix="/workbench"), REVIEWER, sessions.only(Permission.READ_DESK)
)
sessions.furnish(workbench)
NUMBER = "<int(max=2147483647):version_id>"


@workbench.context_processor
def words() -> dict[str, Any]:
    """What the templates of a submission put facts into words with."""
    return {"showing": showing, "vocabulary": vocabulary, "language": request_language()}


@workbench.get("/")
def queue() -> ResponseReturnValue:
    """What waits, what is due first in front."""
    filters = _filters()
    page = request.args.get("page", 1, type=int)
    found = review_queue.queue(db.session(), reviewer=sessions.me(), filters=filters, page=page)
    mine = entitlement.of(db.session(), sessions.me(), policies.current(db.session()))
    return render_template(
        "workbench/queue.html",
        queue=found,
        filters=filters,
        held=withdrawals.held(db.session()),
        ages=review_queue.AGES,
        due=reminders.reviewing(db.session(), mine) if entitlement.may_review(sessions.me()) else None,
        leads=entitlement.leads_review(sessions.me()),
    )


@workbench.get(f"/versions/{NUMBER}")
def version(version_id: int) -> ResponseReturnValue:
    """One submission, with all that is needed to judge it."""
    return page_of(version_id)


@workbench.get(f"/versions/{NUMBER}/next")
def following(version_id: int) -> ResponseReturnValue:
    """Go on to the next one without a decision."""
    return _go_on(_version(version_id))


@workbench.post(f"/versions/{NUMBER}/claim")
def claim(version_id: int) -> ResponseReturnValue:
    """Say to be at work on it; with `release`, that one is not any more."""
    session, found = db.session(), _version(version_id)
    if request.form.get("release"):
        claims.give_up(session, found, reviewer=sessions.me())
        flash(_("已放回，别人的“下一件”会轮到它。"))
    else:
        try:
            claims.take(session, found, reviewer=sessions.me(), minutes=parts().settings.claim_minutes)
        except CommonsError as error:
            return page_of(version_id, error)
        flash(_("已领取。别人看得到您在审，他们的“下一件”会跳过它。"), "good")
    return redirect(url_for("workbench.version", version_id=version_id, **_filters().query()), 303)


@workbench.post(f"/versions/{NUMBER}/questions")
def ask(version_id: int) -> ResponseReturnValue:
    """Ask the institution something; the version stays as it is."""
    try:
        text = request.form.get("question", "")
        questions.ask(db.session(), _version(version_id), reviewer=sessions.me(), text=text)
    except CommonsError as error:
        return page_of(version_id, error)
    flash(_("已提问。提交单位下次同步时会看到，回答之后显示在这里。"), "good")
    return redirect(url_for("workbench.version", version_id=version_id, **_filters().query()), 303)


@workbench.post(f"/versions/{NUMBER}")
def decide(version_id: int) -> ResponseReturnValue:
    """Judge it, then go on to the next one; what is wrong with the form is said beside it."""
    session, me = db.session(), sessions.me()
    judged = _version(version_id)
    verdict = request.form.get("verdict", "")
    confirmed = dict.fromkeys(request.form.getlist("checklist"), True)
    try:
        review.decide(
            session,
            judged,
            reviewer=me,
            verdict=verdict,
            reason=request.form.get("reason", ""),
            checklist=confirmed,
            notes=showing.notes(request.form),
            publish_on=scheduling.day(request.form.get("publish_on", "")),
            read=request.form.get("policy", type=int),
            naan=parts().settings.ark_naan,
        )
    except CommonsError as error:
        return page_of(version_id, error)
    flash(showing.outcome(judged, verdict), "good")
    return _go_on(judged)


@workbench.get(f"/versions/{NUMBER}/files/<int(max=2147483647):position>")
def file(version_id: int, position: int) -> ResponseReturnValue:
    """A verified file, from the store itself; what runs is shown in our own frame alone, else an attachment.

    With `pdf=1` the PDF that was made of an office document.
    """
    found = db.session.scalar(
        select(VersionFile)
        .join(StoredObject, StoredObject.sha256 == VersionFile.sha256)
        .where(VersionFile.version_id == version_id, VersionFile.position == position)
    )
    if found is None:
        raise NotFound()
    serving.check(db.session(), found.sha256)
    if request.args.get("download") == "1":
        store, look = parts().store, request.method == "HEAD"
        return redirect(
            store.download_url(sha256=found.sha256, name=found.name, media_type=found.media_type, look=look)
        )
    if request.args.get("pdf") == "1":
        address = previews.pdf_address(db.session(), found)
        if address is None:
            raise NotFound()
        return redirect(address)
    return redirect(previews.address(found, framed=viewing.in_our_frame(request.headers)))


def _filters() -> review_queue.Filters:
    """Which part of the queue the reviewer is in: the pages of single versions keep it in their addresses."""
    return review_queue.Filters.of(request.args)


def _version(version_id: int) -> ResourceVersion:
    found = db.session.get(ResourceVersion, version_id)
    if found is None:
        raise NotFound()
    return found


def _go_on(done: ResourceVersion) -> ResponseReturnValue:
    """To the next version of the same part of the queue; back to the queue when there is none."""
    filters = _filters()
    number = review_queue.next_for(db.session(), reviewer=sessions.me(), after=done, filters=filters)
    if number is None:
        return redirect(url_for("workbench.queue", **filters.query()), 303)
    return redirect(url_for("workbench.version", version_id=number, **filters.query()), 303)


def page_of(version_id: int, error: CommonsError | None = None) -> ResponseReturnValue:
    """The submission; with an error, what was filled in stays and the error's words and status are given."""
    language = request_language()
    found = review.open(db.session(), version_id, sessions.me())
    stored = _stored(found.version)
    before = found.public if found.public is not None and found.public.id != found.version.id else None
    page = render_template(
        "workbench/version.html",
        found=found,
        policy=found.rules,
        filters=_filters(),
        findings=findings(db.session(), [found.version])[found.version.id],
        sections=showing.sections(found.record, language),
        changes=changes.between(before.record, found.record) if before else None,
        file_changes=changed_files(before.record, found.record) if before else None,
        previews=previews,
        before=before,
        stored=stored,
        as_pdf=previews.as_pdf(db.session(), stored),
        reviewers=_reviewer_names(found, sessions.me()),
        noted=_noted(found),
        asked=questions.of_resource(db.session(), found.version.resource_id),
        can_ask=_can_ask(found),
        asked_of_us=petitions.of_resource(db.session(), found.version.resource_id),
        leads=entitlement.leads_review(sessions.me()),
        error=showing.fault(error) if error else "",
        unconfirmed=error.data["codes"] if isinstance(error, ChecklistIncomplete) else (),
    )
    return page, error.status if error else 200, {"Content-Security-Policy": previews.policy()}


def _stored(version: ResourceVersion) -> set[str]:
    """Digests of the version's files that the hub has verified and keeps."""
    digests = [file.sha256 for file in version.files]
    return set(db.session.scalars(select(StoredObject.sha256).where(StoredObject.sha256.in_(digests))))


def _can_ask(found: review.Submission) -> bool:
    """Whether the form for a question is of use: a decision may be hindered by a state that a question is not."""
    return found.hindrance is None or isinstance(found.hindrance, MoveNotAllowed)


def _noted(found: review.Submission) -> dict[int, list[tuple[str, str]]]:
    """What was noted in each decision, each note with the question's name in the policy of that time."""
    session, language = db.session(), request_language()
    said: dict[int, list[tuple[str, str]]] = {}
    for decision in found.decisions:
        notes = decision.checklist.get("notes", {})
        if notes and decision.policy_number is not None:
            items = policies.version(session, decision.policy_number).items
            said[decision.id] = [(item.label(language), notes[item.code]) for item in items if item.code in notes]
    return said


def _reviewer_names(found: review.Submission, me: User) -> dict[int, str]:
    return {d.id: str(_("您")) if d.reviewer_id == me.id else d.reviewer.display_name for d in found.decisions}
