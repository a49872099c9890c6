"""The names of all institutions by their codes, asked for by every search and changed once in years."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.database import last_write
from federation.models.institutions import Institution

KNOWN_SECONDS = 10.0
Names = Mapping[str, Mapping[str, str]]


class NamesKeeper:
    """Remembers the names for a few seconds; what this process has changed counts at once."""

    def __init__(self, *, known_seconds: float = KNOWN_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._known_seconds, self._clock = known_seconds, clock
        self._kept: tuple[float, int, Names] | None = None

    def read(self, open_session: Callable[[], Session]) -> Names:
        """The names in Chinese and English, each in place of the other where there is one only."""
        moment, write, kept = self._clock(), last_write(), self._kept
        if kept is not None and moment - kept[0] < self._known_seconds and kept[1] == write:
            return kept[2]
        rows = open_session().execute(select(Institution.code, Institution.name_zh, Institution.name_en))
        names = {code: {"zh": zh or en, "en": en or zh} for code, zh, en in rows}
        self._kept = moment, write, names
        return names
