"""Sources that the node remembers: added, found, paused, removed, and which is due; the harvest itself is elsewhere.

It is light, since the page that stays open shows them: what fetches and reads is in `nodes.harvesting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes.models import now
from nodes.source_models import HarvestSource
from shared.canonical import digest
from shared.errors import FieldError, HarvestInterrupted, InvalidRequest, InvalidSourceAddress, NotFound
from shared.wording import Words

OAI, FEED, PAGE, FOLDER = "oai", "feed", "page", "folder"
KINDS = (OAI, FEED, PAGE, FOLDER)
SILENT = timedelta(seconds=60)
"""A harvest that was not heard of for so long has ended without saying so (it writes every second)."""
MAX_NAME = 200
LANGUAGES = ("zh", "en")
MAX_ADDRESS = 2000
MOST_NUMBER = 2**31 - 1
NO_ADDRESS = Words(
    "it does not begin with http:// or https://, or is incomplete", "没有以 http:// 或 https:// 开头，或不完整"
)
CREDENTIALS = Words("the address holds a name or password", "网址里带有用户名或密码")


@dataclass(frozen=True)
class Options:
    """How a source is read: OAI-PMH's set, format and first date; a mapping file; whether linked files are fetched.

    `constants` are fields of a record (licence, type, themes, language and so on) for what a source does not say.
    """

    chosen_set: str = ""
    prefix: str = "oai_dc"
    since: str = ""
    mapping: str = ""
    files: bool = False
    constants: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The form in which they are kept."""
        return asdict(self)


def options_of(source: HarvestSource) -> Options:
    """The options of a source."""
    return Options(**source.options)


def checked_address(text: str) -> str:
    """`text` as an address to fetch from. Raises `InvalidSourceAddress`."""
    address = text.strip()
    try:
        split = urlsplit(address)
        good = split.scheme.lower() in ("http", "https") and bool(split.hostname) and (split.port or 1) > 0
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in address) or len(address) > MAX_ADDRESS:
        raise InvalidSourceAddress(address=address[:200], cause=NO_ADDRESS)
    if "@" in split.netloc:
        raise InvalidSourceAddress(address=split.hostname or "", cause=CREDENTIALS)
    return address.partition("#")[0]


def checked_since(text: str) -> str:
    """`text` as the day from which to ask a repository first, or nothing. Raises `InvalidRequest`."""
    day = text.strip()
    try:
        datetime.fromisoformat(day or "2000-01-01")
    except ValueError as error:
        raise InvalidRequest(errors=[FieldError("/since", "bad_day")]) from error
    return day


def name_of(address: str) -> str:
    """The name of the `Source` of what comes from an address: the same whichever set or format it is asked for."""
    plain = address.rstrip("/")
    return plain if len(plain) <= MAX_NAME else f"{plain[: MAX_NAME - 65]}#{digest(plain.encode())}"


def remember(
    session: Session,
    *,
    kind: str,
    address: str,
    name: str,
    options: Options,
    title: str = "",
    minutes: int = 0,
) -> HarvestSource:
    """The source at an address, added when it is new; one that is there takes over what is said of it now.

    Read in another way, all of it is asked for again: what was faulty, or was made of it otherwise, may be good now.
    """
    source = find(session, kind=kind, address=address, chosen_set=options.chosen_set)
    if source is None:
        source = HarvestSource(kind=kind, address=address, name=name, options=options.as_dict(), place={})
        session.add(source)
    if source.options != options.as_dict():
        # A harvest under way reads in the old way, and ends when it finds itself no longer begun.
        source.options, source.place, source.started_at = options.as_dict(), {}, None
    source.title, source.minutes = title[:300] or source.title or "", minutes
    session.flush()
    return source


def find(session: Session, *, kind: str, address: str, chosen_set: str = "") -> HarvestSource | None:
    """The source at an address (and of a set), or None."""
    rows = session.scalars(select(HarvestSource).where(HarvestSource.kind == kind, HarvestSource.address == address))
    return next((one for one in rows if options_of(one).chosen_set == chosen_set), None)


def get(session: Session, number: int) -> HarvestSource:
    """A source by its number. Raises `NotFound`, also for a number that no database could hold."""
    found = session.get(HarvestSource, number) if 0 < number <= MOST_NUMBER else None
    if found is None:
        raise NotFound()
    return found


def every(session: Session) -> Sequence[HarvestSource]:
    """All sources in the order in which they were added."""
    return session.scalars(select(HarvestSource).order_by(HarvestSource.id)).all()


def remove(session: Session, number: int) -> None:
    """Forget a source; what came from it stays registered, and adding it again goes on. Raises `NotFound`."""
    session.delete(get(session, number))


def pause(session: Session, number: int, *, paused: bool) -> None:
    """Harvest it by itself no more, or again. Raises `NotFound`."""
    get(session, number).paused = paused


def is_running(source: HarvestSource, moment: datetime) -> bool:
    """Whether a harvest of it is under way, by its heartbeat; a future one is of a clock set back since."""
    begun = source.started_at is not None and source.finished_at is None
    return begun and source.beat_at is not None and abs(moment - source.beat_at) < SILENT


def due(session: Session, moment: datetime) -> HarvestSource | None:
    """The source that waits longest for a harvest by itself, or None; one that was interrupted is due at once.

    While any source is harvested, whoever began that, no other is due.
    """
    known = every(session)
    if any(is_running(one, moment) for one in known):
        return None
    found = [one for one in known if _is_due(one, moment)]
    return min(found, key=lambda one: one.started_at or one.added_at, default=None)


def _is_due(source: HarvestSource, moment: datetime) -> bool:
    if source.paused or not source.minutes:
        return False
    if source.started_at is None or source.finished_at is None:
        return True
    return not -SILENT <= moment - source.started_at < timedelta(minutes=source.minutes)


def error_of(source: HarvestSource, moment: datetime) -> Mapping[str, str]:
    """Why its last harvest failed, a sentence for each language; empty when it did not."""
    if source.started_at is not None and source.finished_at is None and not is_running(source, moment):
        return {language: HarvestInterrupted().message(language) for language in LANGUAGES}
    return source.error


def begun(session: Session, number: int, *, begun_by: str) -> HarvestSource:
    """Note that a harvest begins. Raises `NotFound`."""
    source = get(session, number)
    source.begun_by, source.started_at, source.beat_at = begun_by, now(), now()
    source.finished_at, source.good, source.error, source.outcome = None, None, {}, {}
    return source
