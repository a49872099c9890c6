"""The query of a search, the same for the page and for programs."""

from __future__ import annotations

import re
from typing import Any

from shared.characters import CONTROLS
from shared.validation import Checked, Many, Strict, Term, Text, refuse

MAX_WORDS = 200
"""Characters that one may search for: no title is longer than 300, and a phrase from it will do."""
MAX_PAGE = 500
MAX_CHOSEN = 20
MAX_CHANGES, MAX_ENTRY = 500, 2**31 - 1
SORTS = ("relevance", "newest")


class Number(Checked):
    """A whole number from `low` to `high`, from its decimal digits."""

    def __init__(self, low: int, high: int, **options: Any) -> None:
        self._low, self._high = low, high
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not (isinstance(value, str) and value.isascii() and value.isdigit()):
            refuse("bad_number")
        if len(value) > len(str(self._high)) or not self._low <= int(value) <= self._high:
            refuse("out_of_range", min=self._low, max=self._high)
        return int(value)


class Words(Text):
    """What to search for: invisible characters that come along when text is pasted are left out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        kept = CONTROLS.sub(_harmful, value) if isinstance(value, str) else value
        return super()._deserialize(kept, attr, data, **kwargs)


def _harmful(found: re.Match[str]) -> str:
    """The control characters that no keyboard and no page gives by accident stay, and are refused."""
    return found[0] if found[0] < "\xa0" else ""


class Sort(Checked):
    """How the hits are ordered."""

    def check(self, value: Any) -> None:
        """Raise for an order that there is not."""
        if value not in SORTS:
            refuse("unknown_term", value=str(value)[:80], vocabulary="sort", allowed=", ".join(SORTS))


def _codes(name: str) -> Many:
    return Many(Term(name), MAX_CHOSEN, load_default=list)


class SearchQuery(Strict):
    """Words and chosen facet values; values of one facet are alternatives, facets narrow each other."""

    q = Words(MAX_WORDS, minimum=0, load_default="")
    type = _codes("types")
    theme = _codes("themes")
    discipline = _codes("disciplines")
    audience = _codes("audiences")
    license = _codes("licenses")
    institution = Many(Text(64), MAX_CHOSEN, load_default=list)
    sort = Sort(load_default="")
    page = Number(1, MAX_PAGE, load_default=1)


class ChangesQuery(Strict):
    """After which entry of the change feed to go on."""

    after = Number(0, MAX_ENTRY, load_default=0)


class PageQuery(Strict):
    """Which page of a list."""

    page = Number(1, MAX_PAGE, load_default=1)
