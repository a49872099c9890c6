"""The days of occasions that have none of their own: those that the alliance's campaigns announce for a year."""

from __future__ import annotations

from datetime import date

from federation.collections import reading
from federation.database import db
from federation.web.portal import occasions
from federation.web.portal.occasions import Days


def announced_days(on: date) -> Days:
    """Those of the year of `on` and of later ones."""
    campaigns = reading.days_announced(db.session(), list(occasions.ANNOUNCED), since=date(on.year, 1, 1))
    return occasions.known(campaigns)
