"""Days for everybody's own calendar: iCalendar (RFC 5545), whole days only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MEDIA_TYPE = "text/calendar"
ONE_DAY = timedelta(days=1)
MOST_OCTETS = 75
"""Of a line without its end (RFC 5545 §3.1)."""


@dataclass(frozen=True)
class Event:
    """Something on the days from `first` to `last` (both inclusive), perhaps every year; `id` never changes."""

    id: str
    first: date
    last: date
    title: str
    about: str
    page: str
    yearly: bool = False


def calendar(name: str, events: Iterable[Event], *, host: str, on: date) -> bytes:
    """The calendar as of the day `on`; `host` makes the ids unique in the world."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//{_text(host)}//Metrology Commons//ZH"]
    # RFC 7986 §5.1, and what programs knew before that.
    lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
    for event in events:
        lines += _event(event, host, on)
    lines.append("END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in _folded(line)).encode()


def _event(event: Event, host: str, on: date) -> list[str]:
    """One event; its end is the day after the last (RFC 5545 §3.6.1), which the last of all days does not have.

    Without an end it is on its first day only.
    """
    end = min(event.last, date.max - ONE_DAY) + ONE_DAY
    return [
        "BEGIN:VEVENT",
        f"UID:{event.id}@{host}",
        f"DTSTAMP:{on:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}",
        *([f"DTEND;VALUE=DATE:{end:%Y%m%d}"] if end > event.first else []),
        *(["RRULE:FREQ=YEARLY"] if event.yearly else []),
        f"SUMMARY:{_text(event.title)}",
        f"DESCRIPTION:{_text(event.about)}",
        f"URL:{event.page}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(said: str) -> str:
    """A text with what has a meaning of its own escaped (RFC 5545 §3.3.11)."""
    for sign in ("\\", ";", ","):
        said = said.replace(sign, f"\\{sign}")
    return "\\n".join(said.splitlines())


def _folded(line: str) -> Iterator[str]:
    """A line in pieces that are not too long, never cut inside a character; all but the first begin with a blank."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > MOST_OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + sign, size + octets
    yield piece
