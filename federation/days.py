"""The calendar day, which is the day in China wherever the hub runs."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """Which day it is in China."""
    return datetime.now(ZONE).date()
