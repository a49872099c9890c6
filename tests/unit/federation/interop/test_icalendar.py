"""Days for people's own calendars."""

from __future__ import annotations

from datetime import date

import pytest

from federation.interop.icalendar import Event, calendar


def lines(event: Event) -> list[str]:
    return calendar("日历", [event], host="hub.test", on=date(2026, 5, 20)).decode().split("\r\n")


@pytest.mark.parametrize(
    ("first", "end"), [(date(9999, 12, 31), []), (date(9999, 12, 30), ["DTEND;VALUE=DATE:99991231"])]
)
def test_what_lasts_to_the_end_of_all_days_spoils_the_calendar_for_nobody(first: date, end: list[str]) -> None:
    found = lines(Event("one", first, date.max, "永远", "", "https://hub.test/"))
    assert f"DTSTART;VALUE=DATE:{first:%Y%m%d}" in found
    assert [line for line in found if line.startswith("DTEND")] == end
