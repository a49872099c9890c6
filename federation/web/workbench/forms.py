"""What forms of the workbench share: the faults of what was sent, each beside its field."""

from __future__ import annotations

from flask import request

from federation.language import request_language
from federation.web.workbench import showing
from shared.errors import CommonsError


def said(error: CommonsError | None) -> dict[str, object]:
    """For the templates: the words for values, the faults by field, what was sent, and what concerns no field."""
    language = request_language()
    faults: dict[str, str] = {}
    for one in error.errors if error else ():
        faults.setdefault(one.pointer.strip("/"), one.message(language))
    message = error.message(language) if error and not faults else ""
    return {"showing": showing, "error": message, "faults": faults, "sent": request.form if error else {}}
