"""One thing that was found on a record: where, how serious, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SERIOUS, DOUBT, NOTE = "serious", "doubt", "note"
SEVERITIES = (SERIOUS, DOUBT, NOTE)
"""Most likely to be mended before publication; to be looked at; to be known."""
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """`code` names the kind; `pointer` is the place in the record (RFC 6901), empty for the whole of it.

    `other` is the id of another version that it is about.
    """

    code: str
    severity: str
    zh: str
    en: str
    pointer: str = ""
    other: int | None = None

    def message(self, language: str) -> str:
        """What was found, in `language`."""
        return self.zh if language.startswith("zh") else self.en


def by_severity(found: list[Finding]) -> list[Finding]:
    """The same, what is most serious in front."""
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))
