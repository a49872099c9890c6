"""The query of a search, the same for the page and for programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import ValidationError, validates_schema

from federation.search.query import SORTS
from shared.characters import CONTROLS
from shared.validation import Checked, Fault, Many, Strict, Term, Text, refuse

MAX_WORDS = 200
"""Characters that one may search for: no title is longer than 300, and a phrase from it will do."""
MAX_PAGE = 500
MAX_CHOSEN = 20
MAX_CHANGES, MAX_ENTRY = 500, 2**31 - 1
MAX_YEAR = 9999
YEAR = re.compile(r"-?[0-9]{1,5}")
SPANS = ("published", "period", "created")
"""What has a beginning and an end: `…_from` and `…_until`, both included."""


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


class Year(Checked):
    """A year as people write it, from -9999 to 9999: -344 is 344 BC. Empty is none; astronomical when it is read.

    A form sends what is not filled in as an empty text.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        text = value.strip().replace("−", "-") if isinstance(value, str) else ""
        if not text:
            return None
        if not YEAR.fullmatch(text):
            refuse("bad_year", value=text[:40])
        year = int(text)
        if not year:
            refuse("no_year_zero")
        if abs(year) > MAX_YEAR:
            refuse("out_of_range", min=-MAX_YEAR, max=MAX_YEAR)
        return year + 1 if year < 0 else year


class CalendarDay(Checked):
    """A day as in 2026-05-20; empty is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date | None:
        text = value.strip() if isinstance(value, str) else ""
        if not text:
            return None
        try:
            if len(text) != len("2026-05-20"):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            return refuse("bad_day", value=text[:40])


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


MEANING = (
    "Chinese or English words, pinyin or initials; “phrases”; a minus before what must not be there. Where fewer "
    "than five resources have most of the words, those with any of them come too"
)
ORDERS = "used: views and downloads, counted anew every ten minutes; title: by pinyin, or in English by letter"


def _codes(name: str) -> Many:
    return Many(Term(name), MAX_CHOSEN, load_default=list)


def _year(about: str) -> Year:
    about += ", a year from -9999 to 9999: -344 is 344 BC, there is no year 0"
    return Year(load_default=None, metadata={"type": "integer", "description": about})


def _day(about: str) -> CalendarDay:
    about += ", in China"
    return CalendarDay(load_default=None, metadata={"type": "string", "format": "date", "description": about})


class SearchQuery(Strict):
    """Words and chosen facet values; values of one facet are alternatives, facets and spans narrow each other."""

    q = Words(MAX_WORDS, minimum=0, load_default="", metadata={"description": MEANING})
    type = _codes("types")
    theme = _codes("themes")
    discipline = _codes("disciplines")
    audience = _codes("audiences")
    occasion = _codes("occasions")
    license = _codes("licenses")
    institution = Many(Text(64), MAX_CHOSEN, load_default=list)
    published_from = _day("Published on this day or later")
    published_until = _day("Published on this day or earlier")
    period_from = _year("The period that the resource is about goes on to this year or later")
    period_until = _year("The period that the resource is about begins in this year or earlier")
    created_from = _year("Made in this year or later")
    created_until = _year("Made in this year or earlier")
    sort = Sort(load_default="", metadata={"type": "string", "enum": list(SORTS), "description": ORDERS})
    page = Number(1, MAX_PAGE, load_default=1, metadata={"type": "integer", "minimum": 1, "maximum": MAX_PAGE})

    @validates_schema
    def _forwards(self, data: Mapping[str, Any], **_: Any) -> None:
        wrong = {}
        for name in SPANS:
            first, last = data.get(f"{name}_from"), data.get(f"{name}_until")
            if first is not None and last is not None and first > last:
                wrong[f"{name}_until"] = [Fault("span_backwards")]
        if wrong:
            raise ValidationError(wrong)


def parameters(query: Mapping[str, Any]) -> dict[str, Any]:
    """A checked query as parameters again, so that it can be passed on; what changes nothing is left out."""
    said: dict[str, Any] = {}
    for name, value in query.items():
        if value is None or value in ("", []) or (name == "page" and value == 1):
            continue
        if isinstance(value, date):
            said[name] = value.isoformat()
        elif name.startswith(("period_", "created_")):
            said[name] = str(value if value > 0 else value - 1)
        else:
            said[name] = value
    return said


class SuggestQuery(Strict):
    """What somebody has typed so far."""

    q = Words(MAX_WORDS, minimum=0, load_default="", metadata={"description": "What was typed so far"})


class ChangesQuery(Strict):
    """After which entry of the change feed to go on."""

    after = Number(0, MAX_ENTRY, load_default=0)


class PageQuery(Strict):
    """Which page of a list."""

    page = Number(1, MAX_PAGE, load_default=1)
