"""What the public will see, before it does: a page in the portal's look, and the files that a browser may show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from nodes import form_drafts, queries
from nodes.web import editing, form_page
from nodes.web.form_page import Opened
from nodes.web.frame import workplace
from nodes.web.shown_files import ShownFile, content_of, of_record, shown_files
from nodes.web.uploads import arrivals
from shared.errors import FieldError
from shared.record import is_tombstone
from shared.vocabularies import vocabulary

ALONE = "default-src 'none'; sandbox"
"""What a file may do that is opened by itself: nothing."""

previewing = Blueprint("previewing", __name__)


@previewing.get("/drafts/<record_id>/preview")
def draft(record_id: str) -> ResponseReturnValue:
    """What a draft will look like, and what is still missing."""
    with workplace().database.unit_of_work(read_only=True) as session:
        opened = form_page.of_draft(form_drafts.get(session, record_id))
        files = shown_files(session, arrivals(), opened.choices, opened.standing)
    back = url_for("drafting.resume", record_id=record_id)
    return _page(opened.fields, files, back=back, faults=_faults(opened))


@previewing.get("/resources/<record_id>/preview")
def version(record_id: str) -> ResponseReturnValue:
    """What the latest version looks like."""
    with workplace().database.unit_of_work(read_only=True) as session:
        record = queries.versions(session, record_id)[0].content
    back = url_for("pages.resource", record_id=record_id)
    return _page(record, of_record(record), back=back, withdrawn=is_tombstone(record))


@previewing.get("/contents/<key>")
def content(key: str) -> Response:
    """A picture, film or sound that the form or a resource has; nothing else, whatever it calls itself."""
    with workplace().database.unit_of_work(read_only=True) as session:
        path, media_type = content_of(session, arrivals(), key)
    answer = send_file(path.resolve(), mimetype=media_type, conditional=True, etag=False, max_age=0)
    answer.headers["Content-Security-Policy"] = ALONE
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _faults(opened: Opened) -> list[FieldError]:
    return editing.faults_of(
        workplace(),
        opened.fields,
        opened.choices,
        arrivals=arrivals(),
        standing=opened.standing,
        purpose=opened.purpose,
    )


def _page(
    fields: Mapping[str, Any],
    files: Sequence[ShownFile],
    *,
    back: str,
    faults: Sequence[FieldError] = (),
    withdrawn: bool = False,
) -> str:
    licence = vocabulary("licenses").terms.get(fields.get("license", ""))
    return render_template(
        "preview.html", record=fields, files=files, back=back, faults=faults, licence=licence, withdrawn=withdrawn
    )
