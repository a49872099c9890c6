"""What counts as a use: the rules of the COUNTER Code of Practice 5.1 §7, and nothing of the person is kept.

A visitor is the SHA-256 of a random salt of the day, the address and the browser's name. The salt is thrown away with
the day, the visitor two hours after the use: then nobody can tell any more who it was, or that two were the same.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from federation.days import ZONE
from federation.models.base import insert_missing, insert_rows, now
from federation.models.resources import Resource
from federation.models.usage import UsageEvent, UsageSalt

VIEW, DOWNLOAD = "view", "download"
RULES = "COUNTER 5.1"
"""The version of the rules, shown beside every count."""
DOUBLE_CLICK = timedelta(seconds=30)
"""§7.2: the same again by the same visitor within this time is one use, and the later one stays."""
SESSION = timedelta(hours=1)
"""§7.3: without sessions, an hour of the clock stands for one."""
REMEMBERED = timedelta(hours=2)
MAX_AGENT = 400
SHORT = 32

Key = tuple[str, str, str, str]
"""Visitor, kind, resource, file."""


@dataclass(frozen=True)
class Use:
    """One use as it is seen: view of a page, or download of the file with this SHA-256; by whom, for a moment."""

    kind: str
    resource_id: str
    sha256: str
    at: datetime
    address: str = ""
    agent: str = ""


@lru_cache(maxsize=4096)
def is_robot(agent: str) -> bool:
    """Whether a browser's name is that of a robot or of a program that fetches (§7.8)."""
    # The lists take memory, and of the hub's processes only those that count need them.
    import counter_robots  # noqa: PLC0415  # see above
    import crawleruseragents  # noqa: PLC0415  # see above

    return bool(counter_robots.is_robot_or_machine(agent) or crawleruseragents.is_crawler(agent))


def write(session: Session, uses: Sequence[Use]) -> int:
    """Add what counts of these uses to the database; how many that were."""
    counted = sorted((use for use in uses if not is_robot(use.agent[:MAX_AGENT])), key=lambda use: use.at)
    if not counted:
        return 0
    salts = _salts(session, {use.at.date() for use in counted})
    keyed = [(_key(use, salts[use.at.date()]), use) for use in counted]
    known = _known(session, {key[0] for key, _ in keyed}, since=counted[0].at - SESSION)
    rows = []
    for key, use in keyed:
        last = known.get(key)
        if last is not None and abs(use.at - last.at) <= DOUBLE_CLICK:
            last.at = max(last.at, use.at)
            last.day = day_of(last.at)
            continue
        event = UsageEvent(
            kind=use.kind,
            resource_id=use.resource_id,
            sha256=use.sha256,
            at=use.at,
            day=day_of(use.at),
            visitor=key[0],
            first=last is None or _session(last.at) != _session(use.at),
        )
        known[key] = event
        rows.append(event)
    session.flush()
    _insert(session, rows)
    return len(rows)


def forget(session: Session) -> None:
    """Throw away the salts of days that are over, and the visitors of uses that nothing can be a repetition of."""
    moment = now()
    session.execute(delete(UsageSalt).where(UsageSalt.day < (moment - SESSION).date().isoformat()))
    old = update(UsageEvent).where(UsageEvent.visitor > "", UsageEvent.at < moment - REMEMBERED)
    session.execute(old.values(visitor=""))


def of_member(session: Session, institution_id: int, *, after: str, limit: int) -> list[dict[str, Any]]:
    """How often each resource of a member was used, by its id, those after `after` (`UseCount`).

    These are the numbers that the public page of each resource shows.
    """
    ids = (
        select(UsageEvent.resource_id)
        .join(Resource, Resource.id == UsageEvent.resource_id)
        .where(Resource.institution_id == institution_id, UsageEvent.resource_id > after)
        .distinct()
        .order_by(UsageEvent.resource_id)
        .limit(limit)
    )
    wanted = list(session.scalars(ids))
    counted = (
        select(UsageEvent.resource_id, UsageEvent.kind, func.count())
        .where(UsageEvent.resource_id.in_(wanted))
        .group_by(UsageEvent.resource_id, UsageEvent.kind)
    )
    found = {record_id: {"record_id": record_id, "views": 0, "downloads": 0} for record_id in wanted}
    for record_id, kind, count in session.execute(counted):
        found[record_id][f"{kind}s"] = count
    return list(found.values())


def day_of(at: datetime) -> int:
    """The day in China as one number, as uses are summed up by: 20260520."""
    day = at.astimezone(ZONE)
    return day.year * 10_000 + day.month * 100 + day.day


def _insert(session: Session, events: Iterable[UsageEvent]) -> None:
    names = ("kind", "resource_id", "sha256", "at", "day", "visitor", "first")
    insert_rows(session, UsageEvent, [{name: getattr(event, name) for name in names} for event in events])


def _key(use: Use, salt: str) -> Key:
    seen = f"{salt}\n{use.address}\n{use.agent[:MAX_AGENT]}".encode("utf-8", "replace")
    return hashlib.sha256(seen).hexdigest()[:SHORT], use.kind, use.resource_id, use.sha256


def _session(at: datetime) -> tuple[date, int]:
    return at.date(), at.hour


def _known(session: Session, visitors: set[str], *, since: datetime) -> dict[Key, UsageEvent]:
    """The last use of each kind that these visitors made."""
    found: dict[Key, UsageEvent] = {}
    ordered = sorted(visitors)
    for start in range(0, len(ordered), 500):
        some = UsageEvent.visitor.in_(ordered[start : start + 500])
        for event in session.scalars(select(UsageEvent).where(some, UsageEvent.at >= since).order_by(UsageEvent.at)):
            found[event.visitor, event.kind, event.resource_id, event.sha256] = event
    return found


def _salts(session: Session, days: set[date]) -> dict[date, str]:
    """The salt of each of these days, the same for all of the hub's processes."""
    rows = [{"day": day.isoformat(), "salt": secrets.token_hex(32)} for day in sorted(days)]
    insert_missing(session, UsageSalt, rows)
    kept = {row.day: row.salt for row in session.scalars(select(UsageSalt))}
    return {day: kept[day.isoformat()] for day in days}
