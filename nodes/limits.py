"""How fast files may be sent, by time of day: windows as a person writes them, and one bucket for all threads."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MEGA = 10**6
SLOWEST, FASTEST = MEGA // 100, 10_000 * MEGA
"""Bytes a second that a window may be set to, besides 0: below it a part would take longer than its permission."""
MOST_WINDOWS = 12
DAY = 24 * 60
BLOCK = 64 * 1024
"""Bytes that are asked for at once, at most: also the least that goes out without waiting."""
BURST_SECONDS = 0.1
"""What goes out without waiting, in seconds at the limit: waiting is never exact to the millisecond."""
TRICKLE = 64_000
"""Bytes a second at which a part that is under way is finished when a window begins in which nothing is sent."""

_WINDOW = re.compile(
    r"(?:(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})\s+)?(\d{1,6}(?:\.\d{1,6})?)\s*(MB/s|Mbit/s)", re.IGNORECASE
)


@dataclass(frozen=True)
class Window:
    """From one minute of the day to another, at most `rate` bytes a second; 0 for no files at all.

    One that ends before it begins goes over midnight; one that ends when it begins lasts all day.
    """

    begin: int
    end: int
    rate: int

    def holds(self, minute: int) -> bool:
        """Whether this minute of the day lies in it."""
        if self.begin == self.end:
            return True
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


Limits = tuple[Window, ...]


def rate_at(limits: Iterable[Window], moment: datetime) -> int | None:
    """Bytes a second at a moment of this machine's zone: of windows that overlap, the lowest; None without any."""
    minute = moment.hour * 60 + moment.minute
    return min((window.rate for window in limits if window.holds(minute)), default=None)


def changes_at(limits: Sequence[Window], moment: datetime) -> str:
    """When another limit will hold, as HH:MM; empty when the same one always does."""
    now = moment.hour * 60 + moment.minute
    edges = sorted(
        {minute for one in limits for minute in (one.begin, one.end)}, key=lambda edge: (edge - now - 1) % DAY
    )
    midnight = moment.replace(hour=0, minute=0)
    for edge in edges:
        if rate_at(limits, midnight.replace(hour=edge // 60, minute=edge % 60)) != rate_at(limits, moment):
            return clock(edge)
    return ""


def parse(text: str) -> Limits:
    """The windows of a setting such as `08:00-18:00 2 MB/s, 22:00-06:00 0 MB/s`; without times it is all day.

    Raises `ValueError` with the part that is no window.
    """
    return tuple(_window(part.strip()) for part in re.split(r"[,，;；]", text) if part.strip())


def checked(begin: int, end: int, rate: int) -> Window:
    """A window whose numbers make sense. Raises `ValueError`."""
    if not (0 <= begin < DAY and 0 <= end < DAY and (rate == 0 or SLOWEST <= rate <= FASTEST)):
        raise ValueError(f"{begin}-{end} {rate}")
    return Window(begin, end, rate)


def as_text(limits: Sequence[Window]) -> str:
    """The setting that `parse` reads."""
    return ", ".join(f"{_times(one)}{one.rate / MEGA:g} MB/s" for one in limits)


def _times(window: Window) -> str:
    return "" if window.begin == window.end else f"{clock(window.begin)}-{clock(window.end)} "


def clock(minute: int) -> str:
    """A minute of the day as HH:MM."""
    return f"{minute // 60:02}:{minute % 60:02}"


def to_json(limits: Sequence[Window]) -> list[list[int]]:
    """The form in the database."""
    return [[one.begin, one.end, one.rate] for one in limits]


def from_json(stored: Iterable[Any]) -> Limits:
    """What `to_json` made."""
    return tuple(Window(*one) for one in stored)


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError(text)
    *times, number, unit = found.groups()
    begin, end = (0, 0) if times[0] is None else (_minute(times[0], times[1]), _minute(times[2], times[3]))
    bits = 8 if unit.lower() == "mbit/s" else 1
    try:
        return checked(begin, end, round(float(number) * MEGA / bits))
    except ValueError as error:
        raise ValueError(text) from error


def _minute(hours: str, minutes: str) -> int:
    """The minute of the day; 24:00 is 00:00. Outside of a day for a time that no clock shows."""
    said = int(hours) * 60 + int(minutes) if int(minutes) < 60 else DAY + 1
    return 0 if said == DAY else said


class Limiter:
    """A token bucket that all threads of one node draw from.

    By any moment no more than the limit times the time, and one burst (`burst_of`), has been let through.
    """

    def __init__(
        self,
        rate: Callable[[], int | None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate, self._clock, self._sleep = rate, clock, sleep
        self._lock = threading.Lock()
        self._at = clock()
        self._left = 0.0

    def take(self, amount: int) -> None:
        """Wait until so many bytes may go out: what was taken before, by whomever, is paid first."""
        rate = self._rate()
        if rate is None:
            return
        pace = rate or TRICKLE
        with self._lock:
            now = self._clock()
            # A machine that has slept, or had no limit, has saved up one burst and no more.
            self._left = min(burst_of(pace), self._left + (now - self._at) * pace) - amount
            self._at = now
            debt = -self._left / pace
        if debt > 0:
            self._sleep(debt)


def burst_of(rate: int) -> float:
    """Bytes that may go out without waiting when nothing went out for a while."""
    return max(BLOCK, rate * BURST_SECONDS)
