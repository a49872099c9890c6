"""A list of records harvested to its end (OAI-PMH 2.0, 3.5 and 4.5), so that it can be killed at any moment.

How far it is stands in a `Place`, kept after each part whose records were taken: a harvest that begins again asks for
the next part, and takes the last one twice at the utmost, which changes nothing. When a list cannot be gone on with
(its token is not known any more, or its next part is an error each time), it is begun anew: from the latest date seen
if the dates were in order so far, else from its beginning. In order so far is not in order to the end, so a harvest
that jumped ahead counts as whole only if it saw as many records as the repository said; else the next one begins
where it began. A record that has come twice is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from nodes.harvesting.oai.envelope import Record, Response
from nodes.harvesting.oai.repository import CUT, Repository
from shared.canonical import digest
from shared.errors import CommonsError, NotARepository, SourceAway, SourceLoops, SourceRefused, SourceUnreadable
from shared.wording import Words

OVERLAP = {True: timedelta(days=1), False: timedelta(hours=1)}
"""How far before the last harvest the next begins (True: dates are days): clocks differ, and imports take time."""
DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")
"""What one may ask a repository from (2.0, 3.3); some date their records otherwise."""
NOTHING = Words("it holds neither records nor an error", "其中既没有记录，也没有说明为什么")
SAME_PARTS = 50
"""Parts one after the other that bring nothing new, after which a list is taken to have no end."""
Take = Callable[[Response], None]
Keep = Callable[["Place"], None]


@dataclass
class Place:
    """How far a repository is harvested.

    `since` is the moment up to which everything is here, by the repository's clock. The others are of the list under
    way: it was asked for `from_`, its first answer was of `began`, `token` leads on, `reached` is the latest date
    seen and `in_order` whether dates never went back. `jumped` when the list was begun anew at a later date; `size`
    is how many records the repository said that there are.
    """

    since: str = ""
    from_: str = ""
    began: str = ""
    token: str = ""
    reached: str = ""
    in_order: bool = True
    jumped: bool = False
    size: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The form in which it is kept."""
        return asdict(self)


@dataclass
class _Run:
    """What this process has seen of the list; it is gone when the process is."""

    seen: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    """What was seen since the list was last begun; `parts` are digests of its parts, `idle` of them without news."""
    parts: set[str] = field(default_factory=set)
    idle: int = 0
    fresh: bool = True
    """Whether anything new came since the list was last begun."""
    from_start: bool = False


def harvest(
    repository: Repository, place: Place, *, days: bool, prefix: str, chosen_set: str, take: Take, keep: Keep
) -> None:
    """Take every record that is new, changed or deleted since `place`, which is kept as it moves.

    `days` says that the repository's dates are days. Raises what `Repository.ask` raises, `SourceRefused` for what
    the repository will not do, or `SourceLoops`; what was taken stays, and the next harvest goes on.
    """
    run = _Run()
    if not place.token:
        run.from_start = True
        _begin(place, from_=place.from_ if place.jumped else _overlapping(place.since, days))
    while True:
        try:
            response = _ask(repository, place, prefix, chosen_set)
        except (SourceAway, SourceRefused, NotARepository, SourceUnreadable) as error:
            # Whoever is not there, or asks for patience, will not answer to another question.
            if not place.token or (isinstance(error, SourceAway) and not error.data.get("status")):
                raise
            _begin_anew(place, run, error)
            continue
        refusal = _refusal(repository, response, place)
        if refusal is not None:
            _begin_anew(place, run, refusal)
            continue
        _check_for_circles(repository, response, run)
        take(response)
        _note(place, run, response)
        if response.cut:
            _begin_anew(place, run, SourceUnreadable(address=repository.address, cause=CUT))
            continue
        place.token = response.token
        if not place.token:
            break
        keep(place)
    _end(place, run)
    keep(place)


