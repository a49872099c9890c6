"""The time that a report is about: whole days of the calendar in China, both ends included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from federation.counting import day_of
from federation.days import ZONE
from shared.errors import FieldError, InvalidRequest

LONGEST = timedelta(days=3660)
MAX_MONTHS = 24


@dataclass(frozen=True)
class Period:
    """From the first to the last day."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        """The first moment that belongs to it."""
        return datetime.combine(self.first, time.min, ZONE)

    @property
    def end(self) -> datetime:
        """The first moment that does not belong to it any more."""
        return datetime.combine(self.last + timedelta(days=1), time.min, ZONE)

    @property
    def days(self) -> tuple[int, int]:
        """Its first and last day as uses are summed up by."""
        return day_of(self.begin), day_of(self.end - timedelta(seconds=1))

    @property
    def before(self) -> Period:
        """The period of the same length just before it, for comparison."""
        length = self.last - self.first
        return Period(self.first - length - timedelta(days=1), self.first - timedelta(days=1))

    def months(self) -> Iterator[Period]:
        """Its months, the first and last maybe not whole; only the last MAX_MONTHS of a longer one."""
        firsts, day = [], self.first
        while day <= self.last:
            firsts.append(day)
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        for begin in firsts[-MAX_MONTHS:]:
            following = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
            yield Period(begin, min(self.last, following - timedelta(days=1)))


def asked_for(first: str, last: str, *, today: date) -> Period:
    """The period that a form names by two dates (`2026-01-01`): by default up to today, from the first day of the
    year in which it ends.

    Raises `InvalidRequest` for what is no date, for an end before its beginning, and for more than ten years.
    """
    faults: list[FieldError] = []
    end = _day(last, "/end", today, faults)
    begin = _day(first, "/begin", end.replace(month=1, day=1), faults)
    if not faults and not begin <= end <= begin + LONGEST:
        faults.append(
            FieldError("/end", "out_of_range", {"min": begin.isoformat(), "max": (begin + LONGEST).isoformat()})
        )
    if faults:
        raise InvalidRequest(errors=sorted(faults, key=lambda one: one.pointer))
    return Period(begin, end)


def _day(given: str, pointer: str, default: date, faults: list[FieldError]) -> date:
    if not given:
        return default
    try:
        found = date.fromisoformat(given)
    except ValueError:
        faults.append(FieldError(pointer, "bad_day"))
        return default
    if not 1970 < found.year < 9000:
        faults.append(FieldError(pointer, "bad_day"))
    return found
