"""Files that the form's script sends, each on its own and in pieces, so that none is lost and none is sent twice."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from nodes.web.problems import answer_script
from nodes.web.shown_files import FILMS, PICTURES, summary
from nodes.web.uploads import arrivals
from shared.errors import FieldError, InvalidRequest

arriving = Blueprint("arriving", __name__, url_prefix="/uploads")
arriving.register_error_handler(Exception, answer_script)


@arriving.post("")
def begin() -> dict[str, Any]:
    """Announce a file by its name and size in bytes; the answer is its key."""
    return {"key": arrivals().begin(request.form.get("name", ""), _number(request.form.get("size", ""))).key}


@arriving.post("/<key>")
def piece(key: str) -> dict[str, Any]:
    """The bytes from `offset` on, as the body; the answer is how many are here now."""
    offset = _number(request.args.get("offset", ""))
    return {"received": arrivals().append(key, offset, request.stream)}


@arriving.post("/<key>/finished")
def finish(key: str) -> dict[str, Any]:
    """All of it has been sent."""
    found = arrivals().finish(key)
    return {"name": found.name, "size": found.size, "sha256": found.sha256}


@arriving.post("/<key>/facts")
def read(key: str) -> dict[str, Any]:
    """Read what the file says of itself: a line for the form, and whether there is a picture to show."""
    facts = arrivals().facts(key)
    upload = arrivals().find(key)
    return {
        "says": summary(upload, facts),
        "picture": upload.media_type in PICTURES,
        "film": upload.media_type in FILMS,
        "alt": upload.media_type.startswith("image/"),
    }


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidRequest(errors=[FieldError("", "bad_number")])
    return int(text)