def _ask(repository: Repository, place: Place, prefix: str, chosen_set: str) -> Response:
    if place.token:
        return repository.ask("ListRecords", resumptionToken=place.token)
    asked = {"metadataPrefix": prefix, "set": chosen_set, "from": place.from_}
    response = repository.ask("ListRecords", **asked)
    if "badArgument" in response.errors and "T" in place.from_:
        # It says that its dates have seconds, and takes days only.
        place.from_ = place.from_[:10]
        response = repository.ask("ListRecords", **{**asked, "from": place.from_})
    place.began = place.began or response.at
    return response


def _refusal(repository: Repository, response: Response, place: Place) -> CommonsError | None:
    """The error that ends a list which may be begun anew; None when it goes on. Raises `SourceRefused`."""
    codes = dict(response.errors)
    # Nothing new is no fault (OAI-PMH 2.0, 3.6).
    codes.pop("noRecordsMatch", None)
    if not codes:
        silent = not response.errors and _says_nothing(response)
        return SourceUnreadable(address=repository.address, cause=NOTHING) if silent else None
    said = "; ".join(f"{code}: {text}" if text else code for code, text in codes.items())
    refused = SourceRefused(address=repository.address, cause=said[:500])
    if place.token:
        return refused
    if "cannotDisseminateFormat" in codes:
        known = ", ".join(repository.formats())
        cause = Words(f"it has no such format; there are: {known}", f"它没有这种格式，有的是：{known}")
        refused = SourceRefused(address=repository.address, cause=cause)
    elif "noSetHierarchy" in codes:
        refused = SourceRefused(address=repository.address, cause=Words("it has no sets", "它不分集，请不要写分集"))
    raise refused


def _says_nothing(response: Response) -> bool:
    """Whether the answer is no list at all, not even an empty one: to go on from it would lose what was not said."""
    listed = response.verb is not None and str(response.verb.tag).rpartition("}")[2] == "ListRecords"
    return not (listed or response.records or response.unreadable or response.token or response.cut)


def _check_for_circles(repository: Repository, response: Response, run: _Run) -> None:
    """A token may be the same each time, where the server counts; token and records together may not.

    Raises `SourceLoops`.
    """
    names = [record.identifier for record in response.records]
    if not response.token:
        return
    part = digest("\n".join([response.token, *names]).encode())
    run.idle = run.idle + 1 if run.listed.issuperset(names) else 0
    run.listed.update(names)
    if part in run.parts or run.idle >= SAME_PARTS:
        raise SourceLoops(address=repository.address, token=response.token[:80])
    run.parts.add(part)


def _note(place: Place, run: _Run, response: Response) -> None:
    place.size = place.size or response.size
    for record in _dated(response.records):
        run.fresh |= record.identifier not in run.seen
        run.seen.add(record.identifier)
        place.in_order &= record.datestamp >= place.reached
        place.reached = max(place.reached, record.datestamp)


def _dated(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.identifier and record.datestamp]


def _begin(place: Place, *, from_: str) -> None:
    place.from_, place.token, place.reached, place.in_order = from_, "", "", True
    if not place.jumped:
        place.began, place.size = "", 0


def _begin_anew(place: Place, run: _Run, error: CommonsError) -> None:
    """Ask for the list again. Raises `error` when nothing new has come since that was last done."""
    if not run.fresh:
        raise error
    run.fresh, run.idle = False, 0
    run.parts.clear()
    run.listed.clear()
    ahead = place.in_order and place.reached > place.from_ and bool(DATE.fullmatch(place.reached))
    place.jumped |= ahead
    _begin(place, from_=place.reached if ahead else place.from_)


def _end(place: Place, run: _Run) -> None:
    certain = not place.jumped or (run.from_start and 0 < place.size <= len(run.seen))
    if certain:
        place.since = place.began or place.reached or place.since
    place.jumped = False
    place.token = place.from_ = place.began = place.reached = ""
    place.in_order, place.size = True, 0


def _overlapping(since: str, days: bool) -> str:
    """From when to ask: a little before `since`, in the repository's granularity; empty for from the beginning."""
    try:
        moment = datetime.fromisoformat(since.strip())
        moment = (moment.astimezone(UTC) if moment.tzinfo else moment) - OVERLAP[days]
    except (ValueError, OverflowError):  # a clock that was never set may say the year 1
        return ""
    return moment.date().isoformat() if days else f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
