"""The bands of the timeline: Chinese dynasties by a data file, centuries and decades by counting."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DYNASTIES = Path(__file__).with_name("dynasties.toml")
EARLIEST, LATEST = -9999, 9999
"""The years that a record can name."""
DYNASTY, CENTURY, DECADE = "dynasty", "century", "decade"
_COUNTED = re.compile(r"(?P<century>[1-9][0-9]?)(?:st|nd|rd|th)-century(?P<bc>-bc)?|(?P<decade>[1-9][0-9]{1,2}0)s")
FIRST_DECADE, LAST_DECADE = 1500, 2090
"""Decades are counted from here on: earlier ones are narrower than what records know."""


@dataclass(frozen=True)
class Band:
    """A span of years that the timeline names; `since` and `until` as reference works give them, both inclusive.

    `until` is None for what goes on, `since` for what has no beginning. Where one period ends in the year in which
    the next one begins, `shared_start` or `shared_end` is true; `about` says that the dates are approximate.
    """

    code: str
    kind: str
    zh: str
    en: str
    since: int | None
    until: int | None
    shared_start: bool = False
    shared_end: bool = False
    about: bool = False

    @property
    def first(self) -> int:
        """The first year."""
        return EARLIEST if self.since is None else self.since

    @property
    def last(self) -> int:
        """The last year that counts as within: the year of a change of dynasty belongs to the new one."""
        return (LATEST if self.until is None else self.until) - self.shared_end

    @property
    def entered(self) -> int:
        """The year that a longer span must reach to be within: one that ends as this begins belongs to the former."""
        return self.first + self.shared_start

    def label(self, language: str) -> str:
        """What it is called in `language`."""
        return self.zh if language.startswith("zh") else self.en

    def holds(self, since: int, until: int) -> bool:
        """Whether what is about the years from `since` to `until` belongs here."""
        return since <= self.last and (until >= self.entered or since >= self.first)


@lru_cache(maxsize=1)
def dynasties() -> tuple[Band, ...]:
    """The periods of Chinese history, in the order in which they begin."""
    listed = tomllib.loads(DYNASTIES.read_text(encoding="utf-8"))["periods"]
    starts = {one["from"] for one in listed if "from" in one}
    ends = {one["until"] for one in listed if "until" in one}
    return tuple(_dynasty(one, starts, ends) for one in listed)


def century(number: int) -> Band:
    """The century with this number, below 1 for those before our era: 1 is the years 1 to 100, 0 is 100 to 1 BC."""
    first = (number - 1) * 100 + 1
    if number > 0:
        name = f"{number}{_ending(number)}-century"
        return Band(name, CENTURY, f"{number} 世纪", name.replace("-", " "), first, first + 99)
    name = f"{1 - number}{_ending(1 - number)}-century"
    return Band(f"{name}-bc", CENTURY, f"公元前 {1 - number} 世纪", f"{name.replace('-', ' ')} BC", first, first + 99)


def century_of(year: int) -> int:
    """The number of the century that an astronomical year lies in, for `century`."""
    return (year - 1) // 100 + 1


def decade(first: int) -> Band:
    """The ten years from `first` on, as people say them: the 1950s are 1950 to 1959."""
    return Band(f"{first}s", DECADE, f"{first} 年代", f"{first}s", first, first + 9)


def decades(of: Band) -> Sequence[Band]:
    """The decades of a century, where decades are counted."""
    starts = range(of.first - 1, of.last, 10) if of.kind == CENTURY else ()
    return [decade(start) for start in starts if FIRST_DECADE <= start <= LAST_DECADE]


def find(code: str) -> Band | None:
    """The band with this code; None when there is none."""
    for one in dynasties():
        if one.code == code:
            return one
    counted = _COUNTED.fullmatch(code)
    if counted is None:
        return None
    if counted["decade"]:
        start = int(counted["decade"])
        return decade(start) if FIRST_DECADE <= start <= LAST_DECADE else None
    number = int(counted["century"])
    made = century(1 - number if counted["bc"] else number)
    return made if made.code == code else None


def _dynasty(one: Mapping[str, object], starts: set[int], ends: set[int]) -> Band:
    since, until = one.get("from"), one.get("until")
    return Band(
        code=str(one["code"]),
        kind=DYNASTY,
        zh=str(one["zh"]),
        en=str(one["en"]),
        since=since if isinstance(since, int) else None,
        until=until if isinstance(until, int) else None,
        shared_start=since in ends,
        shared_end=until in starts,
        about=bool(one.get("about", False)),
    )


def _ending(number: int) -> str:
    """What English writes after an ordinal's digits."""
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
