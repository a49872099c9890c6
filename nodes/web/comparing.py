"""What differs: between two versions of a resource, and between this node and the hub."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import comparison, queries, wording
from nodes.web import language
from nodes.web.frame import syncer, workplace

comparing = Blueprint("comparing", __name__)
FINDINGS_SHOWN = 200


@comparing.get("/resources/<record_id>/changes")
def changes(record_id: str) -> ResponseReturnValue:
    """What changed between two versions; by itself from what the public sees, or what was judged, to the latest."""
    with workplace().database.unit_of_work(read_only=True) as session:
        versions = queries.versions(session, record_id)
    before, after = comparison.pair(
        versions, request.args.get("from", 0, type=int), request.args.get("to", 0, type=int)
    )
    found = comparison.between(before, after, language.current()) if before is not None else None
    return render_template(
        "changes.html",
        versions=versions,
        before=before,
        after=after,
        found=found,
        title=versions[0].content["title"],
        withdrawn=versions[0].content.get("withdrawn") is not None,
        **wording.WORDS,
    )


@comparing.get("/reconciliation")
def reconciliation() -> ResponseReturnValue:
    """Whether this node and the hub hold the same: counts, digest, when last proved, and what differed."""
    with workplace().database.unit_of_work(read_only=True) as session:
        compared = queries.comparison(session)
        ids = [one["record_id"] for one in compared.findings[:FINDINGS_SHOWN]] if compared else []
        titles = queries.titles(session, ids, language=language.current())
    return render_template(
        "reconciliation.html", compared=compared, titles=titles, shown=FINDINGS_SHOWN, **wording.WORDS
    )


@comparing.post("/reconciliation")
def start() -> ResponseReturnValue:
    """Compare now, unless a round is running."""
    syncer().start(kind="reconcile")
    return redirect(url_for("pages.sync"))
