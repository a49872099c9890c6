"""Days for people's own calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from federation.interop.icalendar import Event, calendar

EVENT = Event("one", date(2026, 5, 20), date(2026, 5, 20), "计量日", "一天", "https://hub.test/")


def lines(event: Event) -> list[str]:
    content = calendar("日历", [event], host="hub.test", on=date(2026, 5, 20), language="zh").decode()
    return content.replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize(
    ("first", "end"), [(date(9999, 12, 31), []), (date(9999, 12, 30), ["DTEND;VALUE=DATE:99991231"])]
)
def test_what_lasts_to_the_end_of_all_days_spoils_the_calendar_for_nobody(first: date, end: list[str]) -> None:
    found = lines(Event("one", first, date.max, "永远", "", "https://hub.test/"))
    assert f"DTSTART;VALUE=DATE:{first:%Y%m%d}" in found
    assert [line for line in found if line.startswith("DTEND")] == end


def test_a_calendar_says_how_it_is_called_and_how_often_to_come_again() -> None:
    """RFC 7986 §5.1 and §5.7, and the names that programs had for these before."""
    found = lines(EVENT)
    assert (found[0], found[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    for line in ("VERSION:2.0", "METHOD:PUBLISH", "NAME:日历", "X-WR-CALNAME:日历", "X-PUBLISHED-TTL:P1D"):
        assert line in found
    assert "REFRESH-INTERVAL;VALUE=DURATION:P1D" in found
    [product] = [line for line in found if line.startswith("PRODID:")]
    assert product == "PRODID:-//hub.test//Metrology Commons//ZH"


def test_an_event_is_the_same_event_as_long_as_nothing_changes() -> None:
    """RFC 5545 §3.8.4.7, and §3.8.7.2: the stamp is in UTC, and never in the future of the day in China."""
    found = lines(EVENT)
    assert "UID:one@hub.test" in found
    assert "DTSTAMP:20260519T160000Z" in found
    assert {"DTSTART;VALUE=DATE:20260520", "DTEND;VALUE=DATE:20260521", "TRANSP:TRANSPARENT"} <= set(found)
    assert "STATUS:TENTATIVE" not in found
    assert "STATUS:TENTATIVE" in lines(replace(EVENT, sure=False))


def test_what_has_a_meaning_in_the_format_is_escaped_and_controls_are_left_out() -> None:
    """RFC 5545 §3.3.11."""
    found = lines(replace(EVENT, title="一;二,三\\四\n五\r\n六\x07\x1b七"))
    assert "SUMMARY:一\\;二\\,三\\\\四\\n五\\n六七" in found


def test_no_line_is_longer_than_75_octets_nor_cut_inside_a_character() -> None:
    """RFC 5545 §3.1."""
    for title in ("量" * 200, "𠮷" * 50, "a" * 67, "a" * 68, "é" * 99):
        content = calendar("日", [replace(EVENT, title=title)], host="hub.test", on=date(2026, 5, 20), language="zh")
        assert max(map(len, content.split(b"\r\n"))) <= 75
        assert f"SUMMARY:{title}" in content.decode().replace("\r\n ", "").split("\r\n")
        assert b"\n" not in content.replace(b"\r\n", b"")
