"""The members of the federation, and what each of them shares."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from federation import catalogue
from federation.collections import reading
from federation.database import db
from federation.days import today
from federation.language import request_language
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import keeper, uses
from federation.web.portal.pictures import pictures_of
from federation.web.portal.search_links import feed_title

SHOWN = 12


@portal.get("/institutions")
def institutions() -> ResponseReturnValue:
    """All institutions."""
    session = db.session()
    figures = keeper().read(session)
    return render_template("portal/institutions.html", members=catalogue.members(session, figures))


@portal.get("/institutions/<code>")
def institution(code: str) -> ResponseReturnValue:
    """One institution with the newest of what it shares."""
    session = db.session()
    owner = catalogue.institution(session, code)
    entries = catalogue.newest(session, limit=SHOWN, institution_id=owner.id)
    curated = reading.of_institution(session, owner.id, today=today(), limit=SHOWN)
    return render_template(
        "portal/institution.html",
        owner=owner,
        feed_title=feed_title(chosen=[owner.name(request_language())]),
        count=keeper().read(session).by_institution.get(owner.id, 0),
        entries=entries,
        uses=uses().read(session, owner.id),
        curated=curated,
        pictures=pictures_of([*entries, *(one.cover for one in curated if one.cover)]),
    )
