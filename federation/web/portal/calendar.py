"""The calendar of occasions: what comes next, and for each what there is for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from federation import days
from federation.collections import reading
from federation.collections.reading import Brief
from federation.database import db
from federation.interop import icalendar
from federation.interop.icalendar import Event
from federation.language import request_language
from federation.parts import parts
from federation.web.addresses import absolute
from federation.web.portal import occasions
from federation.web.portal.announcing import announced_days
from federation.web.portal.blueprint import portal
from federation.web.portal.home import month_and_day, of_occasion
from federation.web.portal.occasions import Yearly
from federation.web.portal.pictures import pictures_of
from federation.web.wording import label, said
from shared.errors import NotFound
from shared.vocabularies import vocabulary

CAMPAIGNS = 12
MOST_EVENTS = 100
FIRST_YEAR = 2026
"""Since when the occasions are in calendars: an event that began later each year would have no past."""
OF_OCCASION = 24
WHAT_IT_IS = {
    "world-metrology-day": _l(
        "1875 年 5 月 20 日，十七国在巴黎签署《米制公约》，从此各国说的是同一个米、同一个千克。"
    ),
    "consumer-rights-day": _l("1983 年起，每年 3 月 15 日是国际消费者权益日。秤准不准、油加够没加够，都是计量的事。"),
    "quality-month": _l("1978 年起，每年 9 月是全国质量月。质量要靠测量说话，测量要靠计量保证。"),
    "science-technology-week": _l("每年 5 月前后，各地的计量实验室开门迎客。具体日期当年公布。"),
}
"""A sentence on each occasion, from public knowledge (the Metre Convention of 1875; Consumers International)."""


@portal.get("/calendar")
def calendar() -> ResponseReturnValue:
    """What comes next, and the campaigns that are on or announced."""
    on = days.today()
    announced = announced_days(on)
    campaigns = reading.campaigns_from(db.session(), today=on, limit=CAMPAIGNS)
    return render_template(
        "portal/calendar.html",
        ahead=occasions.ahead(on, announced),
        campaigns=campaigns,
        pictures=pictures_of([one.cover for one in campaigns if one.cover]),
        what=WHAT_IT_IS,
        dial=occasions.dial(on, announced),
        today_words=month_and_day(on),
        month_and_day=month_and_day,
    )


@portal.get("/calendar.ics")
def calendar_file() -> Response:
    """The same for people's own calendars: the occasions, and the campaigns."""
    on, language = days.today(), request_language()
    events = [event for yearly in occasions.CALENDAR for event in _yearly(yearly, on)]
    campaigns = reading.campaigns_from(db.session(), today=on, limit=MOST_EVENTS)
    events += [event for one in campaigns if (event := _event(one)) is not None]
    settings = parts().settings
    content = icalendar.calendar(
        settings.hub_name_zh if language == "zh" else settings.hub_name_en,
        events,
        host=urlsplit(settings.origin).hostname or "",
        on=on,
        language=language,
    )
    return Response(content, content_type=f"{icalendar.MEDIA_TYPE}; charset=utf-8")


def _yearly(yearly: Yearly, on: date) -> Iterator[Event]:
    """An occasion every year; one whose days are announced is on those of the years of which they are, and may be at
    any time of its month in the years to come.
    """
    said = announced_days(on).get(yearly.code, {}) if yearly.announced else {}
    name, about = label("occasions", yearly.code), str(WHAT_IT_IS[yearly.code])
    page = absolute("portal.occasion", code=yearly.code)
    for year, (first, last) in said.items():
        yield Event(f"{yearly.code}-{year}", first, last, name, about, page)
    year = max([FIRST_YEAR - 1, *said]) + 1
    yield Event(
        id=yearly.code,
        first=date(year, *yearly.first),
        last=date(year, *yearly.last),
        title=str(_("%(occasion)s，日期每年另行公布", occasion=name)) if yearly.announced else name,
        about=about,
        page=page,
        yearly=True,
        sure=not yearly.announced,
    )


def _event(one: Brief) -> Event | None:
    said_here = one.content
    if said_here.begins_on is None or said_here.ends_on is None:
        return None
    return Event(
        id=one.collection.id,
        first=said_here.begins_on,
        last=said_here.ends_on,
        title=said(said_here.title).text,
        about=said(said_here.introduction).text,
        page=absolute("portal.collection", slug=one.collection.slug),
    )


@portal.get("/calendar/<code>")
def occasion(code: str) -> ResponseReturnValue:
    """An occasion: when it is, and what there is for it. Raises `NotFound` for a code of none."""
    if code not in vocabulary("occasions"):
        raise NotFound()
    session, on = db.session(), days.today()
    curated = reading.of_occasion(session, code, today=on, limit=CAMPAIGNS)
    entries = of_occasion(code, limit=OF_OCCASION)
    return render_template(
        "portal/occasion.html",
        code=code,
        coming=next((one for one in occasions.ahead(on, announced_days(on)) if one.code == code), None),
        what=WHAT_IT_IS.get(code),
        curated=curated,
        entries=entries,
        pictures=pictures_of([*entries, *(one.cover for one in curated if one.cover)]),
        month_and_day=month_and_day,
    )
