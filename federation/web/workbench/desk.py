"""The reviewer's desk: the queue, a submission with its files, and the decision."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from federation import review, review_queue, serving, withdrawals
from federation.audience import REVIEWER, guard
from federation.checklist import policy
from federation.database import db
from federation.language import request_language
from federation.models.objects import StoredObject
from federation.models.people import User
from federation.models.resources import ResourceVersion, VersionFile
from federation.parts import parts
from federation.roles import Permission
from federation.web.workbench import changes, sessions, showing
from shared.errors import ChecklistIncomplete, CommonsError, NotFound
from shared.vocabularies import vocabulary

workbench = guard(
    Blueprint("workbench", __name__, url_prefix="/workbench"), REVIEWER, sessions.only(Permission.READ_DESK)
)
sessions.furnish(workbench)
NUMBER = "<int(max=2147483647):version_id>"


@workbench.context_processor
def _words() -> dict[str, Any]:
    return {"showing": showing, "vocabulary": vocabulary, "language": request_language()}


@workbench.get("/")
def queue() -> ResponseReturnValue:
    """What waits, oldest first."""
    filters = review_queue.Filters(
        institution=request.args.get("institution", ""),
        type=request.args.get("type", ""),
        theme=request.args.get("theme", ""),
        mine_only=request.args.get("mine") == "1",
    )
    page = request.args.get("page", 1, type=int)
    found = review_queue.queue(db.session(), reviewer=sessions.me(), filters=filters, page=page)
    held = withdrawals.held(db.session())
    return render_template("workbench/queue.html", queue=found, filters=filters, held=held)


@workbench.get(f"/versions/{NUMBER}")
def version(version_id: int) -> ResponseReturnValue:
    """One submission, with all that is needed to judge it."""
    return _page(version_id)


@workbench.post(f"/versions/{NUMBER}")
def decide(version_id: int) -> ResponseReturnValue:
    """Judge it, then go on to the next one; what is wrong with the form is said beside it."""
    session, me = db.session(), sessions.me()
    judged = session.get(ResourceVersion, version_id)
    if judged is None:
        raise NotFound()
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
            naan=parts().settings.ark_naan,
        )
    except CommonsError as error:
        return _page(version_id, error)
    flash(showing.outcome(judged, verdict), "good")
    following = review_queue.next_for(session, reviewer=me, after=judged)
    if following is None:
        return redirect(url_for("workbench.queue"), 303)
    return redirect(url_for("workbench.version", version_id=following), 303)


@workbench.get(f"/versions/{NUMBER}/files/<int(max=2147483647):position>")
def file(version_id: int, position: int) -> ResponseReturnValue:
    """A verified file, from the store itself; active types come as attachments."""
    found = db.session.scalar(
        select(VersionFile)
        .join(StoredObject, StoredObject.sha256 == VersionFile.sha256)
        .where(VersionFile.version_id == version_id, VersionFile.position == position)
    )
    if found is None:
        raise NotFound()
    serving.check(db.session(), found.sha256)
    inline = request.args.get("download") != "1"
    url = parts().store.download_url(sha256=found.sha256, name=found.name, media_type=found.media_type, inline=inline)
    return redirect(url)


def _page(version_id: int, error: CommonsError | None = None) -> ResponseReturnValue:
    """The submission; with an error, what was filled in stays and the error's words and status are given."""
    language = request_language()
    found = review.open(db.session(), version_id, sessions.me())
    before = found.public if found.public is not None and found.public.id != found.version.id else None
    page = render_template(
        "workbench/version.html",
        found=found,
        policy=policy(),
        sections=showing.sections(found.record, language),
        changes=changes.between(before.record, found.record) if before else None,
        before=before,
        stored=_stored(found.version),
        reviewers=_reviewer_names(found, sessions.me()),
        error=showing.fault(error) if error else "",
        unconfirmed=error.data["codes"] if isinstance(error, ChecklistIncomplete) else (),
    )
    return page, error.status if error else 200


def _stored(version: ResourceVersion) -> set[str]:
    """Digests of the version's files that the hub has verified and keeps."""
    digests = [file.sha256 for file in version.files]
    return set(db.session.scalars(select(StoredObject.sha256).where(StoredObject.sha256.in_(digests))))


def _reviewer_names(found: review.Submission, me: User) -> dict[int, str]:
    return {d.id: str(_("您")) if d.reviewer_id == me.id else d.reviewer.display_name for d in found.decisions}
