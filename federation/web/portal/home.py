"""The first page: search, the year's occasions, themes, what is new, and who shares it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from federation import catalogue, days
from federation.catalogue import Entry
from federation.collections import reading
from federation.database import db
from federation.language import request_language
from federation.web.portal import finding, occasions
from federation.web.portal.announcing import announced_days
from federation.web.portal.blueprint import portal
from federation.web.portal.memory import keeper
from federation.web.portal.pictures import pictures_of
from federation.web.portal.search_links import feed_title
from shared.vocabularies import vocabulary

NEWEST = 8
OF_OCCASION = 4
CURATED = 4
QUICK_TYPES = 4


@dataclass(frozen=True)
class Theme:
    """A theme with the number of its resources; `share` is of the largest theme's number."""

    code: str
    count: int
    share: float


@portal.get("/")
def home() -> ResponseReturnValue:
    """The first page."""
    session = db.session()
    figures = keeper().read(session)
    on = days.today()
    announced = announced_days(on) if occasions.in_season(on) else {}
    coming = occasions.coming(on, announced)
    facets = finding.counts()
    newest, occasion = catalogue.newest(session, limit=NEWEST), occasions.near(on, announced)
    meant = of_occasion(occasion.code, limit=OF_OCCASION) if occasion else []
    curated = reading.on_the_front(session, today=on, limit=CURATED)
    types = sorted(facets["type"].items(), key=lambda item: -item[1])
    return render_template(
        "portal/home.html",
        feed_title=feed_title(),
        figures=figures,
        members=catalogue.members(session, figures),
        newest=newest,
        themes=_themes(facets["theme"]),
        quick_types=[code for code, _ in types[:QUICK_TYPES]],
        dial=occasions.dial(on, announced),
        today_words=month_and_day(on),
        next_occasion=coming,
        occasion=occasion,
        occasion_entries=meant,
        curated=curated,
        pictures=pictures_of([*newest, *meant]),
    )


def _themes(counts: dict[str, int]) -> list[Theme]:
    largest = max(counts.values(), default=1)
    shown = [(term.code, counts.get(term.code, 0)) for term in vocabulary("themes")]
    return [Theme(code, count, count / largest) for code, count in shown if count]


def of_occasion(code: str, *, limit: int) -> list[Entry]:
    """Public resources that are meant for an occasion."""
    return catalogue.by_arks(db.session(), finding.of_occasion(code, limit=limit))


def month_and_day(on: date) -> str:
    """A day without its year, as people say it."""
    pattern = "M 月 d 日" if request_language() == "zh" else "d MMM"
    return str(format_date(on, pattern))
