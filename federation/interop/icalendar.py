"""Days for everybody's own calendar: iCalendar (RFC 5545), whole days only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from federation.days import ZONE

_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
MEDIA_TYPE = "text/calendar"
ONE_DAY = timedelta(days=1)
MOST_OCTETS = 75
"""Of a line without its end (RFC 5545 §3.1)."""


@dataclass(frozen=True)
class Event:
    """Something on the days from `first` to `last` (both inclusive), perhaps every year; `id` never changes.

    What is not `sure` is tentative: it will be within these days, and on which is not known yet.
    """

    id: str
    first: date
    last: date
    title: str
    about: str
    page: str
    yearly: bool = False
    sure: bool = True


def calendar(name: str, events: Iterable[Event], *, host: str, on: date, language: str) -> bytes:
    """The calendar as of the day `on` in China; `host` makes the ids unique in the world."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//{_text(host)}//Metrology Commons//{language.upper()}"]
    # Published for whoever looks (RFC 5546 §3.2.1).
    lines += ["CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    # RFC 7986 §5.1 and §5.7, and what programs knew before that.
    lines += [f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"]
    lines += ["REFRESH-INTERVAL;VALUE=DURATION:P1D", "X-PUBLISHED-TTL:P1D"]
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
        f"DTSTAMP:{datetime.combine(on, time.min, ZONE).astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}",
        *([f"DTEND;VALUE=DATE:{end:%Y%m%d}"] if end > event.first else []),
        *(["RRULE:FREQ=YEARLY"] if event.yearly else []),
        *([] if event.sure else ["STATUS:TENTATIVE"]),
        f"SUMMARY:{_text(event.title)}",
        f"DESCRIPTION:{_text(event.about)}",
        f"URL:{event.page}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(said: str) -> str:
    """A text with what has a meaning of its own escaped, and no controls (RFC 5545 §3.3.11 and §3.1)."""
    for sign in ("\\", ";", ","):
        said = said.replace(sign, f"\\{sign}")
    return "\\n".join(_CONTROLS.sub("", line) for line in said.splitlines())


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
