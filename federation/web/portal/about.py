"""Pages that say what this is: for readers, members, operators, programs and crawlers."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from federation.database import db
from federation.parts import parts
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import keeper

ROBOTS = """User-agent: *
Disallow: /workbench/
Disallow: /en/workbench/
Disallow: /api/v1/federation/
Disallow: /*/files/
Disallow: /search?
Disallow: /en/search?
"""


@portal.get("/about")
def about() -> ResponseReturnValue:
    """What the commons is and how to take part."""
    return render_template("portal/about.html", figures=keeper().read(db.session()))


@portal.get("/api")
def interfaces() -> ResponseReturnValue:
    """The programming interfaces, for people."""
    return render_template("portal/interfaces.html")


@portal.get("/robots.txt")
def robots() -> Response:
    """What crawlers should leave alone."""
    origin = parts().settings.origin
    return Response(f"{ROBOTS}\n# {origin}\n", content_type="text/plain; charset=utf-8")
