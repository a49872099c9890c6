"""Pages that say what this is: for readers, members, operators and programmers."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from federation.database import db
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import keeper


@portal.get("/about")
def about() -> ResponseReturnValue:
    """What the commons is and how to take part."""
    return render_template("portal/about.html", figures=keeper().read(db.session()))


@portal.get("/api")
def interfaces() -> ResponseReturnValue:
    """The programming interfaces, for people."""
    return render_template("portal/interfaces.html")
