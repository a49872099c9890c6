"""The dumps of the catalogue: each leads to the file in the store."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from federation.database import db
from federation.dumps import making
from federation.parts import parts
from federation.web.portal.blueprint import portal
from shared.errors import NotFound


@portal.get("/dumps/<name>")
def dump(name: str) -> ResponseReturnValue:
    """The newest dump of that name. Raises `NotFound` for a name that there is not, or not yet."""
    found = [one for one in making.listed(db.session()) if making.NAMES[one.kind] == name]
    if not found:
        raise NotFound()
    look = request.method == "HEAD"
    answer = redirect(parts().store.dumps.url(sha256=found[0].sha256, name=name, look=look), 302)
    answer.headers["Cache-Control"] = "no-store"
    return answer
