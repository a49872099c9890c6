"""Reading a request (OAI-PMH 2.0 §3.1.1 and §4): which arguments each verb takes, and every fault at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from federation.interop.oai_pmh import faults
from federation.interop.oai_pmh.faults import Fault

TOKEN, PREFIX = "resumptionToken", "metadataPrefix"


@dataclass(frozen=True)
class Verb:
    """Which arguments a verb must and may have; `lists` may be asked for by a resumption token alone."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    lists: bool = False

    @property
    def known(self) -> tuple[str, ...]:
        """All the arguments that it takes."""
        return (*self.required, *self.optional, *((TOKEN,) if self.lists else ()))


OF_RECORDS = Verb((PREFIX,), ("from", "until", "set"), lists=True)
VERBS = {
    "Identify": Verb(),
    "ListMetadataFormats": Verb(optional=("identifier",)),
    "ListSets": Verb(lists=True),
    "GetRecord": Verb(("identifier", PREFIX)),
    "ListIdentifiers": OF_RECORDS,
    "ListRecords": OF_RECORDS,
}
SET_SPEC = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
FORMS: Mapping[str, re.Pattern[str]] = {
    "identifier": re.compile(
        r"[A-Za-z][A-Za-z0-9+.\-]*:([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2}){1,500}"
    ),
    PREFIX: re.compile(r"[A-Za-z0-9\-_.!~*'()]{1,100}"),
    "set": re.compile(rf"(?=.{{1,200}}\Z){SET_SPEC.pattern}"),
}
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})Z)?")
DATES = ("from", "until")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
AT_THE_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """What a date of a request covers: one second, or a whole day; `end` is the first moment after it."""

    start: datetime
    end: datetime
    whole_day: bool


@dataclass(frozen=True)
class Asked:
    """A request: its verb (empty when that is bad), its arguments as they came, its dates, and what is wrong."""

    verb: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def read(given: Iterable[tuple[str, str]], *, formats: Collection[str]) -> Asked:
    """Read the arguments of a request; `formats` are the prefixes that there are."""
    pairs = list(given)
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        return Asked("", faults=(faults.verb_fault(),))
    verb = VERBS[verbs[0]]
    counts = Counter(name for name, _ in pairs if name != "verb")
    values = {name: value for name, value in pairs if name in verb.known}
    found = [faults.unknown_argument(_shown(name), verbs[0]) for name in counts if name not in verb.known]
    found += [faults.repeated_argument(name) for name, count in counts.items() if count > 1 and name in verb.known]
    if TOKEN in values:
        found += [faults.not_alone()] if len(values) > 1 else []
    else:
        found += [faults.missing_argument(name, verbs[0]) for name in verb.required if name not in values]
    found += [faults.malformed(name) for name, value in values.items() if not _has_form(name, value)]
    dates = {name: _span(values[name]) for name in DATES if name in values}
    found += [faults.bad_date(name) for name, span in dates.items() if span is None]
    spans = {name: span for name, span in dates.items() if span is not None}
    found += _order(spans)
    prefix = values.get(PREFIX)
    if prefix is not None and _has_form(PREFIX, prefix) and prefix not in formats:
        found.append(faults.no_format(prefix))
    return Asked(verbs[0], values, spans, tuple(found))


def _has_form(name: str, value: str) -> bool:
    form = FORMS.get(name)
    return form is None or form.fullmatch(value) is not None


def _order(spans: Mapping[str, Span]) -> list[Fault]:
    if len(spans) < 2:
        return []
    start, end = spans["from"], spans["until"]
    checks: tuple[tuple[bool, Callable[[], Fault]], ...] = (
        (start.whole_day != end.whole_day, faults.mixed_granularity),
        (start.start > end.start, faults.backwards),
    )
    return [fault() for wrong, fault in checks if wrong]


def _span(text: str) -> Span | None:
    """The second or day that a date names (§3.3); None for anything else, also for 30 February."""
    found = DATE.fullmatch(text)
    if found is None:
        return None
    numbers = [int(part) for part in found.groups() if part is not None]
    whole_day = len(numbers) == 3
    try:
        start = datetime(*numbers).replace(tzinfo=UTC)  # type: ignore[arg-type]  # three numbers or six
    except ValueError:
        return None
    length = DAY if whole_day else SECOND
    end = start + length if start <= AT_THE_END - length else AT_THE_END
    return Span(start, end, whole_day)


def _shown(name: str) -> str:
    """A name of somebody else's making, short enough for a message."""
    return name if len(name) <= 40 else name[:40] + "…"
